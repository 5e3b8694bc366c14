//! What a command of the linear face does.

use std::io::Write;

use anyhow::Result;
use base64::Engine as _;

use crate::base::clock;
use crate::engine::Start;
use crate::plain::command::{self, Asked};
use crate::plain::{Face, Next};
use crate::protocol::{Content, Op};

/// The longest text that is given to a terminal's clipboard, in bytes.
const MAX_COPY: usize = 100_000;

impl<W: Write> Face<W> {
    pub(super) fn act(&mut self, asked: Asked, quits: bool) -> Result<Next> {
        match asked {
            Asked::Say(lines) => self.say(lines)?,
            Asked::Quit => return self.quit(quits),
            Asked::Again => {
                self.later = false;
                self.question = None;
                if self.state.pending.is_empty() {
                    self.say(["Nothing waits for you".to_owned()])?;
                } else {
                    self.ask()?;
                }
            }
            Asked::Queue(text) => {
                self.speaker.wrote();
                self.send(Op::Prompt { content: vec![Content::text(text)] })?;
            }
            Asked::Copy(which) => {
                let said = match command::code(&self.state, which) {
                    Ok(code) => self.copy(&code)?,
                    Err(why) => why,
                };
                self.say([said])?;
            }
            Asked::Open(start) => return Ok(Next::Open(start)),
            Asked::Sessions => {
                let sessions = (self.world.sessions)();
                let lines = command::sessions(&sessions, &self.state, &self.others, clock::now());
                self.say(lines)?;
            }
            Asked::OpenNumber(at) => {
                let sessions = (self.world.sessions)();
                match at.checked_sub(1).and_then(|at| sessions.get(at)) {
                    Some(session) => return Ok(Next::Open(Start::Resume(session.id.clone()))),
                    None => self.say([
                        "There is no session of that number; /sessions lists them".to_owned(),
                    ])?,
                }
            }
            Asked::Look(look) => {
                let asked = command::look(&self.state, look);
                match asked {
                    Ok((lines, op)) => {
                        self.say(lines)?;
                        if let Some(op) = op {
                            self.send(op)?;
                        }
                    }
                    Err(why) => self.say([why])?,
                }
            }
            Asked::Send(op) => self.send(op)?,
        }
        Ok(Next::Go)
    }

    /// Gives a text to the terminal's clipboard. Whether it arrived only the terminal knows.
    fn copy(&mut self, text: &str) -> Result<String> {
        let count = text.chars().count();
        if text.len() > MAX_COPY {
            return Ok(format!(
                "Error: {count} characters are too many for the terminal's clipboard"
            ));
        }
        let coded = base64::engine::general_purpose::STANDARD.encode(text);
        write!(self.world.out, "\u{1b}]52;c;{coded}\u{7}")?;
        Ok(format!("Copied: {count} characters were sent to the terminal; paste to check"))
    }
}
