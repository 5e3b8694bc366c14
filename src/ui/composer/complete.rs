//! What may be completed where the caret stands, and the list that is offered for it.

use std::path::PathBuf;

use crate::ui::action::Action;

/// The most rows that are offered.
pub const MOST: usize = 50;

/// What is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A slash command.
    Command,
    /// What follows a slash command.
    Argument,
    /// A file of the project.
    File,
    /// A turn of the session.
    Turn,
}

/// Something before the caret that can be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// What it is.
    pub kind: Kind,
    /// The command whose argument it is; empty for the other kinds.
    pub command: String,
    /// What is written of it, without its sign.
    pub query: String,
    /// How many characters before the caret it begins, with its sign.
    pub length: usize,
}

/// What can be completed at the end of `before`, the text of the caret's line up to the caret.
/// `first`: it is the draft's first line.
pub fn trigger(before: &str, first: bool) -> Option<Trigger> {
    let (kind, command, sign, query) =
        command(before).filter(|_| first).or_else(|| file(before)).or_else(|| turn(before))?;
    let length = query.chars().count() + sign;
    Some(Trigger { kind, command: command.to_owned(), query: query.to_owned(), length })
}

/// Kind, command, cells of the sign, query.
type Parts<'a> = (Kind, &'a str, usize, &'a str);

fn command(before: &str) -> Option<Parts<'_>> {
    let after = before.strip_prefix('/')?;
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match after.split_once(' ') {
        Some((name, rest)) if plain(name) && !name.is_empty() => {
            Some((Kind::Argument, name, 0, rest.trim_start()))
        }
        None if plain(after) => Some((Kind::Command, "", 1, after)),
        _ => None,
    }
}

/// `@` begins a file's name at the start of a word only: an address of mail is none.
fn file(before: &str) -> Option<Parts<'_>> {
    let word = last_word(before).trim_start_matches(['(', '[', '"', '\'', '`']);
    Some((Kind::File, "", 1, word.strip_prefix('@')?))
}

/// `#` begins a turn's number, or a word of its prompt; `##` is on the way to a heading.
fn turn(before: &str) -> Option<Parts<'_>> {
    let word = last_word(before).trim_start_matches(['(', '[', '"', '\'']);
    Some((Kind::Turn, "", 1, word.strip_prefix('#').filter(|query| !query.starts_with('#'))?))
}

/// What stands behind the last blank.
fn last_word(before: &str) -> &str {
    let start = before
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    &before[start..]
}

/// A question: which files of this directory are called like this?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The answer bears it.
    pub generation: u64,
    /// The directory.
    pub root: PathBuf,
    /// Parts of the name.
    pub text: String,
}

/// The best of them, and how far the looking is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The question's.
    pub generation: u64,
    /// The names, relative to the directory, best first.
    pub names: Vec<String>,
    /// How many names there are; none while they are still being counted.
    pub all: Option<usize>,
    /// How many were looked at.
    pub seen: usize,
}

/// A row that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is shown, and what the query is looked for in.
    pub label: String,
    /// A few words beside it.
    pub detail: String,
    /// What is written in place of what was there.
    pub insert: String,
    /// With it nothing is missing: Enter also runs the command.
    pub whole: bool,
}

/// What is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// For what.
    pub trigger: Trigger,
    /// The rows, best first.
    pub rows: Vec<Row>,
    /// The row under the cursor.
    pub selected: usize,
    /// How far the looking is; empty where it is done.
    pub note: String,
}

/// The list, and which answers are awaited for it.
#[derive(Debug, Default)]
pub struct Completer {
    offer: Option<Offer>,
    /// What was looked at last: line before the caret, and whether it is the first.
    seen: (String, bool),
    /// The user closed the list: it stays closed until something else is written.
    dismissed: Option<Kind>,
    generation: u64,
}

impl Completer {
    /// What is offered, where there is something to take.
    pub fn offer(&self) -> Option<&Offer> {
        self.offer.as_ref().filter(|offer| !offer.rows.is_empty() || !offer.note.is_empty())
    }

    /// Looks again at what stands before the caret. The trigger, where it is another one now and
    /// its rows are wanted.
    pub fn look(&mut self, before: &str, first: bool) -> Option<Trigger> {
        if self.seen.0 == before && self.seen.1 == first {
            return None;
        }
        self.seen = (before.to_owned(), first);
        let found = trigger(before, first);
        if self.dismissed != found.as_ref().map(|trigger| trigger.kind) {
            self.dismissed = None;
        }
        let wanted = found.filter(|trigger| self.dismissed != Some(trigger.kind));
        if wanted.is_none() {
            self.offer = None;
        }
        self.generation += 1;
        wanted
    }

    /// The name of the answer that is awaited.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// These are the rows.
    pub fn show(&mut self, trigger: Trigger, mut rows: Vec<Row>, note: String) {
        rows.truncate(MOST);
        self.offer = Some(Offer { trigger, rows, selected: 0, note });
    }

    /// Rows are looked for off the loop: what was offered stays in sight until they come.
    pub fn wait(&mut self, trigger: Trigger) {
        match &mut self.offer {
            Some(offer) if offer.trigger.kind == trigger.kind => offer.trigger = trigger,
            _ => self.show(trigger, Vec::new(), String::new()),
        }
    }

    /// Rows that were looked for. Are they still wanted?
    pub fn found(&mut self, generation: u64, rows: Vec<Row>, note: String) -> bool {
        let current = generation == self.generation;
        if let Some(offer) = self.offer.as_mut().filter(|_| current) {
            offer.selected = offer.selected.min(rows.len().saturating_sub(1));
            offer.rows = rows;
            offer.note = note;
            return true;
        }
        false
    }

    /// Moves the cursor.
    pub fn act(&mut self, action: Action) {
        let Some(offer) = &mut self.offer else { return };
        let count = offer.rows.len().max(1);
        offer.selected = match action {
            Action::Up => (offer.selected + count - 1) % count,
            Action::Down => (offer.selected + 1) % count,
            _ => offer.selected,
        };
    }

    /// The user wants no list here.
    pub fn dismiss(&mut self) {
        self.dismissed = self.offer.take().map(|offer| offer.trigger.kind);
    }

    /// Takes the row under the cursor; the list goes.
    pub fn take(&mut self) -> Option<(Trigger, Row)> {
        let offer = self.offer.take()?;
        let row = offer.rows.into_iter().nth(offer.selected)?;
        Some((offer.trigger, row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_completed() {
        let table = [
            // before            first  kind, query, length
            ("/th", true, Some((Kind::Command, "th", 3))),
            ("/", true, Some((Kind::Command, "", 1))),
            ("/th", false, None),
            ("/theme cl", true, Some((Kind::Argument, "cl", 2))),
            ("/usr/bin", true, None),
            ("see @src/a", true, Some((Kind::File, "src/a", 6))),
            ("see (@é", false, Some((Kind::File, "é", 2))),
            ("me@home", true, None),
            ("as in (#1", false, Some((Kind::Turn, "1", 2))),
            ("#", true, Some((Kind::Turn, "", 1))),
            ("# ", true, None),
            ("##", true, None),
            ("a#1", true, None),
            ("@a b", true, None),
            ("/model @x", true, Some((Kind::Argument, "@x", 2))),
            ("", true, None),
        ];
        for (before, first, want) in table {
            let got = trigger(before, first);
            let got = got.as_ref().map(|t| (t.kind, t.query.as_str(), t.length));
            assert_eq!(got, want, "{before}");
        }
    }

    #[test]
    fn a_closed_list_stays_closed_for_its_word() {
        let mut completer = Completer::default();
        let row =
            Row { label: "a".into(), detail: String::new(), insert: "@a ".into(), whole: false };
        let wanted = completer.look("@", true).unwrap();
        completer.wait(wanted);
        assert!(completer.found(completer.generation(), vec![row.clone()], String::new()));
        completer.dismiss();
        assert_eq!(completer.look("@a", true), None);
        assert_eq!(completer.look("", true), None);
        assert!(completer.look("@b", true).is_some());
        assert!(!completer.found(0, vec![row], String::new()), "an old answer");
    }
}
