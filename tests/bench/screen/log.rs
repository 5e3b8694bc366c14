//! The log of a long session, as weeks of work would leave it.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use claw::base::clock::Millis;
use claw::protocol::{
    ChangeKind, Content, DiffLine, Envelope, Event, FileChange, Hunk, LineKind, Message, Mode,
    Preview, SessionId, StopReason, ToolCall, ToolKind, ToolOutcome, ToolStatus, ToolUse, Usage,
};
use claw::session::Store;
use serde_json::json;

/// Turns of a prompt and four messages each: 10,000 messages.
const TURNS: usize = 2_000;
/// The last words of the session.
pub const LAST: &str = "the last words of turn 1999";

struct Writer {
    out: BufWriter<fs::File>,
    session: SessionId,
    seq: u64,
}

impl Writer {
    fn event(&mut self, event: Event) {
        self.seq += 1;
        let (session, at) = (self.session.clone(), Millis(1_760_000_000_000 + self.seq * 700));
        let envelope = Envelope { session, seq: self.seq, at, event };
        serde_json::to_writer(&mut self.out, &envelope).unwrap();
        self.out.write_all(b"\n").unwrap();
    }

    fn message(&mut self, name: &str, text: &str, asked: Option<&ToolCall>) {
        let mut content = vec![Content::text(text)];
        content.extend(asked.map(|call| {
            let (id, name, input) = (call.id.clone(), call.name.clone(), call.input.clone());
            Content::ToolUse(ToolUse { id, name, input })
        }));
        let stop = if asked.is_some() { StopReason::ToolUse } else { StopReason::EndTurn };
        let usage = Usage { input: 900, output: 300, ..Usage::default() };
        let message = Message { id: name.into(), model: "claude".into(), content, stop, usage };
        self.event(Event::MessageFinished { message: Arc::new(message) });
    }

    fn call(&mut self, call: ToolCall, output: String, changes: Vec<FileChange>) {
        let id = call.id.clone();
        self.event(Event::ToolCallStarted { call: Arc::new(call) });
        let mut outcome = ToolOutcome::new(ToolStatus::Done, output);
        "done".clone_into(&mut outcome.summary);
        outcome.took = Duration::from_millis(420);
        self.event(Event::ToolCallFinished { call: id, outcome: Arc::new(outcome), changes });
    }
}

/// Writes the session's log below `home`, for a session in `project`. Where it is.
pub fn write(home: &Path, project: &Path) -> PathBuf {
    write_turns(home, project, TURNS)
}

/// The same with so many turns.
pub fn write_turns(home: &Path, project: &Path, turns: usize) -> PathBuf {
    let session = SessionId::from("0190b0a0-0000-7000-8000-000000000001");
    let path = Store::new(home.join("claw/sessions")).place(&session, project);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let out = BufWriter::new(fs::File::create(&path).unwrap());
    let mut log = Writer { out, session, seq: 0 };
    let (cwd, model, mode) = (project.to_owned(), "claude".into(), Mode::Default);
    log.event(Event::SessionStarted { version: 1, parent: None, cwd, model, mode });
    for turn in 0..turns {
        let name = format!("t{turn}");
        let prompt = vec![Content::text(format!(
            "Make the retry delay number {turn} exponential, with a cap, and say in one table what \
             changed. 日本語 too."
        ))];
        log.event(Event::TurnStarted { turn: name.as_str().into(), prompt });
        for (step, call) in [read(turn), edit(turn, project), run(turn)].into_iter().enumerate() {
            let (call, output, changes) = call;
            let words = format!("Step {step}: I look at `client.rs` first, **then** I change it.");
            log.message(&format!("m{turn}-{step}"), &words, Some(&call));
            log.call(call, output, changes);
        }
        log.message(&format!("m{turn}-3"), &answer(turn), None);
        let usage = Usage { input: 3600, output: 1200, ..Usage::default() };
        let turn = name.as_str().into();
        log.event(Event::TurnFinished { turn, stop: StopReason::EndTurn, usage });
    }
    log.out.flush().unwrap();
    path
}

type Call = (ToolCall, String, Vec<FileChange>);

fn called(name: &str, id: &str, title: String, kind: ToolKind) -> ToolCall {
    let input = json!({"path": "src/net/client.rs", "limit": 40});
    let verb = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let (id, name, access) = (id.into(), name.to_owned(), Vec::new());
    ToolCall { id, name, input, verb, title, kind, access, preview: None }
}

fn read(turn: usize) -> Call {
    let line = |n: usize| format!("{n:>5}  let delay = BASE * 2u32.pow(attempt.min({turn}));\n");
    let output = (0..40).map(line).collect();
    (
        called("read", &format!("r{turn}"), "src/net/client.rs".into(), ToolKind::Read),
        output,
        vec![],
    )
}

fn edit(turn: usize, project: &Path) -> Call {
    let path = project.join(format!("src/net/client{}.rs", turn % 40));
    let line = |kind, text: &str| DiffLine { kind, text: format!("    {text} // {turn}") };
    let hunk = |at| Hunk {
        old_start: at,
        new_start: at,
        lines: vec![
            line(LineKind::Context, "for attempt in 0..MAX {"),
            line(LineKind::Removed, "sleep(Duration::from_millis(500));"),
            line(LineKind::Added, "let d = BASE * 2u32.pow(attempt.min(6));"),
            line(LineKind::Added, "sleep(d + jitter(d)).await;"),
            line(LineKind::Context, "}"),
        ],
    };
    let change = FileChange {
        added: 6,
        removed: 3,
        hunks: vec![hunk(10), hunk(60), hunk(140)],
        ..FileChange::new(path, ChangeKind::Modified, claw::protocol::Author::Agent)
    };
    let mut call = called("edit", &format!("e{turn}"), "src/net/client.rs".into(), ToolKind::Edit);
    call.preview = Some(Preview::Diff { change: change.clone() });
    (call, "3 hunks".into(), vec![change])
}

fn run(turn: usize) -> Call {
    let command = format!("cargo test -p net retry_{turn}");
    let mut call = called("bash", &format!("b{turn}"), command.clone(), ToolKind::Run);
    call.input = json!({"command": command});
    let timeout = Duration::from_mins(2);
    call.preview = Some(Preview::Command { command, description: None, timeout });
    let line = |n: usize| format!("test retry::caps_at_{turn}_{n} ... \u{1b}[32mok\u{1b}[0m\n");
    (call, (0..60).map(line).collect(), vec![])
}

fn answer(turn: usize) -> String {
    let words = "The delay now doubles, with **jitter**, up to the `cap`. ".repeat(turn % 9 + 1);
    format!(
        "## Turn {turn}\n\n{words}\n\n- one thing\n- another with `code`\n  - and a smaller one\n\n\
         ```rust\nfn step() -> usize {{\n    {turn}\n}}\n```\n\n| file | added |\n|---|---:|\n\
         | client.rs | 6 |\n| 日本.rs | {turn} |\n\nThese are the last words of turn {turn}."
    )
}
