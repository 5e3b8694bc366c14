//! `claw doctor`: what is set, what the terminal can do and what is missing, with the lines to add.

mod model;
mod place;
#[cfg(feature = "tui")]
mod terminal;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use crate::base::text::sanitise;
use crate::cli::Wrong;
use crate::cli::args::Flags;
use crate::config;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// As it should be.
    Ok,
    /// It works; it could be better.
    Note,
    /// Something that is needed does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    area: &'static str,
    what: &'static str,
    state: State,
    said: String,
    /// What to do, a line each: commands, or lines for a file that the line before names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fix: Vec<String>,
}

impl Finding {
    fn new(area: &'static str, what: &'static str, state: State, said: impl Into<String>) -> Self {
        Self { area, what, state, said: said.into(), fix: Vec::new() }
    }

    fn with(mut self, fix: &[&str]) -> Self {
        self.fix.extend(fix.iter().map(|&line| line.to_owned()));
        self
    }
}

/// Looks at everything. The exit code: 1 where something that is needed does not work.
pub(super) fn run(json: bool, flags: &Flags) -> Result<u8, Wrong> {
    let mut found = Vec::new();
    #[cfg(feature = "tui")]
    found.extend(terminal::look());
    found.extend(place::look(flags));
    let text = if json {
        let ok = !is_broken(&found);
        let report = serde_json::json!({ "ok": ok, "findings": found });
        format!("{report:#}\n")
    } else {
        shown(&found)
    };
    io::stdout().write_all(text.as_bytes()).context("writing what was found")?;
    Ok(u8::from(is_broken(&found)))
}

fn is_broken(found: &[Finding]) -> bool {
    found.iter().any(|finding| finding.state == State::Broken)
}

fn shown(found: &[Finding]) -> String {
    let mut out = String::new();
    let mut area = "";
    for finding in found {
        if finding.area != area {
            area = finding.area;
            let _ = writeln!(out, "{}{area}", if out.is_empty() { "" } else { "\n" });
        }
        let sign = match finding.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Broken => "FAIL",
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "  {sign:<5} {:<18} {}", finding.what, sanitise(&finding.said));
        for line in &finding.fix {
            let _ = writeln!(out, "        {}", sanitise(line));
        }
    }
    let count = |state| found.iter().filter(|finding| finding.state == state).count();
    let (broken, notes) = (count(State::Broken), count(State::Note));
    let _ = match (broken, notes) {
        (0, 0) => writeln!(out, "\nNothing is missing."),
        (0, notes) => writeln!(out, "\nIt works; {notes} to look at."),
        (broken, _) => writeln!(out, "\n{broken} to repair."),
    };
    out
}

/// Where a program stands, among the directories of `PATH`.
fn find(program: &str) -> Option<PathBuf> {
    let path = config::process("PATH")?;
    let places = std::env::split_paths(&path).filter(|dir| dir.is_absolute());
    places.map(|dir| dir.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    let Ok(metadata) = file.metadata() else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    metadata.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_to_do_and_counts() {
        let found = [
            Finding::new("Terminal", "colours", State::Ok, "16.8 million\x1b[2J"),
            Finding::new("Terminal", "keys", State::Note, "Shift+Enter is Enter").with(&["a", "b"]),
            Finding::new("Model", "key", State::Broken, "there is none"),
        ];
        let text = shown(&found);
        assert!(text.starts_with("Terminal\n  ok    colours            16.8 million"), "{text}");
        assert!(!text.contains('\x1b'), "{text:?}");
        assert!(
            text.contains(
                "  note  keys               Shift+Enter is Enter\n        a\n        b\n"
            )
        );
        assert!(
            text.ends_with("\nModel\n  FAIL  key                there is none\n\n1 to repair.\n")
        );
        assert!(shown(&found[..2]).ends_with("\nIt works; 1 to look at.\n"));
        assert!(is_broken(&found) && !is_broken(&found[..2]));
    }
}
