//! Tables: columns as wide as they need, narrower where the room is short.

use crate::base::text;
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// No column is narrower; where that does not fit, the table is shown as it was written.
const MIN_COLUMN: usize = 4;
/// Between two columns: ` │ `.
const GAP: usize = 3;

/// The cells of a table, the head first.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Vec<Row>>,
}

impl Table {
    /// Its rows at `width` cells; none where its columns do not fit.
    pub(super) fn layout(self, width: usize) -> Option<Vec<Row>> {
        let columns = self.columns(width)?;
        let mut out = Vec::new();
        for (at, cells) in self.rows.into_iter().enumerate() {
            let mut cells = cells.into_iter();
            let wrapped: Vec<Vec<Row>> =
                columns.iter().map(|&c| cells.next().unwrap_or_default().wrap(c)).collect();
            let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
            for line in 0..height {
                out.push(line_of(&wrapped, line, &columns));
            }
            if at == 0 {
                out.push(rule(&columns));
            }
        }
        Some(out)
    }

    /// The width of each column. The wide ones share what the narrow ones leave.
    fn columns(&self, width: usize) -> Option<Vec<usize>> {
        let count = self.rows.first()?.len();
        let room = width.checked_sub(GAP * count.checked_sub(1)?)?;
        if room < MIN_COLUMN * count {
            return None;
        }
        let wanted = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(Row::width).max().unwrap_or(0).max(1)
        };
        let wanted: Vec<usize> = (0..count).map(wanted).collect();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&column| wanted[column]);
        let (mut columns, mut room) = (vec![0; count], room);
        for (done, column) in order.into_iter().enumerate() {
            columns[column] = wanted[column].min(room / (count - done));
            room -= columns[column];
        }
        Some(columns)
    }
}

fn line_of(cells: &[Vec<Row>], line: usize, columns: &[usize]) -> Row {
    let mut out = Row::default();
    for (at, (cell, &width)) in cells.iter().zip(columns).enumerate() {
        if at > 0 {
            out.push(" │ ", Role::Border);
        }
        let before = text::width(out.text());
        if let Some(row) = cell.get(line) {
            out.join(row);
        }
        let used = text::width(out.text()) - before;
        if at + 1 < columns.len() {
            out.repeat(" ", width.saturating_sub(used), Role::Text);
        }
    }
    out
}

fn rule(columns: &[usize]) -> Row {
    let mut out = Row::default();
    for (at, &width) in columns.iter().enumerate() {
        if at > 0 {
            out.push("─┼─", Role::Border);
        }
        out.repeat("─", width, Role::Border);
    }
    out
}
