//! Instructions for one other agent: read where a project has none for all of them.

use std::path::Path;

use crate::workspace::notes::{Layer, Notes, Reader};

/// Files and directories of other agents, below a project.
pub(super) const NAMES: &[&str] = &[
    ".cursor/rules",
    ".cursorrules",
    ".github/copilot-instructions.md",
    ".windsurf/rules",
    ".windsurfrules",
    "GEMINI.md",
];

/// Why they are not read.
const OTHERS: &str = "the project has notes for every agent; import it there (@path) to use it too";

/// Reads them where nothing else was found in the project; else only says that they are there.
pub(super) fn read(reader: &Reader, dirs: &[&Path], found: &mut Notes) {
    let has = |note: &crate::workspace::notes::Note| {
        note.layer == Layer::Project || note.layer == Layer::Rule
    };
    let others = found.notes.iter().any(has);
    let known = |_: &Path| false;
    for dir in dirs {
        for name in NAMES {
            let path = dir.join(name);
            if path.symlink_metadata().is_err() {
                continue;
            }
            if others {
                found.unread.push((path, OTHERS.to_owned()));
            } else if path.is_dir() {
                let end = if name.starts_with(".cursor") { "mdc" } else { "md" };
                reader.rules(&path, end, dir, Layer::Foreign, found);
            } else {
                reader.add(&path, Layer::Foreign, None, found, &known);
            }
        }
    }
}
