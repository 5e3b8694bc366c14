//! `kill -9` at any point of a run, and the session taken up again: nothing that was kept is lost.
//!
//! `CLAW_CRASH_POINTS=200 cg test --test it -- crash:: --nocapture` tries more points and prints the
//! table.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use claw::bus::Bus;
use claw::protocol::{Envelope, Event};
use claw::provider::catalogue::Wire;
use claw::session::{Journal, State, read, repairs};

use crate::support::crash::{LAST, Point, Script, Seen};
use crate::support::messages::Received;
use crate::support::published::complaints;
use crate::support::session::check_laws;

/// Points of a test run that nobody asked for more.
const POINTS: usize = 24;

/// A run as long as it gets, to choose points of.
struct Whole {
    log: u64,
    lines: usize,
    requests: usize,
    printed: u64,
}

/// What came of one point.
struct Tried {
    point: Point,
    whole: bool,
    kept: usize,
    /// Durable events that somebody saw, or that the log had, and that are gone.
    lost: usize,
    open: usize,
    took: Duration,
}

#[test]
fn a_session_killed_anywhere_loses_nothing_and_goes_on() {
    let points: usize = std::env::var("CLAW_CRASH_POINTS")
        .ok()
        .map_or(POINTS, |points| points.parse().expect("a number of points"));
    let whole = whole();
    let mut random = Random(0x5eed_c1a0);
    let points: Vec<Point> = (0..points)
        .map(|at| match at % 8 {
            0..3 => Point::Log(random.below(whole.log)),
            3..6 => Point::Line(random.below(whole.lines as u64) as usize),
            6 => Point::Request(random.below(whole.requests as u64) as usize),
            _ => Point::Command(random.below(whole.printed)),
        })
        .collect();
    let (next, tried) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let came = try_point(*point);
                    tried.lock().unwrap().push(came);
                }
            });
        }
    });
    let tried = tried.into_inner().unwrap();
    assert_eq!(tried.len(), points.len());
    let cut = tried.iter().filter(|tried| !tried.whole).count();
    assert!(cut * 2 > tried.len(), "most points come before the end: {cut} of {}", tried.len());
    print(&tried);
    let lost: Vec<_> = tried.iter().filter(|tried| tried.lost > 0).map(|it| it.point).collect();
    assert!(lost.is_empty(), "lost something: {lost:?}");
}

/// How long a run is that nobody kills.
fn whole() -> Whole {
    let script = Script::new();
    let seen = script.run(None);
    let log = script.place.logs().remove(0);
    check_laws(&read(&log).unwrap().envelopes);
    let calls = |event: &Event| matches!(event, Event::ToolCallFinished { .. });
    let done = seen.durable.iter().filter(|it| calls(&it.event)).count();
    assert_eq!((seen.whole, done), (true, 10), "the script runs to its end");
    let counted = script.place.project.join("counted");
    Whole {
        log: fs::metadata(log).unwrap().len(),
        lines: seen.lines,
        requests: script.asked(),
        printed: fs::metadata(counted).unwrap().len(),
    }
}

fn try_point(point: Point) -> Tried {
    let script = Script::new();
    let seen = script.run(Some(point));
    let asked = script.server.requests();
    let Some(path) = script.place.logs().into_iter().next() else {
        let (lost, took) = (seen.durable.len(), Duration::ZERO);
        return Tried { point, whole: false, kept: 0, lost, open: 0, took };
    };
    let kept = read(&path).unwrap();
    let unseen = lost(&seen, &kept.envelopes);
    check_told(point, &asked, &kept.envelopes);
    check_done(point, &script.place.project, &kept.envelopes);
    let open = open_calls(&kept.envelopes);

    let (took, told) = script.resume();
    let found = read(&path).unwrap();
    let gone = kept.envelopes.iter().filter(|it| !found.envelopes.contains(it)).count();
    let after = &found.envelopes[kept.envelopes.len() - gone..];
    assert!(kept.repairs.is_empty() && found.repairs.is_empty(), "{point:?}: no line is damaged");
    check_laws(&found.envelopes);
    assert_eq!(open_calls(&found.envelopes), 0, "{point:?}: every call has a result");
    let turns = |wanted: fn(&Event) -> bool| after.iter().filter(|it| wanted(&it.event)).count();
    assert_eq!(turns(|event| matches!(event, Event::TurnStarted { .. })), 1, "{point:?}");
    assert_eq!(told.last().unwrap()["result"], LAST, "{point:?}: {told:?}");

    let requests = script.server.requests();
    let again = requests[asked.len()..].first().expect("a request after it was taken up");
    assert_eq!(complaints(Wire::Messages, &again.json()), [""; 0], "{point:?}");
    let lost = unseen + gone;
    Tried { point, whole: seen.whole, kept: kept.envelopes.len(), lost, open, took }
}

/// How many of the events that a reader of the output saw are not in the log.
fn lost(seen: &Seen, kept: &[Envelope]) -> usize {
    let by_seq: HashMap<u64, &Envelope> = kept.iter().map(|it| (it.seq, it)).collect();
    seen.durable.iter().filter(|it| by_seq.get(&it.seq) != Some(it)).count()
}

/// What the model was told before the kill is in the log.
#[track_caller]
fn check_told(point: Point, asked: &[Received], kept: &[Envelope]) {
    let results: HashSet<&str> = kept
        .iter()
        .filter_map(|it| match &it.event {
            Event::ToolCallFinished { call, .. } => Some(call.as_str()),
            _ => None,
        })
        .collect();
    for request in asked {
        let body = request.json();
        let blocks = body["messages"].as_array().unwrap().iter();
        let blocks = blocks.flat_map(|message| message["content"].as_array().unwrap());
        for block in blocks.filter(|block| block["type"] == "tool_result") {
            let id = block["tool_use_id"].as_str().unwrap();
            assert!(results.contains(id), "{point:?}: the model was told of {id}");
        }
        let started = kept.iter().any(|it| matches!(it.event, Event::TurnStarted { .. }));
        assert!(started, "{point:?}: the model was asked");
    }
}

/// What was done to files was announced in the log first.
#[track_caller]
fn check_done(point: Point, project: &Path, kept: &[Envelope]) {
    let started: HashSet<&str> = kept
        .iter()
        .filter_map(|it| match &it.event {
            Event::ToolCallStarted { call } => Some(call.id.as_str()),
            _ => None,
        })
        .collect();
    for (file, call) in [("new.txt", "w1"), ("counted", "s1"), ("last.txt", "w2")] {
        let done = project.join(file).exists();
        assert!(!done || started.contains(call), "{point:?}: {file} is there before {call}");
    }
    let edited = fs::read_to_string(project.join("a.txt")).unwrap().contains("zwei");
    assert!(!edited || started.contains("e1"), "{point:?}: edited before e1");
}

/// Calls that a message asks for and that have no result.
fn open_calls(log: &[Envelope]) -> usize {
    let mut open = HashSet::new();
    for envelope in log {
        match &envelope.event {
            Event::MessageFinished { message } => {
                open.extend(message.tool_uses().map(|asked| asked.id.clone()));
            }
            Event::ToolCallFinished { call, .. } => {
                open.remove(call);
            }
            _ => {}
        }
    }
    open.len()
}

fn print(tried: &[Tried]) {
    type Is = fn(&Point) -> bool;
    let mut took: Vec<_> = tried.iter().map(|tried| tried.took).collect();
    took.sort_unstable();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_millis();
    let kinds: [(&str, Is); 4] = [
        ("at a byte of the log", |point| matches!(point, Point::Log(_))),
        ("at a line of output", |point| matches!(point, Point::Line(_))),
        ("at a request", |point| matches!(point, Point::Request(_))),
        ("inside a command", |point| matches!(point, Point::Command(_))),
    ];
    eprintln!("\nkilled                 points  in a turn  open calls  events kept  lost");
    for (name, is) in kinds {
        let of: Vec<_> = tried.iter().filter(|tried| is(&tried.point)).collect();
        let (cut, open): (usize, usize) =
            (of.iter().filter(|it| !it.whole).count(), of.iter().map(|it| it.open).sum());
        let kept: usize = of.iter().map(|it| it.kept).sum();
        let lost: usize = of.iter().map(|it| it.lost).sum();
        eprintln!("{name:<22} {:>6} {cut:>10} {open:>11} {kept:>12} {lost:>5}", of.len());
    }
    eprintln!(
        "time to resume, from the start of the program to an open session: p50 {} ms, p95 {} ms, max {} ms\n",
        at(0.5),
        at(0.95),
        at(1.0)
    );
}

#[test]
fn a_tail_torn_anywhere_is_taken_up_with_every_law_kept() {
    let script = Script::new();
    script.run(None);
    let path = script.place.logs().remove(0);
    let (log, kept) = (fs::read(&path).unwrap(), read(&path).unwrap().envelopes);
    let ends: Vec<_> =
        log.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let session = kept[0].session.clone();
    let dir = tempfile::tempdir().unwrap();
    let torn = dir.path().join("torn.jsonl");
    // A power cut leaves a part of what was written last, or blanks in its place.
    let from = ends[ends.len() - 3];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for cut in from..log.len() {
        // Blanks are told from the rest wherever they begin: a few places are enough.
        let blanks = (cut % 16 == 0).then_some(log.len() - cut);
        for blanks in blanks.into_iter().chain([0]) {
            fs::write(&torn, [&log[..cut], &vec![0; blanks][..]].concat()).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count();
            let (journal, told) = Journal::open(session.clone(), &torn, Bus::new()).unwrap();
            let is_torn = blanks > 0 || !ends.contains(&cut);
            assert_eq!(told.len(), usize::from(is_torn), "cut at {cut}: {told:?}");
            runtime.block_on(async {
                for event in journal.look(repairs) {
                    journal.record(event).await.unwrap();
                }
            });
            let live = journal.look(State::clone);
            drop(journal);
            let found = read(&torn).unwrap();
            assert!(found.repairs.is_empty(), "cut at {cut}: {:?}", found.repairs);
            assert_eq!(found.envelopes[..whole], kept[..whole], "cut at {cut}");
            check_laws(&found.envelopes);
            let mut fold = State::new(session.clone());
            found.envelopes.iter().for_each(|envelope| fold.apply(envelope));
            assert_eq!(fold, live, "cut at {cut}: the fold is the log");
        }
    }
}

/// Numbers without a pattern that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    /// From 1 to `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most + 1
    }
}
