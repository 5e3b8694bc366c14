//! What stands below the content instead of the answers: an editor, the rules; and what the
//! question waits for.

use crate::base::text;
use crate::session::State;
use crate::ui::pane::permission::words::Words;
use crate::ui::pane::permission::{PermissionPane, Stage};
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// Rows of an editor, and which of them has to be in sight.
pub(super) struct Panel {
    pub(super) rows: Vec<Row>,
    /// The row that is being changed.
    pub(super) focus: usize,
    /// The cell of the caret in it.
    pub(super) caret: usize,
    /// It takes the content's room, too, but for a few rows.
    pub(super) greedy: bool,
}

/// Rows of an editor that are seen at once.
const MOST: usize = 8;

impl PermissionPane {
    /// What stands in place of the answers; none where those do.
    pub(super) fn panel(&self, session: &State, cells: usize) -> Option<Panel> {
        let title = match self.stage {
            Stage::Choosing | Stage::Sent => return None,
            Stage::Writing => "Deny, and say why:",
            Stage::Commenting => "Your comment to this line:",
            Stage::Changing => "The command, as it is to be run:",
            Stage::Alike(allow) => {
                let words = text::sanitise(&self.alike_words(allow));
                let rows = vec![Row::new(words, Role::Heading)];
                return Some(Panel { rows, focus: 0, caret: 0, greedy: false });
            }
            Stage::Rule => "The rule:",
            Stage::Ruling => {
                let request = self.front(session)?;
                let (rows, focus) = self.rules.as_ref()?.rows(session, request, cells);
                return Some(Panel { rows, focus, caret: 0, greedy: true });
            }
        };
        let text = if self.stage == Stage::Writing { &self.words } else { &self.line };
        let mut panel = editor(title, text, cells);
        if self.stage == Stage::Rule
            && let (Some(rules), Some(request)) = (&self.rules, self.front(session))
        {
            // What it would allow, as it is being written.
            panel.rows.extend(rules.rows(session, request, cells).0.into_iter().skip(1));
            panel.greedy = true;
        }
        Some(panel)
    }
}

fn editor(title: &'static str, text: &Words, cells: usize) -> Panel {
    let (words, (row, caret)) = text.rows(cells);
    let first = (row + 1).saturating_sub(MOST);
    let mut rows = vec![Row::new(title, Role::Heading)];
    rows.extend(words.into_iter().skip(first).take(MOST).map(|row| Row::new(row, Role::Prompt)));
    Panel { rows, focus: 1 + row - first, caret, greedy: false }
}

/// The row that says what the pane waits for.
pub(super) fn note(pane: &PermissionPane) -> Row {
    if pane.stage == Stage::Sent {
        return Row::new("sent… the answer is on its way", Role::Wait);
    }
    if !pane.armed() {
        return Row::new("waiting: pause typing, or press Ctrl+X a", Role::Wait);
    }
    if let Some(why) = pane.refused {
        return Row::new(why, Role::Wait);
    }
    match pane.stage {
        Stage::Writing => {
            Row::new("Enter sends · Ctrl+J line break · Up earlier words · Esc back", Role::Muted)
        }
        Stage::Commenting => {
            Row::new("Enter keeps it, nothing takes it back · Esc back", Role::Muted)
        }
        Stage::Changing => {
            Row::new("Enter asks anew with this · Ctrl+J line break · Esc back", Role::Muted)
        }
        Stage::Rule => {
            Row::new("Enter keeps these words, nothing is allowed yet · Esc back", Role::Muted)
        }
        Stage::Ruling => match &pane.rules {
            Some(rules) => {
                let role = if rules.is_sure() { Role::Wait } else { Role::Muted };
                Row::new(text::sanitise(&rules.note()), role)
            }
            None => Row::default(),
        },
        _ if !pane.read => {
            Row::new("not all of it was seen: scroll to the end, then answer", Role::Wait)
        }
        Stage::Choosing if pane.picks.is_selecting() => Row::new(
            "j k select lines · Space leaves them out, or chooses them · Esc stops",
            Role::Muted,
        ),
        Stage::Choosing if pane.is_risky() => {
            let words =
                "! Enter is off (it deletes, leaves its bounds or is not understood): press y";
            Row::new(words, Role::RiskChange)
        }
        _ => Row::default(),
    }
}
