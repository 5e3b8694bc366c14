//! The turns of the session, offered for `#`.

use crate::base::text::sanitise_prose;
use crate::protocol::text_of;
use crate::session::{Entry, State, uncited};
use crate::ui::composer::complete::Row;

/// Cells of a prompt that are shown.
const WORDS: usize = 60;

/// The turns whose number begins with the query, or whose prompt has it; the last one first.
pub(super) fn rows(session: &State, query: &str) -> Vec<Row> {
    let wanted = query.to_lowercase();
    let is_number = wanted.chars().all(|c| c.is_ascii_digit());
    let turns = session.entries.iter().rev().filter_map(|entry| match entry {
        Entry::Prompt { number, content, steer: false, .. } => {
            Some((number.to_string(), text_of(uncited(content))))
        }
        _ => None,
    });
    let fits = |number: &str, words: &str| {
        if is_number { number.starts_with(&wanted) } else { words.to_lowercase().contains(&wanted) }
    };
    let fitting = turns.filter(|(number, words)| fits(number, words));
    let mut rows: Vec<Row> = fitting
        .map(|(number, words)| {
            let line = words.trim().lines().next().unwrap_or_default();
            let detail = sanitise_prose(line).truncate(WORDS).into_string();
            let label = format!("#{number}");
            Row { insert: format!("{label} "), label, detail, whole: false }
        })
        .collect();
    // The number that is written whole comes first, however many go on from it.
    rows.sort_by_key(|row| row.label[1..] != *query);
    rows
}
