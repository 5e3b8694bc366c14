//! Looking for words in what was said and done in sessions: with the index where there is one, log
//! by log where there is none.

mod log;
mod query;
mod said;
mod words;

pub use log::find_in;
pub use query::{Query, Snippet};
pub use said::Said;
pub(crate) use said::said;
#[cfg(feature = "index")]
pub(crate) use words::{Words, pieces};

use std::path::{Path, PathBuf};
#[cfg(feature = "index")]
use std::time::Duration;

#[cfg(feature = "index")]
use anyhow::Context as _;
use anyhow::{Error, Result};

#[cfg(feature = "index")]
use crate::base::clock;
use crate::base::clock::Millis;
use crate::protocol::SessionId;
use crate::session::store::Store;

/// Bytes of logs that a search takes in first: what is left is read log by log.
#[cfg(feature = "index")]
const AT_ONCE: u64 = 1 << 20;
/// Bytes of logs that are taken in at a time.
#[cfg(feature = "index")]
const STEP: u64 = 32 << 20;
/// How long a turn's end waits for another process that writes.
#[cfg(feature = "index")]
const BRIEFLY: Duration = Duration::from_millis(100);

/// A session in which a query was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which.
    pub session: SessionId,
    /// Its log.
    pub log: PathBuf,
    /// When the best place was said; none where that is not known.
    pub at: Option<Millis>,
    /// Who said it there.
    pub said: Said,
    /// A few words around it.
    pub snippet: Snippet,
    /// In how many places it was found.
    pub places: usize,
}

/// What a search gave.
#[derive(Debug, Default)]
pub struct Searched {
    /// Where the query is, the best first.
    pub hits: Vec<Hit>,
    /// Logs that the index does not know to their end: they are still to be read with [`find_in`].
    pub unread: Vec<PathBuf>,
    /// What the user should know of the index, in a sentence.
    pub told: Option<String>,
}

/// How far the index is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of logs that it does not know yet.
    pub left: u64,
    /// What the user should know of it, in a sentence.
    pub told: Option<String>,
}

#[cfg(feature = "index")]
impl Store {
    /// Brings the index up to date, until it has read about `most` bytes more.
    pub fn catch_up(&self, most: u64) -> Progress {
        let (left, told) = self.indexed(|index| index.update(most));
        match left {
            Ok(left) => Progress { left: left.bytes, told },
            Err(error) => Progress { left: 0, told: Some(error) },
        }
    }

    /// Where a query is found: in these logs, or in all. At most so many sessions.
    ///
    /// What is new in logs since the last time is taken in first, where it is not much.
    pub fn search(&self, query: &Query, among: Option<&[PathBuf]>, most: usize) -> Searched {
        let (done, told) = self.indexed(|index| {
            let left = index.update(AT_ONCE)?;
            Ok((index.search(query, among, most, clock::now())?, left.logs))
        });
        match done {
            Ok((hits, mut unread)) => {
                if let Some(among) = among {
                    unread.retain(|log| among.contains(log));
                }
                Searched { hits, unread, told }
            }
            Err(error) => Searched { hits: Vec::new(), unread: self.all(among), told: Some(error) },
        }
    }

    /// Takes in what a session says after a turn. Where another process writes just now, that is
    /// left for the next search.
    pub fn turn_over(&self, log: &Path) {
        let _ = self.indexed_within(BRIEFLY, |index| index.update_one(log));
    }

    /// Makes the index anew from the logs; `told` hears of the bytes that are left. How many
    /// sessions and places it knows then.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn reindex(&self, mut told: impl FnMut(u64)) -> Result<(u64, u64)> {
        self.drop_index().context("removing the search index")?;
        loop {
            let (left, _) = self.indexed(|index| index.update(STEP));
            match left.map_err(Error::msg)?.bytes {
                0 => break,
                left => told(left),
            }
        }
        self.indexed(|index| index.count()).0.map_err(Error::msg)
    }
}

#[cfg(not(feature = "index"))]
impl Store {
    /// Brings the index up to date; this build of claw has none.
    pub fn catch_up(&self, _: u64) -> Progress {
        Progress::default()
    }

    /// Where a query is found: in these logs, or in all. Without an index they are all still to
    /// be read.
    pub fn search(&self, _: &Query, among: Option<&[PathBuf]>, _: usize) -> Searched {
        Searched { unread: self.all(among), ..Searched::default() }
    }

    /// Takes in what a session says after a turn; this build of claw has no index.
    pub fn turn_over(&self, _: &Path) {}

    /// Makes the index anew.
    ///
    /// # Errors
    ///
    /// Always: this build of claw has none.
    pub fn reindex(&self, _: impl FnMut(u64)) -> Result<(u64, u64)> {
        Err(Error::msg("this build of claw has no search index: logs are read at each search"))
    }
}

impl Store {
    fn all(&self, among: Option<&[PathBuf]>) -> Vec<PathBuf> {
        let all = || self.list(None).into_iter().map(|one| one.path).collect();
        among.map_or_else(all, <[PathBuf]>::to_vec)
    }
}
