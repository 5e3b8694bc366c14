//! Files go back to what they were: only where what is there now is what claw left.

use std::io;
use std::path::Component;

use crate::diff;
use crate::protocol::{Author, ChangeKind, FileChange, Held, KeptFile, RewindFile};
use crate::session::checkpoint::{Blobs, Keeper, Step};
use crate::workspace::{Kept, Standing};

/// What a step meets.
#[derive(Debug)]
pub enum Look {
    /// The file is as it shall be.
    Same,
    /// It changes.
    Changes(Box<Change>),
    /// It stays as it is, whatever the user says: why, in a sentence.
    Stays(String),
}

/// A change that a step makes.
#[derive(Debug)]
pub struct Change {
    from: Standing,
    to: Standing,
    /// Why it is not made unasked: somebody else changed the file.
    pub doubt: Option<String>,
}

impl Keeper {
    /// Looks at what a step meets. Blocks.
    pub fn look(&self, step: &Step) -> Look {
        if step.path.components().any(|part| part == Component::Normal(".git".as_ref())) {
            return Look::Stays("git's own files stay as they are".to_owned());
        }
        let from = match self.beneath.stands(&step.path) {
            Ok(from) => from,
            Err(error) => return Look::Stays(error.to_string()),
        };
        let now = held(&from);
        if step.target.is(&now) {
            return Look::Same;
        }
        let to = match &step.target {
            Held::Absent => Standing::Absent,
            Held::Link { target } => Standing::Link(target.clone()),
            Held::File { hash, mode } => match self.blobs.get(hash) {
                Some(content) => Standing::File(Kept { content, mode: *mode }),
                None => return Look::Stays("its content is no longer kept".to_owned()),
            },
            Held::Unkept { why } => {
                return Look::Stays(format!("its content was not kept: {why}"));
            }
        };
        let doubt = if !step.known.iter().any(|known| known.is(&now)) {
            let large = step.known.iter().find_map(|known| match known {
                Held::Unkept { why } => Some(why),
                _ => None,
            });
            Some(match large {
                Some(why) => format!("nobody can tell whether it changed since: {why}"),
                None => "it was changed since, not by this session".to_owned(),
            })
        } else if step.broken {
            Some("between two changes of claw's, somebody else changed it".to_owned())
        } else {
            None
        };
        Look::Changes(Box::new(Change { from, to, doubt }))
    }

    /// What a step would do, to be shown; none where there is nothing to do. Blocks.
    pub fn tell(&self, step: &Step) -> Option<RewindFile> {
        match self.look(step) {
            Look::Same => None,
            Look::Stays(why) => {
                let change = FileChange::new(&step.path, ChangeKind::Modified, Author::User);
                Some(RewindFile { change, refused: Some(why), forcible: false })
            }
            Look::Changes(change) => {
                let Change { from, to, doubt } = *change;
                let forcible = doubt.is_some();
                let change = shown(step, &from, &to);
                Some(RewindFile { change, refused: doubt, forcible })
            }
        }
    }

    /// Makes a change. What was there is kept, so that it can come back. Blocks.
    ///
    /// # Errors
    ///
    /// Where what was there cannot be kept, changed meanwhile, or the new cannot be written: then
    /// the file stays as it is.
    pub fn make(&self, step: &Step, change: &Change) -> io::Result<KeptFile> {
        if let Standing::File(now) = &change.from {
            self.blobs.put(&now.content)?;
        }
        self.beneath.restore(&step.path, &change.from, &change.to)?;
        let (before, after) = (held(&change.from), step.target.clone());
        Ok(KeptFile { path: step.path.clone(), before, after })
    }
}

fn held(standing: &Standing) -> Held {
    match standing {
        Standing::Absent => Held::Absent,
        Standing::Link(target) => Held::Link { target: target.clone() },
        Standing::File(Kept { content, mode }) => {
            Held::File { hash: Blobs::name(content), mode: *mode }
        }
    }
}

/// How the file would change.
fn shown(step: &Step, from: &Standing, to: &Standing) -> FileChange {
    let kind = match (from, to) {
        (Standing::Absent, _) => ChangeKind::Added,
        (_, Standing::Absent) => ChangeKind::Deleted,
        _ => ChangeKind::Modified,
    };
    let bare = |note: String| FileChange {
        note: Some(note),
        ..FileChange::new(&step.path, kind, Author::User)
    };
    let change = diff::change(&step.path, bytes(from), bytes(to), Author::User);
    change.unwrap_or_else(|| match (from, to) {
        (
            Standing::File(Kept { mode: Some(had), .. }),
            Standing::File(Kept { mode: Some(gets), .. }),
        ) => bare(format!("mode {had:o} -> {gets:o}")),
        _ => bare("link".to_owned()),
    })
}

/// A content; of a link the path it names, as git has it.
fn bytes(standing: &Standing) -> Option<&[u8]> {
    match standing {
        Standing::Absent => None,
        Standing::File(kept) => Some(&kept.content),
        Standing::Link(target) => Some(target.as_os_str().as_encoded_bytes()),
    }
}
