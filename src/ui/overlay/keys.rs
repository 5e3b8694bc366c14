//! Every key, to search.

use crate::ui::keymap::{Context, Keymap};
use crate::ui::overlay::picker::{Item, Picker};

/// All rows of the key table, each context under its name. Nothing happens by choosing one.
pub fn all(keymap: &Keymap) -> Picker {
    let rows = Context::ALL.iter().flat_map(|context| {
        let rows = keymap.bindings().iter().filter(move |row| row.context == *context);
        rows.map(|row| Item {
            label: row.label.to_owned(),
            right: row.keys(),
            group: context.name().to_owned(),
            ..Item::default()
        })
    });
    Picker::new("Keys", rows.collect())
}
