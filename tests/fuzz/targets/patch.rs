//! Any two texts: their difference, applied to the first, gives the second.

#![no_main]

use std::path::Path;

use claw::diff;
use claw::protocol::Author;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (before, after) = input;
    let sides = (Some(before.as_bytes()), Some(after.as_bytes()));
    let Some(change) = diff::change(Path::new("file"), sides.0, sides.1, Author::Agent) else {
        assert_eq!(before, after);
        return;
    };
    if change.note.is_none() {
        assert_eq!(diff::apply(before, &change.hunks).as_deref(), Some(after));
    }
});
