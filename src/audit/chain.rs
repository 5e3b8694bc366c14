//! How one record is bound to the next, to the byte.
//!
//! A line is `{"seq":N,"prev":"HASH",…,"hash":"HASH"}`: its own hash is over everything before
//! `,"hash"`, so a reader needs no JSON to check it, and no other spelling of it passes.

use anyhow::Result;
use serde::Serialize;

use crate::audit::{LONGEST, Record};
use crate::base::clock::Millis;
use crate::base::digest;

/// Bytes of the head: two numbers of 20 digits, a hash, a blank after each number, a line's end.
pub(super) const HEAD: usize = 20 + 1 + 20 + 1 + 64 + 1;

/// Bytes of a line from `,"hash"` on.
const TAIL: usize = r#","hash":""#.len() + 64 + "\"}\n".len();

/// A place in the chain: what the next record is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// How many records there are.
    pub(super) seq: u64,
    /// Bytes of all their lines.
    pub(super) size: u64,
    /// The last one's hash.
    pub(super) hash: String,
}

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    prev: &'a str,
    at: Millis,
    #[serde(flatten)]
    record: &'a Record,
}

impl Link {
    /// Before the first record.
    pub(super) fn first() -> Self {
        Self { seq: 0, size: 0, hash: "0".repeat(64) }
    }

    /// The line of the next record, and the place after it.
    pub(super) fn line(&self, at: Millis, record: &Record) -> Result<(Vec<u8>, Self)> {
        let record = &record.redacted();
        let mut line =
            serde_json::to_vec(&Line { seq: self.seq + 1, prev: &self.hash, at, record })?;
        line.pop();
        anyhow::ensure!(((line.len() + TAIL) as u64) < LONGEST, "the record is above 64 KiB");
        let hash = digest::sha256(&line);
        line.extend_from_slice(format!(",\"hash\":\"{hash}\"}}\n").as_bytes());
        let next = Self { seq: self.seq + 1, size: self.size + line.len() as u64, hash };
        Ok((line, next))
    }

    /// The place after `line`, where it is the next record, its line's end included.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words for the user.
    pub(super) fn next(&self, line: &[u8]) -> Result<Self, &'static str> {
        let body = line.len().checked_sub(TAIL).map(|at| line.split_at(at));
        let (body, tail) = body.ok_or("it is no record")?;
        let hash = tail
            .strip_prefix(br#","hash":""#)
            .and_then(|tail| tail.strip_suffix(b"\"}\n"))
            .ok_or("it is no record")?;
        let found = digest::sha256(body);
        if found.as_bytes() != hash {
            return Err("it was changed");
        }
        let begins = format!("{{\"seq\":{},\"prev\":\"{}\",", self.seq + 1, self.hash);
        if !body.starts_with(begins.as_bytes()) {
            return Err("it does not follow the one before it: one was removed, put in or moved");
        }
        Ok(Self { seq: self.seq + 1, size: self.size + line.len() as u64, hash: found })
    }

    /// As it is kept.
    pub(super) fn head(&self) -> Vec<u8> {
        format!("{:020} {:020} {}\n", self.seq, self.size, self.hash).into_bytes()
    }

    /// What was kept; none where it is not exactly that.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(head).ok()?;
        let mut words = text.split_ascii_whitespace();
        let link = Self {
            seq: words.next()?.parse().ok()?,
            size: words.next()?.parse().ok()?,
            hash: words.next()?.to_owned(),
        };
        (link.head() == head).then_some(link)
    }
}
