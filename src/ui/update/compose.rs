//! The composer's own actions, and the modal keys of vim.

use std::path::PathBuf;

use crossterm::event::KeyCode;

use crate::base::clock;
use crate::base::clock::Millis;
use crate::protocol::ToolKind;
use crate::session::{Entry, Prompt};
use crate::ui::action::Action;
use crate::ui::composer::vim::{Key, Mode, Then};
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::{Chord, Context, Found};
use crate::ui::model::Model;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::{act, ladder, layer, queue, send};

/// The longest prompt that is kept for other sessions with its pastes in it, in bytes.
const LONG: usize = 32 << 10;

/// Does an action of the composer; none where it is not one.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Effects> {
    match action {
        Action::Send => return Some(send::send(model, false)),
        Action::Queue => return Some(send::send(model, true)),
        Action::Unqueue => return Some(queue::take_last(model)),
        Action::OpenQueue => queue::open(model),
        Action::Newline => model.composer.editor.newline(),
        Action::HistoryPrevious => model.composer.up(),
        Action::HistoryNext => model.composer.down(),
        Action::Edit(edit) => model.composer.editor.edit(edit),
        Action::Select(edit) => model.composer.editor.select(edit),
        Action::SelectUp => drop(model.composer.editor.step(-1, true)),
        Action::SelectDown => drop(model.composer.editor.step(1, true)),
        Action::ToggleVim => {
            let on = model.composer.toggle_vim();
            let text = if on { "vim keys on: Esc for NORMAL" } else { "vim keys off" };
            model.toasts.say(text, model.now);
        }
        Action::SearchHistory => search(model),
        Action::Stash => stash(model),
        Action::ExpandPaste => {
            if !model.composer.expand() {
                model.toasts.say("the caret stands on no folded paste", model.now);
            }
        }
        Action::PasteClipboard => return Some(vec![Effect::PasteClipboard]),
        Action::EditExternally => {
            let (text, key) = (model.composer.text(), EDITOR_KEY.to_owned());
            return Some(vec![Effect::EditText { key, text, suffix: ".md".to_owned() }]);
        }
        _ => return None,
    }
    Some(Effects::new())
}

/// What the external editor is asked under for the draft.
const EDITOR_KEY: &str = "draft";

/// The external editor is done with the draft.
pub(super) fn edited(model: &mut Model, key: &str, text: Option<String>) {
    if key != EDITOR_KEY {
        return;
    }
    if let Some(text) = text
        && text.trim_end_matches('\n') != model.composer.text().trim_end_matches('\n')
    {
        model.composer.write_over(text.trim_end_matches('\n'));
    }
}

fn stash(model: &mut Model) {
    let (was, empty) = (model.composer.is_stashed(), model.composer.is_blank());
    if !was && empty {
        model.toasts.say("nothing to put aside", model.now);
        return;
    }
    model.composer.stash();
}

/// All prompts, the newest first, this project's before the others'.
fn search(model: &mut Model) {
    let mut items = Vec::new();
    for here in [true, false] {
        for (entry, shown) in model.composer.entries().rev() {
            if entry.cwd.is_none() != here {
                continue;
            }
            let mut lines = shown.lines().filter(|line| !line.trim().is_empty());
            let label = lines.next().unwrap_or_default().trim().to_owned();
            let more = lines.count();
            let detail = if more > 0 { format!("and {more} more lines") } else { String::new() };
            let place = entry.cwd.as_ref().and_then(|cwd| cwd.file_name());
            let group = place.map_or_else(
                || "This project".to_owned(),
                |name| format!("In {}", name.to_string_lossy()),
            );
            let right = clock::date_time(entry.at);
            let chosen = Some(Msg::Chosen(Chosen::Draft(shown)));
            items.push(Item { label, detail, right, group, chosen, ..Item::default() });
        }
    }
    if items.is_empty() {
        model.toasts.say("no prompt was sent yet", model.now);
        return;
    }
    // Rows of a group stand together.
    let mut groups: Vec<String> = Vec::new();
    for item in &items {
        if !groups.contains(&item.group) {
            groups.push(item.group.clone());
        }
    }
    items.sort_by_key(|item| groups.iter().position(|group| *group == item.group));
    layer::open(model, Picker::new("Prompts", items));
}

/// The draft leaves the composer. What is sent, and what is kept of it.
pub(super) fn take(model: &mut Model) -> (Vec<crate::protocol::Content>, Effects) {
    // The next draft is another one: what was typed for this is no part of a paste into that.
    model.burst = Burst::default();
    let (said, shown) = (model.composer.text(), model.composer.draft());
    let content = model.composer.take(model.now);
    let text = if said.len() > LONG { shown } else { said };
    if text.trim().is_empty() {
        return (content, Effects::new());
    }
    let prompt = Prompt { at: model.now, cwd: cwd(model), text };
    (content, vec![Effect::Remember(prompt)])
}

fn cwd(model: &Model) -> PathBuf {
    model.session.cwd.clone()
}

/// What could be said next, where nothing is written and nothing runs: a test that failed is run
/// again.
pub fn ghost(model: &Model) -> Option<String> {
    if model.is_busy() || !model.composer.editor.is_empty() {
        return None;
    }
    let mut entries = model.session.entries.iter().rev();
    let call = entries.find_map(|entry| match entry {
        Entry::Call(call) => Some(Some(call)),
        Entry::Prompt { .. } => Some(None),
        _ => None,
    })??;
    let failed = call
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.is_error() || outcome.summary.starts_with("exit "));
    let title = call.call.title.as_str();
    let words = title.split(|c: char| !c.is_alphanumeric());
    let is_test = words.into_iter().any(|word| {
        matches!(
            word,
            "test" | "tests" | "pytest" | "jest" | "vitest" | "nextest" | "ctest" | "rspec"
        )
    });
    (call.call.kind == ToolKind::Run && failed && is_test && !title.contains('\n'))
        .then(|| format!("run `{title}` again"))
}

/// A key for vim, where its keys are on; none where the key is for the table.
pub(super) fn vim(model: &mut Model, chord: Chord) -> Option<Effects> {
    let mode = model.composer.mode()?;
    let newline =
        matches!(model.keymap.find(Context::Message, &[chord]), Found::Action(Action::Newline));
    let commands = mode != Mode::Insert;
    let shown = |text: &str| Chord::parse(text) == Some(chord);
    let key = match chord.text() {
        // Nothing is written: the keys of the composer are shown as always.
        Some('?') if model.composer.editor.is_empty() => return None,
        Some(c) => Key::Char(c),
        None if chord.is(KeyCode::Esc) => Key::Esc,
        None if newline => Key::Newline,
        None if chord.is(KeyCode::Backspace) => Key::Backspace,
        None if commands && shown("Ctrl+R") => Key::Redo,
        None if commands && chord.is(KeyCode::Left) => Key::Char('h'),
        None if commands && chord.is(KeyCode::Right) => Key::Char('l'),
        None if matches!(mode, Mode::Visual | Mode::Lines) && chord.is(KeyCode::Up) => {
            Key::Char('k')
        }
        None if matches!(mode, Mode::Visual | Mode::Lines) && chord.is(KeyCode::Down) => {
            Key::Char('j')
        }
        None => Key::Other,
    };
    match model.composer.modal(key) {
        Then::Pass => {
            if commands && key != Key::Newline {
                model.composer.leave_visual();
            }
            None
        }
        Then::Escape => Some(ladder::escape(model)),
        Then::Search => {
            search(model);
            Some(Effects::new())
        }
        Then::Palette => Some(act::act(model, Action::Palette)),
        _ => {
            model.ladder.reset();
            Some(Effects::new())
        }
    }
}

/// Characters that come faster than fingers: a paste that the terminal does not say.
#[derive(Debug, Default)]
pub struct Burst {
    since: Millis,
    count: usize,
}

impl Burst {
    /// For how long characters count together, in milliseconds.
    const WINDOW: u64 = 30;
    /// How many of them are no typing.
    const MANY: usize = 20;

    /// A character came.
    pub(super) fn typed(&mut self, now: Millis) {
        if now.0.saturating_sub(self.since.0) > Self::WINDOW {
            *self = Self { since: now, count: 0 };
        }
        self.count += 1;
        if self.count > Self::MANY {
            // While it goes on, the window goes with it.
            self.since = now;
        }
    }

    /// Is one going on?
    pub(super) fn goes_on(&self, now: Millis) -> bool {
        self.count > Self::MANY && now.0.saturating_sub(self.since.0) <= Self::WINDOW
    }
}

#[cfg(test)]
mod tests;
