//! Reads a log: piece by piece, each parsed by all processors, taken in order.

use std::collections::HashSet;
use std::io::{self, Read};
use std::iter;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::Deserialize;

use crate::base::clock::Millis;
use crate::protocol::{
    CallId, Envelope, Event, FileChange, Message, SessionId, ToolCall, ToolOutcome,
};

/// Bytes that are read at a time.
const READ: usize = 2 << 20;
/// Bytes that a thread parses at a time: a few of them, as no thread knows when it gets a processor.
const PIECE: usize = 128 << 10;
/// Bytes of lines that cannot be read: of more, only the number is kept.
const LOST: usize = 16 << 20;
/// More threads wait for memory only.
const THREADS: usize = 4;

/// What was found in a log besides its envelopes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Where its last whole line ends.
    pub(super) whole: u64,
    /// Bytes of a line that was cut off after that.
    pub(super) torn: usize,
    /// How many lines cannot be read.
    pub(super) damaged: usize,
    /// Those lines, and the one that was cut off, as they are; not more than so many bytes of them.
    pub(super) lost: Vec<u8>,
}

/// As many threads as the machine runs at once, within reason.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(THREADS)
}

/// Gives the envelopes of a log to `take`, oldest first; of a long log only a part is in memory.
///
/// # Errors
///
/// Where it cannot be read. A line that makes no sense is passed over and counted.
pub(super) fn scan(
    mut log: impl Read,
    threads: usize,
    mut take: impl FnMut(Envelope),
) -> io::Result<Scan> {
    let (mut scan, mut seen) = (Scan::default(), HashSet::new());
    let mut bytes = vec![0; READ];
    let mut filled = 0;
    loop {
        let got = fill(&mut log, &mut bytes[filled..])?;
        filled += got;
        let whole = memchr::memrchr(b'\n', &bytes[..filled]).map_or(0, |at| at + 1);
        for Parsed { mut envelopes, damaged, unknown } in parse_all(&bytes[..whole], threads) {
            for (at, kind) in unknown {
                // Of each kind it is said once.
                if !seen.contains(&kind) {
                    envelopes[at].event = passed_over(&kind);
                    seen.insert(kind);
                }
            }
            scan.damaged += damaged.len();
            for line in damaged {
                scan.lose(line);
            }
            envelopes.into_iter().for_each(&mut take);
        }
        scan.whole += whole as u64;
        if filled < bytes.len() {
            scan.torn = filled - whole;
            scan.lose(&bytes[whole..filled]);
            return Ok(scan);
        }
        bytes.copy_within(whole..filled, 0);
        filled -= whole;
        if whole == 0 {
            // A line that is longer than all of it.
            bytes.resize(bytes.len() * 2, 0);
        }
    }
}

impl Scan {
    /// Keeps a line that cannot be read.
    fn lose(&mut self, line: &[u8]) {
        if self.lost.len() + line.len() < LOST {
            self.lost.extend_from_slice(line.trim_ascii_end());
            self.lost.extend(line.trim_ascii_end().last().map(|_| b'\n'));
        }
    }
}

/// What stands in the place of what only a newer claw knows.
fn passed_over(kind: &str) -> Event {
    Event::SessionResumed {
        repairs: vec![format!(
            "This session's log has what only a newer claw knows ({kind}): it is passed over here, \
             and stays in the log."
        )],
    }
}

/// Reads until `bytes` is full or nothing is left.
fn fill(log: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match log.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What lines say.
#[derive(Default)]
struct Parsed<'a> {
    envelopes: Vec<Envelope>,
    /// Lines that could not be read.
    damaged: Vec<&'a [u8]>,
    /// Which of the envelopes stand for events that are not known, and how those are called.
    unknown: Vec<(usize, String)>,
}

fn parse_all(lines: &[u8], threads: usize) -> Vec<Parsed<'_>> {
    let pieces = split(lines);
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let taken = taken.map_while(|at| Some((at, pieces.get(at)?)));
        taken.map(|(at, piece)| (at, parse(piece))).collect::<Vec<_>>()
    };
    let mut parsed = thread::scope(|scope| {
        let others = (1..threads.min(pieces.len())).map_while(|_| {
            // Where the system gives no thread, the others do it.
            thread::Builder::new().name("log".into()).spawn_scoped(scope, work).ok()
        });
        let others: Vec<_> = others.collect();
        let mut parsed = work();
        for other in others {
            parsed.extend(other.join().unwrap_or_else(|crash| resume_unwind(crash)));
        }
        parsed
    });
    parsed.sort_unstable_by_key(|(at, _)| *at);
    parsed.into_iter().map(|(_, parsed)| parsed).collect()
}

/// Whole lines in pieces of about the same length.
fn split(lines: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut rest) = (Vec::new(), lines);
    while !rest.is_empty() {
        let from = PIECE.min(rest.len());
        let end = memchr::memchr(b'\n', &rest[from..]).map_or(rest.len(), |at| from + at + 1);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn parse(lines: &[u8]) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        match envelope(line) {
            Ok(envelope) => parsed.envelopes.push(envelope),
            Err(_) if line.trim_ascii().is_empty() => {}
            Err(error) => match unknown(line, &error) {
                Some((envelope, kind)) => {
                    parsed.unknown.push((parsed.envelopes.len(), kind));
                    parsed.envelopes.push(envelope);
                }
                None => parsed.damaged.push(line),
            },
        }
    }
    parsed
}

/// An event of a kind that this claw does not know, and how it is called. In its place stands one
/// that changes nothing but has its number: what is appended behind it has the next.
fn unknown(line: &[u8], error: &serde_json::Error) -> Option<(Envelope, String)> {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(rename = "type")]
        kind: String,
    }
    if !error.to_string().starts_with("unknown variant") {
        return None;
    }
    let Line { session, seq, at, event: Kind { kind } } = serde_json::from_slice(line).ok()?;
    let event = Event::SessionResumed { repairs: Vec::new() };
    let kind = kind.chars().filter(|c| c.is_alphanumeric() || *c == '_').take(40).collect();
    Some((Envelope { session, seq, at, event }, kind))
}

/// An envelope with an event of one kind.
#[derive(Deserialize)]
struct Line<E> {
    session: SessionId,
    seq: u64,
    at: Millis,
    event: E,
}

/// `Event::MessageFinished`, and below the others that logs consist of. By its tag serde reads an
/// event twice, the first time into a tree; where the tag is known, once is enough.
#[derive(Deserialize)]
struct MessageFinished {
    message: Arc<Message>,
}

#[derive(Deserialize)]
struct ToolCallStarted {
    call: Arc<ToolCall>,
}

#[derive(Deserialize)]
struct ToolCallFinished {
    call: CallId,
    outcome: Arc<ToolOutcome>,
    #[serde(default)]
    changes: Vec<FileChange>,
}

impl From<MessageFinished> for Event {
    fn from(MessageFinished { message }: MessageFinished) -> Self {
        Self::MessageFinished { message }
    }
}

impl From<ToolCallStarted> for Event {
    fn from(ToolCallStarted { call }: ToolCallStarted) -> Self {
        Self::ToolCallStarted { call }
    }
}

impl From<ToolCallFinished> for Event {
    fn from(ToolCallFinished { call, outcome, changes }: ToolCallFinished) -> Self {
        Self::ToolCallFinished { call, outcome, changes }
    }
}

pub(super) fn envelope(line: &[u8]) -> serde_json::Result<Envelope> {
    match tag(line) {
        Some(b"message_finished") => of_kind::<MessageFinished>(line),
        Some(b"tool_call_started") => of_kind::<ToolCallStarted>(line),
        Some(b"tool_call_finished") => of_kind::<ToolCallFinished>(line),
        _ => serde_json::from_slice(line),
    }
}

fn of_kind<'a, E: Deserialize<'a> + Into<Event>>(line: &'a [u8]) -> serde_json::Result<Envelope> {
    let Line::<E> { session, seq, at, event } = serde_json::from_slice(line)?;
    Ok(Envelope { session, seq, at, event: event.into() })
}

/// What kind of event it is, where that is said as claw writes it: at the event's beginning. Inside
/// of a text there are no such quotes.
fn tag(line: &[u8]) -> Option<&[u8]> {
    const BEFORE: &[u8] = br#""event":{"type":""#;
    let head = &line[..line.len().min(256)];
    let from = memchr::memmem::find(head, BEFORE)? + BEFORE.len();
    let length = memchr::memchr(b'"', &head[from..])?;
    Some(&head[from..from + length])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::{Content, Level, StopReason, ToolKind, ToolStatus, Usage};

    fn line(seq: u64, event: Event) -> String {
        let envelope = Envelope { session: "s".into(), seq, at: Millis(seq), event };
        serde_json::to_string(&envelope).unwrap() + "\n"
    }

    fn notice(seq: u64, long: usize) -> String {
        line(seq, Event::Notice { level: Level::Info, text: "x".repeat(long) })
    }

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let most = to.len().min(100_003);
            self.0.read(&mut to[..most])
        }
    }

    fn scanned(log: &str, threads: usize) -> (Vec<u64>, Scan) {
        let mut found = Vec::new();
        let scan = scan(Slow(log.as_bytes()), threads, |envelope| found.push(envelope.seq));
        (found, scan.unwrap())
    }

    #[test]
    fn all_lines_come_in_order_however_long_they_are() {
        let lengths = [10, READ * 3, 0, READ - 90, READ, READ * 5, 70_000, PIECE];
        let log: String = (1..).zip(lengths).map(|(seq, long)| notice(seq, long)).collect();
        for threads in 1..4 {
            let (found, scan) = scanned(&format!("{log}{{\"torn"), threads);
            assert_eq!(found, [1, 2, 3, 4, 5, 6, 7, 8]);
            let lost = b"{\"torn\n".to_vec();
            assert_eq!(scan, Scan { whole: log.len() as u64, torn: 6, damaged: 0, lost });
        }
        assert_eq!(scanned("", 2), (Vec::new(), Scan::default()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn no_cut_between_threads_loses_a_line(
            long in prop::collection::vec(0_usize..60_000, 0..40),
            threads in 1_usize..5,
        ) {
            let good = (1..).zip(&long).map(|(seq, long)| notice(seq, *long));
            let log: String = good.map(|line| line + "{]\n\n").collect();
            let (found, scan) = scanned(&log, threads);
            prop_assert_eq!(found, (1..=long.len() as u64).collect::<Vec<_>>());
            let whole = log.len() as u64;
            let lost = b"{]\n".repeat(long.len());
            prop_assert_eq!(scan, Scan { whole, torn: 0, damaged: long.len(), lost });
        }
    }

    #[test]
    fn what_a_newer_claw_wrote_keeps_its_number_and_is_said_once_a_kind() {
        let newer = |seq: u64, kind: &str| {
            let event = serde_json::json!({"type": kind, "much": [1, {"x": 2}]});
            serde_json::json!({"session": "s", "seq": seq, "at": 1, "event": event}).to_string()
                + "\n"
        };
        let log = notice(1, 3) + &newer(2, "dreamt") + &newer(3, "dreamt") + &newer(4, "slept");
        let mut said = Vec::new();
        let scan = scan(log.as_bytes(), 1, |one| {
            if let Event::SessionResumed { repairs } = one.event {
                said.push((one.seq, repairs.concat()));
            }
        });
        assert_eq!(scan.unwrap().damaged, 0);
        let [(2, dreamt), (3, again), (4, slept)] = &said[..] else { panic!("{said:?}") };
        assert!(dreamt.contains("(dreamt)") && again.is_empty() && slept.contains("(slept)"));
        // What is known and not whole is damaged.
        let broken = r#"{"session":"s","seq":1,"at":1,"event":{"type":"notice"}}"#;
        assert!(unknown(broken.as_bytes(), &envelope(broken.as_bytes()).unwrap_err()).is_none());
    }

    #[test]
    fn what_is_read_the_short_way_is_what_serde_reads() {
        let content = vec![Content::text("w\n\"日\""), Content::text("")];
        let (id, model, stop) = ("m".into(), "model".into(), StopReason::ToolUse);
        let message = Message { id, model, content, stop, usage: Usage::default() };
        let call = ToolCall {
            id: "c".into(),
            name: "edit".into(),
            input: serde_json::json!({"path": "a", "n": [1, 2.5, null]}),
            verb: "Edit".into(),
            title: "a".into(),
            kind: ToolKind::Edit,
            access: Vec::new(),
            preview: None,
        };
        let outcome = Arc::new(ToolOutcome::new(ToolStatus::Failed, "text"));
        let events = [
            Event::MessageFinished { message: Arc::new(message) },
            Event::ToolCallStarted { call: Arc::new(call) },
            Event::ToolCallFinished { call: "c".into(), outcome, changes: Vec::new() },
            Event::SessionForked { from: "f".into() },
        ];
        for event in events {
            let text = line(7, event);
            let slow: Envelope = serde_json::from_str(&text).unwrap();
            assert_eq!(envelope(text.as_bytes()).unwrap(), slow);
            // Written by another hand, with the tag behind.
            let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let tag = value["event"].as_object_mut().unwrap().shift_remove("type").unwrap();
            value["event"]["type"] = tag;
            assert_eq!(envelope(value.to_string().as_bytes()).unwrap(), slow);
        }
        assert!(
            envelope(br#"{"session":"s","seq":1,"at":1,"event":{"type":"message_finished"}}"#)
                .is_err()
        );
    }
}
