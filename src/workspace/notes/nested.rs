//! Instructions that come in later: when a file is touched that they are for.

use std::path::{Path, PathBuf};

use crate::workspace::notes::{Layer, MAX_FILES, Note, Notes, Reader, Rule};

/// Where such instructions are looked for.
#[derive(Debug, Clone)]
pub struct Nested {
    reader: Reader,
    root: PathBuf,
    rules: Vec<Rule>,
    /// The user said that they trust the folder; without that, nothing is read, only told.
    trusted: bool,
}

impl Nested {
    pub(super) fn new(reader: Reader, root: PathBuf, rules: Vec<Rule>, trusted: bool) -> Self {
        Self { reader, root, rules, trusted }
    }

    /// What holds for a file besides what was told at the start, but for what is `known`. Blocks.
    pub fn of(&self, file: &Path, known: &dyn Fn(&Path) -> bool) -> Notes {
        let mut found = Notes::default();
        for dir in self.dirs(file) {
            if self.trusted {
                self.reader.dir(&dir, Layer::Nested, &mut found, known);
            } else {
                let there = Reader::present(&dir).into_iter().filter(|path| !known(path));
                found.unread.extend(there.map(|path| (path, UNTRUSTED.to_owned())));
            }
        }
        for rule in self.rules.iter().filter(|rule| rule.holds_for(file) && !known(&rule.path)) {
            let (path, text) = (rule.path.clone(), rule.text.clone());
            found.notes.push(Note { path, text, layer: Layer::Rule, by: None });
        }
        found
    }

    /// The directories below the root that a file is in, the outermost first. A repository of its own
    /// is another project: trust does not flow into it.
    fn dirs(&self, file: &Path) -> Vec<PathBuf> {
        let Some(below) = file.parent().and_then(|dir| dir.strip_prefix(&self.root).ok()) else {
            return Vec::new();
        };
        let mut dir = self.root.clone();
        let dirs = below.components().take(MAX_FILES).map(|part| {
            dir.push(part);
            dir.clone()
        });
        dirs.take_while(|dir| dir.join(".git").symlink_metadata().is_err()).collect()
    }
}

const UNTRUSTED: &str = "you have not trusted this folder (--trust for one run)";
