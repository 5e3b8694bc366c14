//! A thousand sessions of half a megabyte: made once, in the build's own directory.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use claw::base::clock::Millis;
use claw::protocol::{
    Content, Envelope, Event, Message, Mode, StopReason, ToolOutcome, ToolStatus, Usage,
};
use claw::session::Store;

/// Sessions, in so many projects.
pub const SESSIONS: u64 = 1000;
const PROJECTS: u64 = 20;
/// Bytes of each log, about.
const LONG: usize = 500_000;
/// Words that are spoken; some of them all the time.
const WORDS: u64 = 40_000;

/// What words are made of.
const PARTS: [&str; 16] = [
    "re", "con", "ta", "mi", "str", "lo", "ver", "an", "bo", "que", "ti", "on", "er", "is", "pa",
    "ne",
];

/// The store of it.
pub fn store() -> Store {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sessions-1000");
    let store = Store::new(&dir);
    if !dir.join("whole").exists() {
        for at in 0..SESSIONS {
            write(&store, at);
        }
        fs::write(dir.join("whole"), "").unwrap();
    }
    store
}

/// Bytes of all logs.
pub fn size(store: &Store) -> u64 {
    store.list(None).iter().map(|one| fs::metadata(&one.path).unwrap().len()).sum()
}

/// Numbers that look like chance and are always the same.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A word; the first ones come most often, as in any language.
    fn word(&mut self, text: &mut String) {
        let at = WORDS.pow(2) / (1 + self.next() % WORDS.pow(2)) - 1;
        let at = at.min(self.next() % WORDS);
        let mut rest = at + 16;
        while rest > 0 {
            text.push_str(PARTS[(rest % 16) as usize]);
            rest /= 16;
        }
        text.push(if self.next().is_multiple_of(9) { '\n' } else { ' ' });
    }

    fn text(&mut self, words: u64) -> String {
        let mut text = String::new();
        for _ in 0..words {
            self.word(&mut text);
        }
        text
    }
}

fn write(store: &Store, at: u64) {
    let mut dice = Dice(at + 1);
    let id = format!("0190b0a0-0000-7000-8000-{at:012}");
    let cwd = PathBuf::from(format!("/work/project{}", at % PROJECTS));
    let path = store.place(&id.as_str().into(), &cwd);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let (mut log, mut seq) = (String::new(), 0);
    let mut event = |log: &mut String, event: Event| {
        seq += 1;
        let at = Millis(1_760_000_000_000 + at * 3_600_000 + seq);
        let envelope = Envelope { session: id.as_str().into(), seq, at, event };
        writeln!(log, "{}", serde_json::to_string(&envelope).unwrap()).unwrap();
    };
    let (model, mode) = ("claude".into(), Mode::Default);
    event(&mut log, Event::SessionStarted { version: 1, parent: None, cwd, model, mode });
    let mut turn = 0;
    while log.len() < LONG {
        turn += 1;
        let id = format!("t{turn}");
        let mut prompt = dice.text(12);
        if turn == 2 && at % 100 == 7 {
            write!(prompt, "the rare walrus number{at} sleeps").unwrap();
        }
        let prompt = vec![Content::text(prompt)];
        event(&mut log, Event::TurnStarted { turn: id.as_str().into(), prompt });
        for _ in 0..3 {
            let content = vec![Content::text(dice.text(40))];
            let (id, model, stop) = ("m".into(), "claude".into(), StopReason::ToolUse);
            let message = Message { id, model, content, stop, usage: Usage::default() };
            event(&mut log, Event::MessageFinished { message: Arc::new(message) });
            let output = dice.text(300);
            let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, output));
            event(&mut log, Event::ToolCallFinished { call: "c".into(), outcome, changes: vec![] });
        }
        let (stop, usage) = (StopReason::EndTurn, Usage::default());
        event(&mut log, Event::TurnFinished { turn: id.as_str().into(), stop, usage });
    }
    fs::write(path, log).unwrap();
}
