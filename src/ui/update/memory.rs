//! The notes that hold in the session: listed, edited, and added to by a draft that begins with `# `.

use std::path::{Path, PathBuf};

use crate::protocol::{ContextPart, Event, Group, Op, Window};
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::{compose, layer, to_session};
use crate::workspace::notes::HEADING;

/// What is shown as soon as it is known which notes there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The list of them.
    List,
    /// Where this line shall stand.
    Place(String),
}

/// The line that a draft asks to be remembered: `# use tabs`. A text of several lines is a prompt.
pub(super) fn note(draft: &str) -> Option<String> {
    let line = draft.trim().strip_prefix("# ").filter(|line| !line.contains('\n'))?;
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Asks where a line shall stand. The draft stays until that is chosen.
pub(super) fn ask(model: &mut Model, note: String) -> Effects {
    model.wanted = Some(Wanted::Place(note));
    vec![to_session(model, Op::TellContext)]
}

/// `/memory`: the list.
pub(super) fn open(model: &mut Model) -> Effects {
    model.wanted = Some(Wanted::List);
    vec![to_session(model, Op::TellContext)]
}

/// It is known now: the list opens.
pub(super) fn told(model: &mut Model, event: &Event) {
    let Event::ContextTold { window } = event else { return };
    let home = model.setting.home.clone();
    let shown = |path: &Path| match home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    };
    let picker = match model.wanted.take() {
        None => return,
        Some(Wanted::List) => Picker::new("Memory", list(window, &shown)),
        Some(Wanted::Place(note)) => {
            let title = format!("Add `- {note}` under `{HEADING}` of");
            Picker::new(&title, places(window, &note, &shown))
        }
    };
    layer::open(model, picker);
}

/// A place was chosen: the draft is done.
pub(super) fn add(model: &mut Model, path: PathBuf, text: String) -> Effects {
    let (_, mut effects) = compose::take(model);
    effects.push(to_session(model, Op::AddNote { path, text }));
    effects
}

fn places(window: &Window, note: &str, shown: &dyn Fn(&Path) -> String) -> Vec<Item> {
    let many = window.targets.len();
    let row = |(at, path): (usize, &PathBuf)| Item {
        label: if at + 1 < many { "the project\'s notes" } else { "your own notes" }.to_owned(),
        detail: if path_is_known(window, path) { "" } else { "a new file" }.to_owned(),
        right: shown(path),
        chosen: Some(Msg::Chosen(Chosen::Note(path.clone(), note.to_owned()))),
        ..Item::default()
    };
    window.targets.iter().enumerate().map(row).collect()
}

fn path_is_known(window: &Window, path: &Path) -> bool {
    let named = |part: &Option<ContextPart>| match part {
        Some(ContextPart::Note { path: known }) => known == path,
        _ => false,
    };
    window.parts.iter().any(|part| named(&part.part))
}

fn list(window: &Window, shown: &dyn Fn(&Path) -> String) -> Vec<Item> {
    let file = |path: &Path| Some(Msg::Chosen(Chosen::File(path.to_owned(), 1)));
    let mut items = Vec::new();
    for (group, heading) in [(Group::Memory, "Yours"), (Group::Notes, "The project\'s")] {
        for part in window.parts.iter().filter(|part| part.group == group) {
            let Some(ContextPart::Note { path }) = &part.part else { continue };
            items.push(Item {
                label: shown(path),
                detail: if part.state == crate::protocol::PartState::Dropped {
                    "taken out of this session".to_owned()
                } else {
                    String::new()
                },
                right: format!("~{} tokens", crate::base::amount::tokens(part.tokens)),
                group: heading.to_owned(),
                chosen: file(path),
                ..Item::default()
            });
        }
    }
    let group = "Outside of the project: Enter lets it be imported".to_owned();
    items.extend(window.outside.iter().map(|path| Item {
        label: shown(path),
        group: group.clone(),
        chosen: Some(Msg::Chosen(Chosen::Import(path.clone()))),
        ..Item::default()
    }));
    items.extend(window.unread.iter().map(|(path, why)| Item {
        label: shown(path),
        detail: why.clone(),
        group: "Not read".to_owned(),
        chosen: file(path),
        ..Item::default()
    }));
    let new = window.targets.iter().filter(|path| !path_is_known(window, path));
    items.extend(new.map(|path| Item {
        label: shown(path),
        group: "New: Enter begins it".to_owned(),
        chosen: file(path),
        ..Item::default()
    }));
    items
}

#[cfg(test)]
mod tests;
