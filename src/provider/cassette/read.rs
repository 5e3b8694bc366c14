//! Reads a cassette: whole, or not at all.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use bytes::Bytes;
use serde_json::Value;

use super::line::{Answered, Asked, Head, How, Line, VERSION};
use super::normal::{Normal, normal};
use crate::base::regular;
use crate::http;

/// Most bytes of a file.
const MAX_FILE: usize = 1 << 30;

/// What was recorded of one request.
#[derive(Debug)]
pub(super) struct Exchange {
    pub asked: Asked,
    pub path: String,
    /// The body without what differs from run to run.
    pub normal: Normal,
    pub answered: Option<Answered>,
    pub chunks: Vec<(u64, Bytes)>,
    pub end: (u64, How),
    pub played: bool,
}

/// One that is being read: it has no end yet.
struct Begun {
    /// The line where it begins.
    line: usize,
    asked: Asked,
    answered: Option<Answered>,
    chunks: Vec<(u64, Bytes)>,
    end: Option<(u64, How)>,
}

/// How it begins, and all exchanges in their order.
///
/// # Errors
///
/// Which line is no part of a whole recording, and why.
pub(super) fn read(path: &Path) -> Result<(Head, Vec<Exchange>)> {
    let shown = path.display();
    let doing = || format!("reading the recording {shown}");
    let real = path.canonicalize().with_context(doing)?;
    let content = regular::read(&real, MAX_FILE).with_context(doing)?;
    ensure!(!content.cut, "{}: it is longer than {} MiB", doing(), MAX_FILE >> 20);
    let mut lines = (1..).zip(content.bytes.split_inclusive(|byte| *byte == b'\n'));
    let first = lines.next().map(|(_, first)| first).unwrap_or_default();
    let head = head(first).map_err(|why| anyhow!("{shown}:1: {why}"))?;
    let mut all: Vec<Begun> = Vec::new();
    for (number, line) in lines {
        let took = take(&mut all, number, line);
        took.map_err(|why| anyhow!("{shown}:{number}: {why:#}"))?;
    }
    let whole = all.into_iter().map(|begun| {
        let line = begun.line;
        whole(begun).map_err(|why| anyhow!("{shown}:{line}: {why}"))
    });
    Ok((head, whole.collect::<Result<_>>()?))
}

fn head(line: &[u8]) -> Result<Head, String> {
    let value: Value = serde_json::from_slice(line).unwrap_or_default();
    if value.get("trace").is_some() {
        return Err("this is a trace of the screen: claw replay FILE plays it".to_owned());
    }
    let none = || "this is no recording that claw --record made".to_owned();
    match value["cassette"]["version"].as_u64() {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => {
            return Err(format!(
                "it has version {version} of the format, and this claw reads version {VERSION}"
            ));
        }
        None => return Err(none()),
    }
    match serde_json::from_slice(line) {
        Ok(Line::Cassette(head)) => Ok(head),
        _ => Err(none()),
    }
}

fn take(all: &mut Vec<Begun>, number: usize, line: &[u8]) -> Result<()> {
    ensure!(line.ends_with(b"\n"), "the recording breaks off in this line");
    let line =
        serde_json::from_slice(line).map_err(|why| anyhow!("this line is damaged: {why}"))?;
    match line {
        Line::Cassette(_) => bail!("a second recording begins here"),
        Line::Request(asked) => {
            let next = all.len() + 1;
            ensure!(asked.exchange as usize == next, "request {next} is missing before this line");
            let (answered, chunks, end) = (None, Vec::new(), None);
            all.push(Begun { line: number, asked, answered, chunks, end });
        }
        Line::Response(answered) => {
            let begun = open(all, answered.exchange)?;
            ensure!(begun.answered.is_none(), "this request was answered already");
            begun.answered = Some(answered);
        }
        Line::Chunk(piece) => {
            let begun = open(all, piece.exchange)?;
            ensure!(begun.answered.is_some(), "the beginning of this answer is missing");
            let bytes = piece.bytes.bytes().context("this line is damaged")?;
            begun.chunks.push((piece.at, bytes));
        }
        Line::End(ended) => open(all, ended.exchange)?.end = Some((ended.at, ended.how)),
    }
    Ok(())
}

/// The exchange of this number, which must not be over.
fn open(all: &mut [Begun], exchange: u32) -> Result<&mut Begun> {
    let begun = (exchange as usize).checked_sub(1).and_then(|at| all.get_mut(at));
    let begun = begun.with_context(|| format!("request {exchange} is missing before this line"))?;
    ensure!(begun.end.is_none(), "request {exchange} was over before this line");
    Ok(begun)
}

fn whole(begun: Begun) -> Result<Exchange> {
    let Begun { asked, answered, chunks, end, .. } = begun;
    let end = end.context("the request of this line has no end: the recording breaks off")?;
    ensure!(
        answered.is_some() || end.1 != How::Whole,
        "the request of this line has an end and no answer"
    );
    let path = http::path_of(&asked.url).context("the request of this line has no address")?;
    let normal = normal(&asked.body);
    Ok(Exchange { asked, path, normal, answered, chunks, end, played: false })
}
