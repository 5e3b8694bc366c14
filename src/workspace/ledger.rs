//! What the model has seen of which file: an edit of an unseen or changed file is refused.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

/// A file's content, as a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([u8; 32]);

impl Stamp {
    /// The stamp of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// The stamp that is written so, as 64 hex digits.
    pub fn named(hex: &str) -> Option<Self> {
        let mut stamp = [0; 32];
        let pairs = hex.as_bytes().chunks_exact(2);
        for (byte, pair) in stamp.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        (hex.len() == 64).then_some(Self(stamp))
    }
}

/// Makes the stamp of a content that comes in pieces.
#[derive(Debug, Default)]
pub struct Stamper(Sha256);

impl Stamper {
    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The stamp of all pieces together.
    pub fn stamp(self) -> Stamp {
        Stamp(self.0.finalize().into())
    }
}

/// Which content of which file was last shown to the model, or written by it.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<HashMap<PathBuf, Stamp>>);

impl Ledger {
    /// The model now knows this content of the file at `path` (its real path).
    pub fn saw(&self, path: &Path, stamp: Stamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), stamp);
    }

    /// The model does not know what the file at `path` (its real path) holds any more.
    pub fn forget(&self, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }

    /// The model does not know any file any more.
    pub fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What the model last knew of the file at `path` (its real path).
    pub fn known(&self, path: &Path) -> Option<Stamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied()
    }
}
