//! What a command of the linear face does.

use std::io::Write;

use anyhow::Result;

use crate::base::clock;
use crate::base::text::sanitise;
use crate::desk::{Copied, clipboard};
use crate::engine::Start;
use crate::plain::command::{self, Asked};
use crate::plain::model;
use crate::plain::rewind;
use crate::plain::{Face, Next, sessions};
use crate::protocol::{Content, Op};
use crate::provider::{Catalogue, local, offers};
use crate::session::Overview;
use crate::session::export::to_file;

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
            Asked::Copy(which) => match command::code(&self.state, which) {
                Ok(code) => self.copy(code),
                Err(why) => self.say([why])?,
            },
            Asked::Open(start) => return Ok(Next::Open(start)),
            Asked::Sessions => {
                let sessions = (self.world.sessions)();
                let lines = sessions::lines(&sessions, &self.state, &self.others, clock::now());
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
            Asked::Rewind(rest) => match rewind::rewind(&self.state, &rest) {
                Ok(op) => self.send(op)?,
                Err(lines) => self.say(lines)?,
            },
            Asked::Model(name) => self.model(&name)?,
            Asked::Effort(level) => self.effort(&level)?,
            Asked::Budget(said) => match self.state.budget.said(&said) {
                Some(budget) => self.send(Op::SetBudget { budget })?,
                None => self.say(["Error: say it as 5 (dollars), 200000 tokens, or off".into()])?,
            },
            Asked::Cost => self.say(model::cost(&self.state, self.world.price))?,
            Asked::Export(file) => {
                let (state, price) = (&self.state, self.world.price);
                let title = Overview::of(state, price).title;
                let line = match to_file(state, &title, (&state.cwd, &file), price) {
                    Ok(path) => format!("Exported: {}", sanitise(&path.to_string_lossy())),
                    Err(error) => format!("Error: {}", sanitise(&format!("{error:#}"))),
                };
                self.say([line])?;
            }
        }
        Ok(Next::Go)
    }

    /// Asks another model, or lists them once it is known which servers run here.
    fn model(&mut self, name: &str) -> Result<()> {
        if name.is_empty() {
            let any = !self.world.offers.is_empty();
            self.looking.spawn(async move {
                let servers = if any { local::discover().await } else { Vec::new() };
                offers::found(&Catalogue::current(), servers)
            });
            return Ok(());
        }
        match model::chosen(&self.world.offers, name) {
            Ok(model) => self.send(Op::SetModel { model }),
            Err(why) => self.say([why]),
        }
    }

    /// Thinks harder or less, or says what there is.
    fn effort(&mut self, level: &str) -> Result<()> {
        let takes = (self.world.efforts)(&self.state.model);
        match model::effort(&self.state, &takes, level) {
            Ok(effort) => self.send(Op::SetEffort { effort }),
            Err(said) => self.say([said]),
        }
    }

    /// Gives a text to the clipboard, beside the talk: a program may take its time.
    fn copy(&mut self, text: String) {
        let desk = self.world.desk.clone();
        self.copying.spawn(async move { desk.copy(text).await });
    }

    /// Says how a copy went. Whether it arrived where only the terminal was told, it alone knows.
    pub(super) fn copied(&mut self, copied: Copied) -> Result<()> {
        let said = match copied {
            Copied::Done(said) => said,
            Copied::Failed(why) => return self.say([format!("Error: {}", sanitise(&why))]),
            Copied::Untold { text, way, said } => {
                write!(self.world.out, "{}", clipboard::words(&text, way))?;
                let count = text.chars().count();
                said.unwrap_or_else(|| {
                    format!("sent {count} chars to the terminal; paste to check")
                })
            }
        };
        self.say([format!("Clipboard: {}", sanitise(&said))])
    }
}
