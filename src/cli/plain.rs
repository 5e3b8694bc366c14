//! `claw --plain` and `claw --inline`: lines in, lines out.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::Context as _;
use tokio::sync::mpsc;

use crate::cli::Wrong;
use crate::cli::args::Flags;
use crate::cli::desk;
use crate::cli::offers::{efforts, offers};
use crate::cli::screen;
use crate::cli::setup::Place;
use crate::config;
use crate::engine::{Handle, Setup, Start};
use crate::exec::signal::signals;
use crate::plain::{self, World};
use crate::protocol::SessionId;
use crate::provider::offers::price;

/// Is the linear face asked for, by a flag or by the surroundings?
pub(super) fn wanted(flags: &Flags) -> bool {
    let set =
        |name: &str| config::process(name).is_some_and(|value| !value.is_empty() && value != "0");
    flags.plain || flags.inline || set("CLAW_PLAIN") || set("ACCESSIBLE")
}

/// Talks until the user leaves. The session and the exit code.
pub(super) async fn run(
    setup: Setup,
    start: Start,
    prompt: Option<String>,
    place: &Place,
    flags: &Flags,
) -> Result<(SessionId, u8), Wrong> {
    let (store, root) = (setup.store.clone(), setup.root.clone());
    // The terminal is asked for its ground before lines are read: it answers as if it typed.
    let dressed = flags.inline && io::stdout().is_terminal();
    let dress = if dressed { screen::dress(place)? } else { Box::new(str::to_owned) };
    let world = World {
        out: io::stdout(),
        lines: lines()?,
        signals: signals().context("listening for signals")?,
        desk: desk::find(&setup),
        dress,
        sessions: Box::new(move || store.list(Some(&root))),
        offers: offers(place),
        efforts,
        price,
    };
    let engine = Handle::new(setup);
    let ended = plain::run(&engine, start, prompt, &place.settings.notices, world).await;
    engine.close().await;
    Ok(ended?)
}

/// The lines of standard input, from a thread that ends with the process: a read cannot be taken
/// back.
fn lines() -> Result<mpsc::Receiver<String>, Wrong> {
    let (told, lines) = mpsc::channel(16);
    let read = move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if told.blocking_send(line).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("lines".into());
    thread.spawn(read).context("starting the thread that reads lines")?;
    Ok(lines)
}
