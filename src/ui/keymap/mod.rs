//! What a key does where, and what the screen says of it: hints, help and the leader's list are
//! all read from the one table.

mod above;
mod chord;
mod context;
mod file;
mod table;

pub use chord::Chord;
pub use context::Context;

use crate::ui::action::Action;

/// A row of the table: in a context, after these chords, an action, and a word for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The chords, one after the other: one, or two after a leader.
    pub chords: Vec<Chord>,
    /// What it does.
    pub action: Action,
    /// What the screen calls it.
    pub label: &'static str,
}

impl Binding {
    /// The chords, as they are written: `Ctrl+X z`, `]c`.
    pub fn keys(&self) -> String {
        written(&self.chords)
    }
}

/// Chords as they are written: plain characters stand together, others apart.
pub fn written(chords: &[Chord]) -> String {
    let mut out = String::new();
    for (at, chord) in chords.iter().enumerate() {
        let together = at > 0 && chord.is_text() && chords[at - 1].is_text();
        if at > 0 && !together {
            out.push(' ');
        }
        out.push_str(&chord.to_string());
    }
    out
}

/// What a sequence of chords leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// An action.
    Action(Action),
    /// A longer sequence begins with it.
    Prefix,
    /// Nothing.
    Nothing,
}

/// The table, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        let rows = table::rows().chain(above::DEFAULT);
        let bindings = rows.filter_map(|&(context, keys, action, label)| {
            let chords = keys.split(' ').map(Chord::parse).collect::<Option<_>>()?;
            Some(Binding { context, chords, action, label })
        });
        Self { bindings: bindings.collect() }
    }
}

impl Keymap {
    /// All rows.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The rows that hold where the focus is, the most special context first.
    pub fn within(&self, context: Context) -> impl Iterator<Item = &Binding> {
        let chain = context.chain().iter();
        chain.flat_map(|place| self.bindings.iter().filter(move |row| row.context == *place))
    }

    /// What `chords` do where the focus is in `context`.
    pub fn find(&self, context: Context, chords: &[Chord]) -> Found {
        for row in self.within(context) {
            if row.chords == chords {
                return Found::Action(row.action);
            }
            if row.chords.len() > chords.len() && row.chords.starts_with(chords) {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// The row of an action where the focus is in `context`: the first one counts.
    pub fn binding(&self, action: Action, context: Context) -> Option<&Binding> {
        let row = self.within(context).find(|row| row.action == action)?;
        // A key that a more special context uses otherwise would be a false hint.
        (self.find(context, &row.chords) == Found::Action(action)).then_some(row)
    }

    /// What to say of an action in `context`: `Enter send`; none where no key does it there.
    pub fn hint(&self, action: Action, context: Context) -> Option<String> {
        let row = self.binding(action, context)?;
        Some(format!("{} {}", row.keys(), row.label))
    }

    /// What may follow `chords` where the focus is in `context`: the rest of the keys, and a word.
    pub fn following(&self, context: Context, chords: &[Chord]) -> Vec<(String, &'static str)> {
        let mut out: Vec<(String, &'static str)> = Vec::new();
        for row in self.within(context) {
            if row.chords.len() > chords.len() && row.chords.starts_with(chords) {
                let rest = written(&row.chords[chords.len()..]);
                if !out.iter().any(|(keys, _)| *keys == rest) {
                    out.push((rest, row.label));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_reached_and_means_one_thing() {
        let keymap = Keymap::default();
        let count = table::rows().chain(above::DEFAULT).count();
        assert_eq!(keymap.bindings.len(), count, "a row's keys cannot be read");
        for row in &keymap.bindings {
            let keys = row.keys();
            let found = keymap.find(row.context, &row.chords);
            assert_eq!(found, Found::Action(row.action), "{:?} {keys}", row.context);
            for at in 1..row.chords.len() {
                let found = keymap.find(row.context, &row.chords[..at]);
                assert_eq!(found, Found::Prefix, "{:?} {keys}", row.context);
            }
            let twins = keymap
                .bindings
                .iter()
                .filter(|other| other.context == row.context && other.chords == row.chords);
            assert_eq!(twins.count(), 1, "{:?} {keys} twice", row.context);
        }
    }

    #[test]
    fn every_hint_names_a_key_that_does_it() {
        let keymap = Keymap::default();
        for &context in Context::ALL {
            for row in keymap.within(context) {
                if let Some(binding) = keymap.binding(row.action, context) {
                    let found = keymap.find(context, &binding.chords);
                    assert_eq!(found, Found::Action(row.action), "{context:?} {}", binding.keys());
                }
            }
        }
    }

    #[test]
    fn hints_read_as_keys_are_written() {
        let keymap = Keymap::default();
        let table = [
            (Action::Send, Context::Message, Some("Enter send")),
            (Action::NextHunk, Context::Changes, Some("]c hunk")),
            (Action::Zoom, Context::Message, Some("Ctrl+X z zoom")),
            (Action::CycleMode, Context::Message, Some("Shift+Tab mode")),
            (Action::NextHunk, Context::Message, None),
        ];
        for (action, context, expected) in table {
            assert_eq!(keymap.hint(action, context).as_deref(), expected, "{action:?}");
        }
    }
}
