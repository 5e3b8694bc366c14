//! Code blocks: frame, language, lines with their roles.

use crate::base::text;
use crate::ui::markdown::Paint;
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// The row above a code block.
pub(super) fn head(language: &str) -> Row {
    let mut row = Row::new("```", Role::Muted);
    row.push(text::sanitise(language), Role::Muted);
    row
}

/// The row below a code block.
pub(super) fn foot() -> Row {
    Row::new("```", Role::Muted)
}

/// One line of code, wrapped.
pub(super) fn line(code: &str, width: usize) -> Vec<Row> {
    Row::new(text::sanitise_lines(code), Role::Text).wrap(width)
}

/// The lines of a code block, without its frame. `paint` is asked for their roles; the rows are the
/// same with and without.
pub fn rows(language: &str, code: &str, width: usize, paint: Option<Paint<'_>>) -> Vec<Row> {
    let safe = text::sanitise_lines(code);
    let roles = paint.and_then(|paint| paint(language, safe.as_str()));
    let mut rows = Vec::new();
    for (at, line) in safe.lines().enumerate() {
        let mut row = Row::new(line, Role::Text);
        if let Some(roles) = roles.as_ref().and_then(|lines| lines.get(at)) {
            row.paint(roles);
        }
        rows.extend(row.wrap(width));
    }
    rows
}
