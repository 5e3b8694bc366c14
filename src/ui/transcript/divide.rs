//! The line above which nothing is sent any more, and what is sent in its place.

use crate::base::text;
use crate::protocol::Compaction;
use crate::ui::row::{Origin, Row};
use crate::ui::theme::Role;
use crate::ui::transcript::build::plain_of;
use crate::ui::transcript::source::TITLE;
use crate::ui::widget::elapsed::tokens;

/// The line in words: `compacted: 312k → 41k tokens`.
pub(super) fn said(compaction: &Compaction) -> String {
    let Compaction { before, after, model, .. } = compaction;
    let how = if model.is_some() { "" } else { " · without a model" };
    format!("compacted: {} → {} tokens{how}", tokens(*before), tokens(*after))
}

/// Its rows; unfolded, with what the model is told.
pub(super) fn rows(compaction: &Compaction, width: usize, unfolded: bool) -> Vec<Row> {
    let mut rule = Row::new("── ", Role::Accent);
    rule.push(text::sanitise(&said(compaction)), Role::Text);
    rule.push(" ", Role::Text);
    let left = width.saturating_sub(rule.width());
    rule.repeat("─", left, Role::Accent);
    let mut rows = vec![Row::default(), rule.truncated(width)];
    if unfolded {
        let origin = Some(Origin { part: TITLE, at: 0 });
        let width = width.saturating_sub(2);
        let words = plain_of(&compaction.text, origin, width, Role::Muted, usize::MAX);
        rows.extend(words.map(|row| row.indented(2)));
    }
    rows
}
