//! Effects, carried out. None of them waits.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::config::Knob;
use crate::desk::clipboard::words;
use crate::engine::{Busy, Start};
use crate::protocol::{Op, SessionId};
use crate::session::{Draft, Prompt};
use crate::ui::composer::complete::Query;
use crate::ui::effect::Effect;
use crate::ui::highlight::{Highlighted, Request};
use crate::ui::library;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::pane::changes::Asked;
use crate::ui::signal::Signal;

/// What effects are carried out on.
pub trait World {
    /// Puts an op into a session's queue without waiting.
    fn send(&mut self, session: &SessionId, op: Op) -> Result<(), Busy>;
    /// Puts a text on the clipboard without waiting.
    fn copy(&mut self, text: String);
    /// Says to the terminal what it understands and does not show.
    fn say(&mut self, words: &str) -> Result<()>;
    /// Opens a web address without waiting.
    fn open_link(&mut self, url: String);
    /// Prints a text below what the terminal showed before claw.
    fn print(&mut self, text: &str) -> Result<()>;
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
    /// Writes what is being written in a session down, without waiting.
    fn keep(&mut self, session: &SessionId, cwd: &Path, draft: Draft);
    /// Writes a setting down, without waiting; the answer comes later.
    fn save(&mut self, knob: Knob, word: String);
    /// Writes a prompt down for other sessions, without waiting.
    fn remember(&mut self, prompt: Prompt);
    /// Gives a text to the user's editor; the answer comes later.
    fn edit_text(&mut self, key: String, text: String, suffix: &str);
    /// Asks for what is on the clipboard; the answer comes later.
    fn paste_clipboard(&mut self);
    /// Reads a picture; the answer comes later.
    fn load_image(&mut self, path: PathBuf, pasted: String);

    /// Reads lines of a file without waiting; the answer comes later.
    fn read_lines(&mut self, asked: Asked);
    /// Looks for files without waiting; the answers come later.
    fn find_files(&mut self, query: Query);
    /// Asks which servers run on this machine without waiting; the answer comes later.
    fn find_models(&mut self, generation: u64);
    /// Opens a file in the user's editor, at a line; the answer comes later.
    fn open_file(&mut self, path: PathBuf, line: usize);
    /// Writes a session to a file without waiting; the answer comes later.
    fn export(&mut self, session: SessionId, file: String);
    /// Keeps the next frame as a text, without waiting.
    fn save_screen(&mut self);
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
        Effect::Say(text, way) => world.say(&words(&text, way))?,
        Effect::OpenLink(url) => world.open_link(url),
        Effect::Print(text) => {
            world.print(&text)?;
            return Ok(Done::Redraw);
        }
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
        Effect::Keep { session, cwd, draft } => world.keep(&session, &cwd, draft),
        Effect::Save(knob, to) => world.save(knob, to),
        Effect::Remember(prompt) => world.remember(prompt),
        Effect::EditText { key, text, suffix } => world.edit_text(key, text, &suffix),
        Effect::PasteClipboard => world.paste_clipboard(),
        Effect::LoadImage { path, pasted } => world.load_image(path, pasted),
        Effect::ReadLines(asked) => world.read_lines(asked),
        Effect::FindFiles(query) => world.find_files(query),
        Effect::FindModels(generation) => world.find_models(generation),
        Effect::OpenFile { path, line } => world.open_file(path, line),
        Effect::Export { session, file } => world.export(session, file),
        Effect::SaveScreen => {
            world.save_screen();
            return Ok(Done::Redraw);
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
