//! What the user is writing in a session, kept beside its log until it is sent.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::regular;
use crate::config::write_private;
use crate::protocol::Image;

/// The longest file that is read, in bytes.
const MOST: usize = 64 << 20;

/// What stands in a draft as one character though it is more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Atom {
    /// What is shown: `[Pasted 214 lines #1]`.
    pub label: String,
    /// What is sent.
    pub body: Body,
}

/// What an atom holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A long paste, whole.
    Text(String),
    /// A picture.
    Image(Image),
}

/// What was being written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// Where the caret stands in it, in bytes.
    pub caret: usize,
    /// What was put aside.
    pub stash: Option<String>,
    /// The pastes and pictures in both, by the character that stands for each.
    pub atoms: BTreeMap<char, Atom>,
}

impl Draft {
    /// Is there nothing to keep?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.stash.is_none()
    }

    /// Reads what was kept; none where nothing was.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or is no draft.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let bytes = match regular::read(path, MOST) {
            Ok(read) if read.cut => return Err(io::Error::from(ErrorKind::FileTooLarge)),
            Ok(read) => read.bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut draft: Self = serde_json::from_slice(&bytes)?;
        draft.caret = draft.caret.min(draft.text.len());
        Ok(Some(draft))
    }

    /// Keeps it, for this user alone; where it is empty, nothing is kept.
    ///
    /// # Errors
    ///
    /// The system's own; what was kept before then still stands.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if self.is_empty() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        write_private(path, &serde_json::to_vec(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_comes_back_and_goes_with_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p/s.draft.json");
        assert_eq!(Draft::read(&path).unwrap(), None);
        let body = Body::Text("long\n".repeat(9));
        let atom = Atom { label: "[Pasted 9 lines #1]".into(), body };
        let atoms = BTreeMap::from([('\u{100001}', atom)]);
        let stash = Some("aside".to_owned());
        let draft = Draft { text: "see \u{100001}".into(), caret: 4, stash, atoms };
        draft.write(&path).unwrap();
        assert_eq!(Draft::read(&path).unwrap(), Some(draft));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        Draft::default().write(&path).unwrap();
        Draft::default().write(&path).unwrap();
        assert!(!path.exists());
        fs::write(&path, "{not a draft").unwrap();
        assert!(Draft::read(&path).is_err());
    }
}
