//! Effects, carried out. None of them waits.

use anyhow::Result;

use crate::engine::{Busy, Start};
use crate::protocol::{Op, SessionId};
use crate::ui::composer::complete::Query;
use crate::ui::effect::Effect;
use crate::ui::highlight::{Highlighted, Request};
use crate::ui::library;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::signal::Signal;

/// What effects are carried out on.
pub trait World {
    /// Puts an op into a session's queue without waiting.
    fn send(&mut self, session: &SessionId, op: Op) -> Result<(), Busy>;
    /// Puts a text on the clipboard.
    fn copy(&mut self, text: &str) -> Result<()>;
    /// Opens a session without waiting; the answer comes later.
    fn open(&mut self, generation: u64, start: Start);
    /// Asks the library without waiting; the answer where none will come later.
    fn ask(&mut self, request: library::Request) -> Option<library::Answer>;
    /// Ends a live session and asks the library then, without waiting.
    fn close_and_ask(&mut self, session: SessionId, request: library::Request);
    /// Turns the reports of the mouse on or off.
    fn mouse(&mut self, on: bool) -> Result<()>;
    /// Tells the terminal something besides what it shows.
    fn tell(&mut self, signal: &Signal) -> Result<()>;
    /// Queues code to be highlighted without waiting; the answer where none will come later.
    fn highlight(&mut self, request: Request) -> Option<Highlighted>;
    /// Looks for files without waiting; the answers come later.
    fn find_files(&mut self, query: Query);
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
        Effect::Copy(text) => world.copy(&text)?,
        Effect::Open(generation, start) => world.open(generation, start),
        Effect::Delete(request, session) => world.close_and_ask(session, request),
        Effect::Library(request) => {
            if let Some(answer) = world.ask(request) {
                return Ok(Done::Told(Msg::Loaded(Loaded::Library(answer))));
            }
        }
        Effect::Mouse(on) => world.mouse(on)?,
        Effect::Tell(signal) => world.tell(&signal)?,
        Effect::Highlight(request) => {
            if let Some(done) = world.highlight(request) {
                return Ok(Done::Told(Msg::Loaded(Loaded::Highlighted(done))));
            }
        }
        Effect::FindFiles(query) => world.find_files(query),
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
