//! `claw sessions list`: the last one first.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::base::clock::{Millis, ago};
use crate::base::text::sanitise;
use crate::provider::offers::price;
use crate::session::{Store, Summary};

/// Which sessions are listed.
pub(super) struct Wanted<'a> {
    /// Those of this project; of all where there is none.
    pub(super) project: Option<&'a Path>,
    /// Those that were put away, instead of the others.
    pub(super) archived: bool,
    /// Only those with this tag.
    pub(super) tag: Option<String>,
}

impl Wanted<'_> {
    fn fits(&self, archived: bool, tags: &std::collections::BTreeSet<String>) -> bool {
        let tag = self.tag.as_ref().map(|tag| tag.trim_start_matches('#').to_lowercase());
        archived == self.archived && tag.is_none_or(|tag| tags.contains(&tag))
    }

    /// All that is known of them.
    pub(super) fn as_json(&self, store: &Store) -> Value {
        let sessions = store.overviews(self.project, &[], price);
        let fitting = sessions.iter().filter(|one| self.fits(one.archived, &one.tags));
        fitting.map(super::as_json).collect()
    }
}

/// Writes the sessions that are wanted to `out`: id, age, title. None is said on `err`.
///
/// # Errors
///
/// Where `out` cannot be written. Nobody there to read it is no error.
pub(super) fn list(
    store: &Store,
    wanted: &Wanted<'_>,
    now: Millis,
    mut out: impl Write,
    mut err: impl Write,
) -> Result<()> {
    let mut sessions = store.list(wanted.project);
    sessions.retain(|one| wanted.fits(one.archived, &one.tags));
    let all = wanted.project.is_none();
    let written = if sessions.is_empty() {
        let text = match (wanted.archived || wanted.tag.is_some(), all) {
            (true, _) => "there are no such sessions here",
            (_, true) => "there are no sessions yet",
            _ => "there are no sessions here yet; --all lists those of other projects",
        };
        writeln!(err, "claw: {text}")
    } else {
        sessions.iter().try_for_each(|session| writeln!(out, "{}", line(session, now, all)))
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
    let tags: Vec<_> = session.tags.iter().map(|tag| format!("  #{}", sanitise(tag))).collect();
    let tags = tags.concat();
    let pin = if session.pinned { "  (pinned)" } else { "" };
    format!("{}  {age:>11}  {place}{title}{tags}{pin}", session.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        let mut session = Summary {
            id: "0197".into(),
            path: "/s/0197.jsonl".into(),
            cwd: "/w".into(),
            model: "m".into(),
            title: "fix\u{1b}[2J it".into(),
            tags: ["net".to_owned()].into(),
            pinned: false,
            archived: false,
            touched: Millis(0),
        };
        let now = Millis(120_000);
        assert_eq!(line(&session, now, false), "0197    2 min ago  fix<U+001B>[2J it  #net");
        session.tags.clear();
        session.pinned = true;
        assert_eq!(line(&session, now, true), "0197    2 min ago  /w  fix<U+001B>[2J it  (pinned)");
    }

    #[test]
    fn an_empty_list_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let wanted = Wanted { project: None, archived: false, tag: None };
        list(&Store::new(dir.path()), &wanted, Millis(0), &mut out, &mut err).unwrap();
        assert!(out.is_empty());
        assert!(String::from_utf8(err).unwrap().contains("no sessions"));
    }
}
