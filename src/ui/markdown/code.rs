//! Code blocks: frame, language, lines with their roles.

use crate::base::text;
use crate::ui::markdown::Paint;
use crate::ui::row::{Origin, Row};
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
pub(super) fn line(code: &str, width: usize, origin: Option<Origin>) -> Vec<Row> {
    let line = text::sanitise_lines(code);
    Row::new(line, Role::Text).from(origin, code.len()).wrap(width)
}

/// The lines of a code block, without its frame. `paint` is asked for their roles; the rows are the
/// same with and without. `origins`: where the text it stands in begins, and each line in that.
pub fn rows(
    language: &str,
    code: &str,
    width: usize,
    paint: Option<Paint<'_>>,
    origins: Option<(Origin, &[usize])>,
) -> Vec<Row> {
    let safe = text::sanitise_lines(code);
    let roles = paint.and_then(|paint| paint(language, safe.as_str()));
    let mut rows = Vec::new();
    for ((at, line), (_, said)) in safe.lines().enumerate().zip(text::lines(code)) {
        let origin =
            origins.and_then(|(origin, starts)| starts.get(at).map(|start| origin.after(*start)));
        let mut row = Row::new(line, Role::Text).from(origin, said.len());
        if let Some(roles) = roles.as_ref().and_then(|lines| lines.get(at)) {
            row.paint(roles);
        }
        rows.extend(row.wrap(width));
    }
    rows
}
