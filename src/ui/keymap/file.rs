//! The user's keys: a file that gives actions other keys, or none.
//!
//! ```toml
//! flavor = "emacs"
//! [global]
//! quit = "Ctrl+Q"
//! [pane.changes]
//! next_hunk = ["n", "] c"]
//! previous_hunk = "none"
//! ```

use anyhow::{Result, anyhow};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::ui::action::{Action, Edit};
use crate::ui::keymap::{Binding, Chord, Context, Keymap, written};

/// What unbinds an action.
const NONE: &str = "none";

/// A row of the table, as it is written.
type Row = (Context, &'static str, Action, &'static str);

/// Keys that a flavour adds.
const FLAVORS: &[(&str, &[Row])] = &[
    ("standard", &[]),
    (
        "emacs",
        &[
            (Context::Message, "Ctrl+B", Action::Edit(Edit::Left), "left"),
            (Context::Message, "Ctrl+F", Action::Edit(Edit::Right), "right"),
        ],
    ),
];

/// Chords, or several of them that do the same.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "keys are a text or a list of texts: \"s\", [\"s\", \"Ctrl+S\"], \"none\""
)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// What a line of the file says.
struct Line {
    context: Context,
    action: Action,
    /// Where it stands in the text.
    at: usize,
    keys: Vec<Vec<Chord>>,
}

impl Keymap {
    /// The table with what the user's file says.
    ///
    /// # Errors
    ///
    /// Says `file:line` and what to do: an action or a place that there is not, a key that cannot be
    /// read or does two things, or that nothing would close a list any more. Then no line of the file
    /// holds.
    pub fn read(path: &str, text: &str) -> Result<Self> {
        let mut keymap = Self::default();
        let wrong = |at: usize, what: &str| {
            let line = text.bytes().take(at).filter(|&b| b == b'\n').count() + 1;
            anyhow!("{path}:{line}: {what}; the keys of this file are not used")
        };
        let table = DeTable::parse(text).map_err(|error| {
            let what = error.message().trim_end().replace('\n', ", ");
            wrong(error.span().map_or(0, |span| span.start), &what)
        })?;
        let mut lines = Vec::new();
        for (key, value) in table.get_ref() {
            let (name, at) = (key.get_ref().as_ref(), key.span().start);
            let fail = |(at, what): (usize, String)| wrong(at, &what);
            if name == "flavor" {
                let rows = flavor(value).map_err(fail)?;
                // A flavour's key does what the flavour says, whatever it did before.
                let same = |old: &Binding, new: &Binding| {
                    (old.context, &old.chords) == (new.context, &new.chords)
                };
                keymap.bindings.retain(|old| !rows.iter().any(|new| same(old, new)));
                keymap.bindings.extend(rows);
            } else {
                let found = section(&keymap, "", name, at, value, &mut lines);
                found.map_err(fail)?;
            }
        }
        for line in &lines {
            keymap.set(line);
        }
        for line in &lines {
            if let Some(what) = keymap.trouble(line) {
                return Err(wrong(line.at, &what));
            }
        }
        Ok(keymap)
    }

    /// The keys of the line instead of all that the action has there.
    fn set(&mut self, line: &Line) {
        let Line { context, action, keys, .. } = line;
        let label = self.bindings.iter().find(|row| row.action == *action);
        let label = label.map_or("", |row| row.label);
        let own = self.bindings.iter().find(|row| row.action == *action && row.context == *context);
        let label = own.map_or(label, |row| row.label);
        let place = self.bindings.iter().position(|row| row.context == *context);
        self.bindings.retain(|row| row.action != *action || row.context != *context);
        let rows = keys.iter().map(|chords| Binding {
            context: *context,
            chords: chords.clone(),
            action: *action,
            label,
        });
        // Where its context begins: the first row of an action is its hint.
        let place = place.unwrap_or_default().min(self.bindings.len());
        self.bindings.splice(place..place, rows);
    }

    /// What is wrong with a line, now that all lines are set.
    fn trouble(&self, line: &Line) -> Option<String> {
        let here = |row: &&Binding| row.context == line.context;
        let name = action_name(line.action);
        for chords in &line.keys {
            let other = self.bindings.iter().filter(here).find(|row| {
                let both = row.chords.starts_with(chords) || chords.starts_with(&row.chords);
                both && (row.action != line.action || row.chords != *chords)
            });
            if let Some(other) = other {
                let (keys, place) = (written(chords), place(line.context));
                let second = action_name(other.action);
                return Some(if other.chords == *chords {
                    format!(
                        "`{keys}` is both `{name}` and `{second}` in [{place}]; give `{second}` \
                         another key there, or \"none\""
                    )
                } else {
                    let longer = other.keys();
                    format!(
                        "`{keys}` (`{name}`) and `{longer}` (`{second}`) in [{place}] begin alike"
                    )
                });
            }
            let typed = chords.first().and_then(Chord::text).filter(|_| is_text(line.context));
            if let Some(c) = typed {
                return Some(format!(
                    "`{c}` types a character in [{}]; use Ctrl, Alt or a function key",
                    place(line.context)
                ));
            }
        }
        let needed = matches!(line.action, Action::Escape | Action::Interrupt);
        let left = self.within(line.context).any(|row| row.action == line.action);
        (needed && !left).then(|| format!("`{name}` needs a key in [{}]", place(line.context)))
    }
}

/// Is this where one types?
fn is_text(context: Context) -> bool {
    let places = [Context::Global, Context::Message, Context::Words, Context::Picker];
    places.contains(&context) || context == Context::Models
}

type Wrong = (usize, String);

/// The rows of a flavour.
fn flavor(value: &Spanned<DeValue<'_>>) -> Result<Vec<Binding>, Wrong> {
    let at = value.span().start;
    let name = value.get_ref().as_str().unwrap_or_default();
    let Some((_, rows)) = FLAVORS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = FLAVORS.iter().map(|(known, _)| *known).collect();
        return Err((at, format!("`{name}` is no flavor: there are {}", known.join(", "))));
    };
    let row = |&(context, keys, action, label): &Row| {
        Some(Binding { context, chords: chords(keys)?, action, label })
    };
    Ok(rows.iter().filter_map(row).collect())
}

/// A table of the file: a context, or `pane` with those of the panes inside.
fn section(
    keymap: &Keymap,
    above: &str,
    name: &str,
    at: usize,
    value: &Spanned<DeValue<'_>>,
    lines: &mut Vec<Line>,
) -> Result<(), Wrong> {
    let full = format!("{above}{name}");
    let context = Context::ALL.iter().copied().find(|context| place(*context) == full);
    let (Some(context), Some(table)) = (context, value.get_ref().as_table()) else {
        let near = nearest(&full, Context::ALL.iter().map(|context| place(*context)));
        return Err((at, format!("there is no place [{full}]; did you mean [{near}]?")));
    };
    for (key, value) in table {
        let (word, at) = (key.get_ref().as_ref(), key.span().start);
        if value.get_ref().is_table() {
            section(keymap, &format!("{full}."), word, at, value, lines)?;
            continue;
        }
        let action = action(keymap, context, word).map_err(|what| (at, what))?;
        let keys = keys(value)?;
        lines.push(Line { context, action, at, keys });
    }
    Ok(())
}

/// The action of that name, where it can be done.
fn action(keymap: &Keymap, context: Context, word: &str) -> Result<Action, String> {
    let rows = keymap.bindings();
    let found: Vec<_> = rows.iter().filter(|row| action_name(row.action) == word).collect();
    let Some(first) = found.first() else {
        let near = nearest(word, keymap.within(context).map(|row| action_name(row.action)));
        return Err(format!("there is no action `{word}`; did you mean `{near}`?"));
    };
    if found.iter().any(|row| context.chain().contains(&row.context)) {
        return Ok(first.action);
    }
    let mut places: Vec<_> = found.iter().map(|row| format!("[{}]", place(row.context))).collect();
    places.dedup();
    let (here, places) = (place(context), places.join(", "));
    Err(format!("`{word}` does nothing in [{here}]; its place is {places}"))
}

/// The keys of a line; none where it says none.
fn keys(value: &Spanned<DeValue<'_>>) -> Result<Vec<Vec<Chord>>, Wrong> {
    let at = value.span().start;
    let read = Keys::deserialize(toml::de::ValueDeserializer::from(value.clone()));
    let texts = match read.map_err(|error| (at, error.message().to_owned()))? {
        Keys::One(text) if text == NONE => return Ok(Vec::new()),
        Keys::One(text) => vec![text],
        Keys::Several(texts) => texts,
    };
    let read = |text: &String| {
        let what = || format!("`{text}` is no key: write s, Ctrl+S, Alt+Enter, F5, or g g");
        chords(text).ok_or_else(|| (at, what()))
    };
    texts.iter().map(read).collect()
}

fn chords(text: &str) -> Option<Vec<Chord>> {
    text.split(' ').map(Chord::parse).collect()
}

/// What an action is called in the file.
fn action_name(action: Action) -> String {
    use serde_json::Value;
    match serde_json::to_value(action) {
        Ok(Value::String(name)) => name,
        Ok(Value::Object(parts)) => {
            let part = parts.iter().next();
            part.map(|(name, what)| {
                let what = what.as_str().map_or_else(|| what.to_string(), str::to_owned);
                format!("{name}_{what}")
            })
            .unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// What a context is called in the file.
fn place(context: Context) -> String {
    let word = context.name().to_lowercase().replace(' ', "_");
    match context {
        Context::Global => "global".to_owned(),
        Context::Pane => "pane".to_owned(),
        _ if context.chain().contains(&Context::Pane) => format!("pane.{word}"),
        _ => word,
    }
}

fn nearest(word: &str, known: impl Iterator<Item = String>) -> String {
    known.min_by_key(|known| strsim::osa_distance(known, word)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::keymap::Found;

    fn read(text: &str) -> Keymap {
        Keymap::read("keys.toml", text).unwrap()
    }

    fn find(keymap: &Keymap, context: Context, keys: &str) -> Found {
        keymap.find(context, &chords(keys).unwrap())
    }

    #[test]
    fn a_file_gives_actions_other_keys_or_none() {
        let text = "[global]\nquit = 'Ctrl+Q'\n[pane.changes]\nnext_hunk = ['n', '] h']\n\
                    previous_hunk = 'none'\n[message]\nedit_undo = 'Ctrl+/'\n";
        let keymap = read(text);
        let changes = Context::Changes;
        assert_eq!(find(&keymap, Context::Message, "Ctrl+Q"), Found::Action(Action::Quit));
        assert_eq!(find(&keymap, Context::Message, "Ctrl+X q"), Found::Nothing);
        assert_eq!(find(&keymap, changes, "n"), Found::Action(Action::NextHunk));
        assert_eq!(find(&keymap, changes, "] h"), Found::Action(Action::NextHunk));
        assert_eq!(find(&keymap, changes, "] c"), Found::Nothing);
        assert_eq!(find(&keymap, changes, "[ c"), Found::Nothing);
        assert_eq!(keymap.hint(Action::NextHunk, changes).as_deref(), Some("n hunk"));
        assert_eq!(keymap.hint(Action::PreviousHunk, changes), None);
        // A pane's key goes before the one of all panes.
        let keymap = read("[pane.changes]\nnext_hunk = 'j'\n");
        assert_eq!(find(&keymap, changes, "j"), Found::Action(Action::NextHunk));
        assert_eq!(find(&keymap, Context::Transcript, "j"), Found::Action(Action::Down));
        assert_eq!(read(""), Keymap::default());
    }

    #[test]
    fn a_flavour_adds_its_keys() {
        let keymap = read("flavor = 'emacs'\n");
        let right = Found::Action(Action::Edit(Edit::Right));
        assert_eq!(find(&keymap, Context::Message, "Ctrl+F"), right);
        assert_ne!(find(&Keymap::default(), Context::Message, "Ctrl+F"), right);
        assert_eq!(read("flavor = 'standard'\n"), Keymap::default());
    }

    #[rustfmt::skip]
    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        let table = [
            ("\n[pane.changes]\nnext_hunk = ']'\n",               "k:3: `]` (`next_hunk`) and `]f` (`next_section`) in [pane.changes] begin alike"),
            ("[transcript]\n",                                     "k:1: there is no place [transcript]; did you mean [pane.transcript]?"),
            ("[pane]\ndown = 'k'\n",                               "k:2: `k` is both `down` and `up` in [pane]; give `up` another key there, or \"none\""),
            ("[pane]\ndown = 's'\nup = 's'\n",                     "k:2: `s` is both `down` and `up` in [pane]"),
            ("[message]\nsend = 's'\n",                            "k:2: `s` types a character in [message]; use Ctrl"),
            ("[global]\nquti = 'F9'\n",                            "k:2: there is no action `quti`; did you mean `quit`?"),
            ("[message]\nnext_hunk = 'F9'\n",                      "k:2: `next_hunk` does nothing in [message]; its place is [pane.changes]"),
            ("[global]\nquit = 'Strg+Q'\n",                        "k:2: `Strg+Q` is no key"),
            ("[global]\nquit = 3\n",                               "k:2: keys are a text or a list"),
            ("[help]\nescape = 'none'\n",                          "k:2: `escape` needs a key in [help]"),
            ("flavor = 'nano'\n",                                  "k:1: `nano` is no flavor: there are standard, emacs"),
            ("[global\n",                                          "k:1: "),
        ];
        for (text, said) in table {
            let error = Keymap::read("k", text).unwrap_err().to_string();
            assert!(error.starts_with(said), "{text:?} gave {error}");
            assert!(error.ends_with("; the keys of this file are not used"), "{error}");
        }
        read("[pane]\ndown = 'k'\nup = 'j'\n");
    }

    #[test]
    fn every_action_and_place_has_a_name_of_its_own() {
        let keymap = Keymap::default();
        for row in keymap.bindings() {
            let name = action_name(row.action);
            assert!(!name.is_empty());
            assert_eq!(action(&keymap, row.context, &name), Ok(row.action), "{name}");
        }
        let mut places: Vec<_> = Context::ALL.iter().map(|context| place(*context)).collect();
        places.sort();
        let all = places.len();
        places.dedup();
        assert_eq!(places.len(), all, "{places:?}");
    }
}
