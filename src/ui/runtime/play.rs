//! Plays what was: a loop of its own, without an engine.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::ui::input::{Incoming, Input};
use crate::ui::keymap::Chord;
use crate::ui::msg::Msg;
use crate::ui::replay::{Player, Press, Reel};
use crate::ui::terminal::Tty;
use crate::ui::theme::Theme;

/// Plays it on the whole terminal until the user leaves. The exit code.
///
/// # Errors
///
/// Fails where there is no terminal, or where it goes away.
pub async fn play(mut reel: Reel, theme: &Theme, note: Option<String>) -> Result<u8> {
    let mut tty = Tty::enter(false)?;
    let mut input = Input::new().context("listening to signals")?;
    let turns = matches!(reel, Reel::Turns(_));
    let mut player = Player::new(reel.times().to_vec(), turns, note);
    loop {
        let (columns, rows) = tty.size();
        reel.fit((columns, rows.saturating_sub(1)));
        let (shown, picture) = reel.show(player.at);
        let size = tty.size();
        tty.draw(
            "claw replay",
            size,
            |frame| player.view(shown, &picture, theme, frame),
            |_| Vec::new(),
        )?;
        // What is not made yet is gone on with, between two looks at the keys.
        let pause = if shown == player.at { player.pause() } else { Some(Duration::ZERO) };
        let incoming = tokio::select! {
            biased;
            incoming = input.next() => incoming,
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {
                if shown == player.at {
                    player.next();
                }
                continue;
            }
        };
        match incoming {
            Incoming::Quit(code) => return Ok(code),
            Incoming::Stop => tty.suspend()?,
            Incoming::Continue => tty.resume()?,
            Incoming::Msg(Msg::Key(key)) => match Chord::of(key).map(|chord| player.press(chord)) {
                Some(Press::Quit) => return Ok(0),
                Some(Press::Scroll(action)) => reel.scroll(action),
                Some(Press::Nothing) | None => {}
            },
            Incoming::Msg(Msg::Resize(..)) => tty.repaint(),
            Incoming::Msg(_) => {}
        }
    }
}
