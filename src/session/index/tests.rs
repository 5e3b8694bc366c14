//! What the index knows is what the logs say, whatever happens to it.

use std::fs;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::clock::Millis;
use crate::protocol::{
    Content, Envelope, Event, Message, Mode, StopReason, ToolOutcome, ToolStatus, Usage,
};
use crate::session::search::{Query, Searched};

struct Logs {
    store: Store,
    dir: tempfile::TempDir,
}

impl Logs {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { store: Store::new(dir.path()), dir }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.store.place(&id.into(), Path::new("/w"))
    }

    /// Adds events to a log, which is made where there is none.
    fn say(&self, id: &str, events: impl IntoIterator<Item = Event>) -> PathBuf {
        let path = self.path(id);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut text = fs::read_to_string(&path).unwrap_or_default();
        if text.is_empty() {
            text = line(id, 1, started());
        }
        let seq = text.lines().count() as u64;
        text.extend((seq + 1..).zip(events).map(|(seq, event)| line(id, seq, event)));
        fs::write(&path, text).unwrap();
        path
    }

    fn search(&self, query: &str) -> Searched {
        self.store.search(&Query::parse(query), None, 100)
    }

    fn found(&self, query: &str) -> Vec<String> {
        let found = self.search(query);
        assert_eq!((&found.told, found.unread.len()), (&None, 0), "{query}");
        let mut ids: Vec<_> = found.hits.iter().map(|hit| hit.session.to_string()).collect();
        ids.sort();
        ids
    }

    /// All that the index says of some queries.
    fn all(&self) -> Vec<String> {
        let queries = ["alpha", "beta", "gamma", "alp", "\"alpha beta\"", "重", "title"];
        queries.iter().map(|query| format!("{query}: {:?}", self.search(query).hits)).collect()
    }
}

fn line(id: &str, seq: u64, event: Event) -> String {
    let envelope = Envelope { session: id.into(), seq, at: Millis(seq), event };
    serde_json::to_string(&envelope).unwrap() + "\n"
}

fn started() -> Event {
    let (model, mode) = ("m".into(), Mode::Default);
    Event::SessionStarted { version: 1, parent: None, cwd: "/w".into(), model, mode }
}

fn prompt(text: &str) -> Event {
    Event::TurnStarted { turn: "t".into(), prompt: vec![Content::text(text)] }
}

fn answer(text: &str) -> Event {
    let (id, model, stop) = ("m".into(), "model".into(), StopReason::EndTurn);
    let content = vec![Content::text(text)];
    let message = Message { id, model, content, stop, usage: Usage::default() };
    Event::MessageFinished { message: Arc::new(message) }
}

fn output(text: &str) -> Event {
    let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, text));
    Event::ToolCallFinished { call: "c".into(), outcome, changes: Vec::new() }
}

#[test]
fn prompts_answers_outputs_and_names_are_found_and_say_who_said_it() {
    let logs = Logs::new();
    let path = logs.say("a", [prompt("make the retry delay"), answer("it doubles now")]);
    logs.say("b", [prompt("other"), output("error: cannot find RetryBackoff")]);
    logs.store.rename(&path, Some("release checklist".into())).unwrap();
    logs.store.tag(&path, &["net".into()], &[]).unwrap();
    let table = [
        ("delay", "a", "prompt"),
        ("doubles", "a", "answer"),
        ("cannot find", "b", "tool"),
        ("backoff", "b", "tool"),
        ("checklist", "a", "title"),
        ("net", "a", "title"),
    ];
    for (query, id, who) in table {
        let found = logs.search(query);
        let [hit] = &found.hits[..] else { panic!("{query}: {found:?}") };
        assert_eq!((hit.session.as_str(), hit.said.name()), (id, who), "{query}");
        assert!(!hit.snippet.marks.is_empty(), "{query}");
    }
    assert_eq!(logs.found("retry"), ["a", "b"]);
    assert_eq!(logs.found("session_started"), [""; 0]);
    logs.store.rename(&path, None).unwrap();
    assert_eq!(logs.found("checklist"), [""; 0], "a name that is gone is not found");
}

#[test]
fn scripts_without_blanks_are_found_by_a_piece_of_them() {
    let logs = Logs::new();
    let texts = [
        "把重试延迟改成指数",
        "リトライの遅延",
        "재시도를 두 배로",
        "เพิ่มการลองใหม่",
        "Größe ÄNDERN",
        "مرحبا بالعالم",
    ];
    for (at, text) in texts.iter().enumerate() {
        logs.say(&at.to_string(), [prompt(text)]);
    }
    let table = [
        ("延迟", "0"),
        ("遅延", "1"),
        ("시도", "2"),
        ("ลองใหม่", "3"),
        ("andern", "4"),
        ("GRÖSSE", ""),
        ("بالعالم", "5"),
    ];
    for (query, id) in table {
        let want: Vec<&str> = if id.is_empty() { vec![] } else { vec![id] };
        assert_eq!(logs.found(query), want, "{query}");
    }
}

#[test]
fn the_best_comes_first_and_the_younger_of_two_alike() {
    let logs = Logs::new();
    let day = Duration::from_hours(24);
    let now = fs::metadata(logs.dir.path()).unwrap().modified().unwrap();
    let aged = |id: &str, event, days| {
        let path = logs.say(id, [event]);
        let file = fs::File::options().append(true).open(path).unwrap();
        file.set_modified(now - day * days).unwrap();
    };
    aged("old", prompt("alpha"), 90);
    aged("young", prompt("alpha"), 1);
    aged("noise", output(&("alpha ".to_owned() + &"word ".repeat(500))), 1);
    let ids: Vec<_> = logs.search("alpha").hits.iter().map(|hit| hit.session.to_string()).collect();
    assert_eq!(ids, ["young", "old", "noise"]);
}

#[test]
fn what_is_new_is_taken_in_and_what_is_gone_is_forgotten() {
    let logs = Logs::new();
    let path = logs.say("a", [prompt("alpha")]);
    assert_eq!(logs.found("alpha"), ["a"]);
    // A line that is not whole yet is none.
    let whole = fs::read_to_string(&path).unwrap();
    let next = line("a", 3, answer("beta"));
    fs::write(&path, whole.clone() + &next[..next.len() - 9]).unwrap();
    assert_eq!(logs.found("beta"), [""; 0]);
    fs::write(&path, whole + &next).unwrap();
    assert_eq!(logs.found("beta"), ["a"]);
    // Another log in its place, longer than the one before.
    fs::write(&path, line("a", 1, started()) + &line("a", 2, prompt(&"gamma ".repeat(200))))
        .unwrap();
    assert_eq!((logs.found("alpha"), logs.found("gamma")), (vec![], vec!["a".into()]));
    fs::remove_file(path).unwrap();
    assert_eq!(logs.found("gamma"), [""; 0]);
    assert_eq!(logs.store.indexed(|index| index.count()).0.unwrap(), (0, 0));
}

#[test]
fn a_log_that_is_not_read_to_its_end_is_named() {
    let logs = Logs::new();
    for id in ["a", "b", "c"] {
        logs.say(id, (0..50).map(|_| prompt(&"alpha ".repeat(40))));
    }
    let total: u64 =
        ["a", "b", "c"].iter().map(|id| fs::metadata(logs.path(id)).unwrap().len()).sum();
    let (mut left, mut rounds) = (total, 0);
    while left > 0 {
        let now = logs.store.catch_up(5000);
        assert!(now.left < left && now.told.is_none(), "{now:?} after {left}");
        (left, rounds) = (now.left, rounds + 1);
    }
    assert!(rounds > 3);
    assert_eq!(logs.store.indexed(|index| index.count()).0.unwrap(), (3, 150), "each line once");
    assert_eq!(logs.found("alpha"), ["a", "b", "c"]);
}

#[test]
fn only_the_logs_that_are_asked_for_are_searched() {
    let logs = Logs::new();
    let (a, _) = (logs.say("a", [prompt("alpha")]), logs.say("b", [prompt("alpha")]));
    let found = logs.store.search(&Query::parse("alpha"), Some(&[a]), 100);
    assert_eq!(found.hits.iter().map(|hit| hit.session.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(logs.search("alpha").hits.len(), 2);
    assert_eq!(logs.store.search(&Query::parse("alpha"), None, 1).hits.len(), 1);
}

/// Breaks the index in some way; what it is called.
type Break = (&'static str, fn(&Path));

#[test]
fn a_damaged_index_is_put_aside_and_nothing_is_lost() {
    let breaks: &[Break] = &[
        ("no database", |path| fs::write(path, "x".repeat(9000)).unwrap()),
        ("cut in the middle", |path| {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        }),
        ("of another version", |path| {
            Connection::open(path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        }),
        ("without a table", |path| {
            Connection::open(path).unwrap().execute_batch("DROP TABLE log").unwrap();
        }),
        ("with pages of nothing", |path| {
            let mut bytes = fs::read(path).unwrap();
            let from = bytes.len() / 4;
            bytes[from..].fill(0xa5);
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (name, harm) in breaks {
        let logs = Logs::new();
        for at in 0..30 {
            logs.say(&format!("s{at}"), [prompt("alpha beta"), output(&"gamma delta ".repeat(90))]);
        }
        assert_eq!(logs.found("alpha").len(), 30);
        let before = fs::read(logs.path("s3")).unwrap();
        harm(&file(logs.dir.path()));
        let found = logs.search("alpha");
        assert!(found.told.is_some_and(|told| told.contains("made anew")), "{name}");
        assert_eq!(found.hits.len() + found.unread.len(), 30, "{name}");
        assert_eq!(logs.found("alpha").len(), 30, "{name}: it is told once");
        assert_eq!(fs::read(logs.path("s3")).unwrap(), before, "{name}");
        assert!(file(logs.dir.path()).with_extension("damaged").exists(), "{name}");
    }
}

#[test]
fn an_index_that_cannot_be_made_leaves_the_logs_to_be_read() {
    let logs = Logs::new();
    let path = logs.say("a", [prompt("alpha")]);
    fs::create_dir(file(logs.dir.path())).unwrap();
    let found = logs.search("alpha");
    assert!(found.told.is_some_and(|told| told.contains("cannot be used")));
    assert_eq!((found.hits, found.unread), (vec![], vec![path]));
}

#[test]
fn two_at_once_take_each_line_in_once() {
    let logs = Logs::new();
    let queries = std::thread::scope(|scope| {
        let ask = || (0..8).map(|_| logs.search("alpha").hits.len()).collect::<Vec<_>>();
        let others: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        for at in 0..40 {
            logs.say(&format!("s{}", at % 8), [prompt("alpha")]);
            logs.store.turn_over(&logs.path(&format!("s{}", at % 8)));
        }
        others.into_iter().map(|other| other.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(queries.iter().flatten().all(|found| *found <= 8));
    assert_eq!(logs.found("alpha").len(), 8);
    assert_eq!(logs.store.indexed(|index| index.count()).0.unwrap(), (8, 40));
}

#[derive(Debug, Clone)]
enum Step {
    Say(usize, usize, usize),
    Name(usize, bool),
    Remove(usize),
    Search,
    TurnOver(usize),
    Some(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_usize, 0..3_usize, 0..5_usize).prop_map(|(id, kind, text)| Step::Say(id, kind, text)),
        1 => (0..4_usize, any::<bool>()).prop_map(|(id, named)| Step::Name(id, named)),
        1 => (0..4_usize).prop_map(Step::Remove),
        2 => Just(Step::Search),
        2 => (0..4_usize).prop_map(Step::TurnOver),
        2 => (1..600_u64).prop_map(Step::Some),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn an_index_that_was_kept_says_what_a_new_one_says(steps in prop::collection::vec(step(), 1..24)) {
        const TEXTS: [&str; 5] = ["alpha beta", "beta, alpha!", "gamma", "重试 alphabet", ""];
        let logs = Logs::new();
        for step in steps {
            match step {
                Step::Say(id, kind, text) => {
                    let event = [prompt, answer, output][kind](TEXTS[text]);
                    logs.say(&id.to_string(), [event]);
                }
                Step::Name(id, named) => {
                    let path = logs.say(&id.to_string(), []);
                    logs.store.rename(&path, named.then(|| "a title".to_owned())).unwrap();
                }
                Step::Remove(id) => drop(fs::remove_file(logs.path(&id.to_string()))),
                Step::Search => drop(logs.search("alpha")),
                Step::TurnOver(id) => logs.store.turn_over(&logs.path(&id.to_string())),
                Step::Some(most) => drop(logs.store.catch_up(most)),
            }
        }
        logs.store.catch_up(u64::MAX);
        // Numbers of logs differ; what is found may not.
        let sorted = |all: Vec<String>| all.into_iter().map(|one| {
            let ends = [',', ' ', ']', '}'];
            let parts = one.split("Hit {").map(|part| part.trim_end_matches(ends).to_owned());
            let mut parts: Vec<_> = parts.collect();
            parts.sort();
            parts
        }).collect::<Vec<_>>();
        let kept = sorted(logs.all());
        logs.store.reindex(|_| ()).unwrap();
        prop_assert_eq!(kept, sorted(logs.all()));
    }

    #[test]
    fn no_query_is_an_error(query in "\\PC{0,40}") {
        let logs = Logs::new();
        logs.say("a", [prompt(&query), prompt("alpha")]);
        let found = logs.search(&query);
        prop_assert_eq!(&found.told, &None);
        let empty = Query::parse(&query).is_empty();
        prop_assert_eq!(found.hits.len(), usize::from(!empty));
    }

    #[test]
    fn bytes_that_were_changed_lose_no_session(places in prop::collection::vec(any::<(u16, u8)>(), 1..40)) {
        let logs = Logs::new();
        for at in 0..6 {
            logs.say(&format!("s{at}"), [prompt("alpha beta"), output(&"gamma delta ".repeat(60))]);
        }
        prop_assert_eq!(logs.found("alpha").len(), 6);
        let path = file(logs.dir.path());
        let mut bytes = fs::read(&path).unwrap();
        for (at, byte) in places {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        fs::write(&path, bytes).unwrap();
        // Whatever the index says now, no log is touched and a new one finds all.
        let found = logs.search("alpha");
        prop_assert!(found.hits.iter().all(|hit| hit.snippet.text.contains("alpha")));
        prop_assert_eq!(logs.store.list(None).len(), 6);
        logs.store.reindex(|_| ()).unwrap();
        prop_assert_eq!(logs.found("alpha").len(), 6);
    }
}
