//! `claw sessions`: a list, the last one first.

mod export;
mod import;

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::base::clock::{Millis, ago};
use crate::base::text::sanitise;
use crate::cli::Wrong;
use crate::cli::setup::Place;
use crate::session::{Store, Summary};

/// What can be done with sessions.
#[derive(Debug, clap::Subcommand)]
pub(super) enum SessionsCommand {
    /// Write a session as markdown, JSON or a web page of one file; known secrets are left out
    Export(export::ExportArgs),
    /// Take over a session of Claude Code or Codex, to go on with it here
    Import(import::ImportArgs),
}

/// Does it. The exit code.
pub(super) fn run(command: &SessionsCommand, place: &Place) -> Result<u8, Wrong> {
    match command {
        SessionsCommand::Export(args) => export::run(args, place),
        SessionsCommand::Import(args) => import::run(args, place),
    }
}

/// Writes the sessions of `project`, or all, to `out`: id, age, title. None is said on `err`.
///
/// # Errors
///
/// Where `out` cannot be written. Nobody there to read it is no error.
pub(super) fn list(
    store: &Store,
    project: Option<&Path>,
    now: Millis,
    mut out: impl Write,
    mut err: impl Write,
) -> Result<()> {
    let sessions = store.list(project);
    let written = if sessions.is_empty() {
        writeln!(err, "claw: there are no sessions here yet; --all lists those of other projects")
    } else {
        sessions
            .iter()
            .try_for_each(|session| writeln!(out, "{}", line(session, now, project.is_none())))
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("writing the list")
        }
        _ => Ok(()),
    }
}

fn line(session: &Summary, now: Millis, all: bool) -> String {
    let title = if session.title.is_empty() { "(no prompt yet)" } else { &session.title };
    let (title, age) = (sanitise(title), ago(now.since(session.touched)));
    let place =
        if all { format!("{}  ", sanitise(&session.cwd.to_string_lossy())) } else { String::new() };
    format!("{}  {age:>11}  {place}{title}", session.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        let session = Summary {
            id: "0197".into(),
            path: "/s/0197.jsonl".into(),
            cwd: "/w".into(),
            model: "m".into(),
            title: "fix\u{1b}[2J it".into(),
            touched: Millis(0),
        };
        let now = Millis(120_000);
        assert_eq!(line(&session, now, false), "0197    2 min ago  fix<U+001B>[2J it");
        assert_eq!(line(&session, now, true), "0197    2 min ago  /w  fix<U+001B>[2J it");
    }

    #[test]
    fn an_empty_list_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        list(&Store::new(dir.path()), None, Millis(0), &mut out, &mut err).unwrap();
        assert!(out.is_empty());
        assert!(String::from_utf8(err).unwrap().contains("no sessions"));
    }
}
