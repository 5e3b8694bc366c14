//! Effects, carried out. None of them waits.

use std::path::PathBuf;

use anyhow::Result;

use crate::engine::Busy;
use crate::protocol::{Op, SessionId};
use crate::ui::clipboard::words;
use crate::ui::effect::Effect;
use crate::ui::highlight::{Highlighted, Request};
use crate::ui::msg::{Loaded, Msg};

/// What effects are carried out on.
pub trait World {
    /// Puts an op into a session's queue without waiting.
    fn send(&mut self, session: &SessionId, op: Op) -> Result<(), Busy>;
    /// Puts a text on the clipboard without waiting.
    fn copy(&mut self, text: String);
    /// Says to the terminal what it understands and does not show.
    fn tell(&mut self, words: &str) -> Result<()>;
    /// Opens a web address without waiting.
    fn open_link(&mut self, url: String);
    /// Opens a file in the user's editor, which has the terminal until it ends.
    fn open_file(&mut self, path: PathBuf, line: usize) -> Result<Option<Loaded>>;
    /// Prints a text below what the terminal showed before claw.
    fn print(&mut self, text: &str) -> Result<()>;
    /// Turns the reports of the mouse on or off.
    fn mouse(&mut self, on: bool) -> Result<()>;
    /// Queues code to be highlighted without waiting; the answer where none will come later.
    fn highlight(&mut self, request: Request) -> Option<Highlighted>;
    /// The next frame draws everything.
    fn repaint(&mut self);
    /// Gives the shell the terminal until it is wanted back.
    fn suspend(&mut self) -> Result<()>;
}

/// What comes of an effect.
#[derive(Debug, PartialEq)]
pub enum Done {
    /// It is done.
    Yes,
    /// The screen has to know something.
    Told(Msg),
    /// The whole screen has to be drawn.
    Redraw,
    /// The screen ends.
    Quit,
}

/// Carries one effect out.
///
/// # Errors
///
/// Fails where the terminal is gone.
pub fn perform(effect: Effect, world: &mut impl World) -> Result<Done> {
    match effect {
        Effect::Send(session, op) => {
            if let Err(Busy) = world.send(&session, op.clone()) {
                return Ok(Done::Told(Msg::Refused(op)));
            }
        }
        Effect::Copy(text) => world.copy(text),
        Effect::Tell(text, way) => world.tell(&words(&text, way))?,
        Effect::OpenLink(url) => world.open_link(url),
        Effect::OpenFile { path, line } => {
            if let Some(said) = world.open_file(path, line)? {
                return Ok(Done::Told(Msg::Loaded(said)));
            }
            return Ok(Done::Redraw);
        }
        Effect::Print(text) => {
            world.print(&text)?;
            return Ok(Done::Redraw);
        }
        Effect::Mouse(on) => world.mouse(on)?,
        Effect::Highlight(request) => {
            if let Some(done) = world.highlight(request) {
                return Ok(Done::Told(Msg::Loaded(Loaded::Highlighted(done))));
            }
        }
        Effect::Repaint => {
            world.repaint();
            return Ok(Done::Redraw);
        }
        Effect::Suspend => {
            world.suspend()?;
            return Ok(Done::Redraw);
        }
        Effect::Quit => return Ok(Done::Quit),
    }
    Ok(Done::Yes)
}
