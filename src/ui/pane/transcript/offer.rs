//! What stands where nothing was said yet: where one is, and the last sessions to go on with.

use crate::base::text::Sanitised;
use crate::session::State;
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::transcript::empty;

/// A session to go on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The key that goes to it.
    pub key: String,
    /// What it is called.
    pub title: Sanitised,
    /// How long ago it was touched.
    pub age: String,
}

impl TranscriptPane {
    /// Takes the sessions to offer.
    pub fn offer(&mut self, offers: Vec<Offer>) {
        self.offers = offers;
    }

    /// The rows of an empty transcript.
    pub(super) fn beginning(&self, session: &State) -> Vec<Row> {
        let cells = self.width.saturating_sub(2);
        let mut rows = empty(session, cells);
        if !self.offers.is_empty() {
            rows.push(Row::default());
            rows.push(Row::new("Or go on with an earlier session:", Role::Muted));
        }
        for Offer { key, title, age } in &self.offers {
            let key = crate::base::text::sanitise(key);
            let age = crate::base::text::sanitise(&format!("{age:>5}"));
            let right = Row::new(age, Role::Muted);
            let row = Row::new("  ", Role::Text).with(key, Role::Key).with("  ", Role::Text);
            let room = cells.saturating_sub(row.width() + right.width() + 1);
            let row = row.with(title.truncate(room), Role::Text);
            rows.push(row.justified(&right, cells));
        }
        rows
    }
}
