//! The index of all that was said: SQLite's full-text search in one file beside the logs.
//!
//! It holds nothing that the logs do not hold: words, and where they stand. What is wrong with it
//! is never repaired; it is put aside and made anew. A log is only ever read.

mod fault;
mod search;
mod update;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::session::index::fault::{Fault, put_aside};
use crate::session::store::Store;

/// The version of the tables: one of another version is made anew.
const VERSION: i64 = 1;
/// How long another process that writes is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A place is a log and an offset in it: the log's number stands above these bits.
const OFFSET: u32 = 40;
/// In place of an offset: what the session is called.
const TITLE: i64 = (1 << OFFSET) - 1;

/// `log`: how far each is known. `said`: the words of each line that says something; not the lines
/// themselves, those are read from the log.
const TABLES: &str = "
    CREATE TABLE log (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        project TEXT NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        tail BLOB NOT NULL,
        called TEXT NOT NULL,
        UNIQUE (project, name)
    );
    CREATE VIRTUAL TABLE said USING fts5(
        title, prompt, answer, tool, pieces,
        content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '3'
    );
    INSERT INTO said (said, rank) VALUES ('hashsize', 16777216);
";

/// The open index.
pub(super) struct Index {
    db: Connection,
    dir: PathBuf,
}

impl Index {
    /// Opens the index of the logs below `dir`; makes it where there is none.
    fn open(dir: &Path, patience: Duration) -> Result<Self, Fault> {
        let path = file(dir);
        private(&path)?;
        let mut db = Connection::open(&path)?;
        db.busy_timeout(patience)?;
        // Readers and a writer do not wait for each other. What a power loss takes away is read
        // again.
        db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "normal")?;
        if version(&db)? == 0 {
            let made = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have made it meanwhile.
            if version(&made)? == 0 {
                made.execute_batch(TABLES)?;
                made.pragma_update(None, "user_version", VERSION)?;
            }
            made.commit()?;
        }
        match version(&db)? {
            VERSION => Ok(Self { db, dir: dir.to_owned() }),
            _ => Err(Fault::Damaged("it is of another version".to_owned())),
        }
    }
}

/// What came of work with the index, and what the user should know of it, in a sentence.
pub(super) type Outcome<T> = (Result<T, String>, Option<String>);

impl Store {
    /// Does something with the index. Where that is damaged it is put aside, and the same is done
    /// with a new one, which knows nothing yet.
    pub(super) fn indexed<T>(&self, work: impl Fn(&mut Index) -> Result<T, Fault>) -> Outcome<T> {
        self.indexed_within(PATIENCE, work)
    }

    /// The same, waiting only so long for another process.
    pub(super) fn indexed_within<T>(
        &self,
        patience: Duration,
        work: impl Fn(&mut Index) -> Result<T, Fault>,
    ) -> Outcome<T> {
        let path = file(self.dir());
        let known = fault::identity(&path);
        let tried = || Index::open(self.dir(), patience).and_then(|mut index| work(&mut index));
        let (done, told) = match tried() {
            Err(Fault::Damaged(why)) => match put_aside(&path, known) {
                Ok(()) => {
                    let text = format!(
                        "The search index could not be used ({why}): it was put aside and is made \
                         anew from the logs."
                    );
                    (tried(), Some(text))
                }
                Err(error) => (Err(Fault::Unusable(error.to_string())), None),
            },
            done => (done, None),
        };
        let done = done.map_err(|(Fault::Damaged(why) | Fault::Unusable(why))| {
            format!("the search index cannot be used: {why}")
        });
        (done, told)
    }
}

impl Store {
    /// Removes the index, which is nothing but a copy.
    pub(super) fn drop_index(&self) -> std::io::Result<()> {
        put_aside(&file(self.dir()), None)
    }
}

/// Where the index is.
pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join("index.db")
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes the file, for its owner alone; SQLite's own files beside it are like it.
fn private(path: &Path) -> Result<(), Fault> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| options.open(path));
    made.map(drop).map_err(|error| Fault::Unusable(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests;
