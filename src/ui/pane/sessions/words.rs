//! Words for the list: what it is filtered by, and what a session is called.

use std::path::PathBuf;

use crate::protocol::SessionId;
use crate::ui::action::{Action, Edit};
use crate::ui::pane::sessions::SessionsPane;

/// The longest filter or name, in characters.
const LONGEST: usize = 120;

/// What came of words that were written for the list.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing more is to be done.
    No,
    /// The session of this log is called this; none where its name goes.
    Renamed(PathBuf, Option<String>),
}

/// What is being written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Writing {
    #[default]
    Nothing,
    Filter,
    Name(SessionId, PathBuf, String),
}

impl SessionsPane {
    /// Begins to write the selected session's name. Is its log known?
    pub fn rename(&mut self) -> bool {
        let Some(one) = self.selected().filter(|one| !one.path.as_os_str().is_empty()) else {
            self.stale = true;
            return false;
        };
        self.writing = Writing::Name(one.id.clone(), one.path.clone(), one.called().to_owned());
        true
    }

    /// Text for what is being written.
    pub fn write(&mut self, text: &str) {
        let plain = text.chars().filter(|c| !c.is_control());
        let target = match &mut self.writing {
            Writing::Name(_, _, name) => name,
            _ => &mut self.filter,
        };
        let room = LONGEST.saturating_sub(target.chars().count());
        target.extend(plain.take(room));
        self.written();
    }

    /// A key for what is being written.
    pub fn edit(&mut self, action: Action) -> Done {
        let target = match &mut self.writing {
            Writing::Name(_, _, name) => name,
            _ => &mut self.filter,
        };
        match action {
            Action::Edit(Edit::DeleteBefore) => drop(target.pop()),
            Action::Edit(Edit::DeleteToStart) => target.clear(),
            Action::Edit(Edit::DeleteWordBefore) => {
                let end = target.trim_end().rfind(' ').map_or(0, |at| at + 1);
                target.truncate(end);
            }
            Action::Up | Action::Down if self.writing == Writing::Filter => {
                self.step(action == Action::Down);
                return Done::No;
            }
            Action::Confirm => {
                if let Writing::Name(_, log, name) = std::mem::take(&mut self.writing) {
                    let name = name.trim().to_owned();
                    return Done::Renamed(log, (!name.is_empty()).then_some(name));
                }
                return Done::No;
            }
            Action::Escape => {
                if std::mem::take(&mut self.writing) != Writing::Filter {
                    return Done::No;
                }
                self.filter.clear();
            }
            _ => return Done::No,
        }
        self.written();
        Done::No
    }

    /// The filter is another one: what was found for the one before it goes.
    fn written(&mut self) {
        if matches!(self.writing, Writing::Name(..)) {
            return;
        }
        self.generation += 1;
        self.hits.clear();
        self.search = (true, false);
        self.changed = true;
    }

    pub(super) fn filter_text(&self) -> &str {
        &self.filter
    }

    pub(super) fn writes_filter(&self) -> bool {
        self.writing == Writing::Filter
    }

    pub(super) fn naming(&self) -> Option<(&SessionId, &str)> {
        match &self.writing {
            Writing::Name(id, _, name) => Some((id, name)),
            _ => None,
        }
    }
}
