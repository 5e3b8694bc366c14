//! What a session becomes that is given away.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::base::clock::Millis;
use crate::protocol::{
    Author, ChangeKind, Content, DiffLine, Envelope, Event, FileChange, Hunk, Image, Level,
    LineKind, Message, Mode, StopReason, ToolCall, ToolKind, ToolOutcome, ToolStatus, ToolUse,
    Usage,
};

/// What must be nowhere.
const HOSTILE: &str =
    "</script><script>alert(1)</script><img src=x onerror=alert(1)> \u{1b}[31m \u{202e}evil";
/// The smallest picture.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[allow(clippy::unnecessary_wraps, reason = "the form of every price")]
fn price(_: &crate::protocol::ModelId, usage: &Usage) -> Option<f64> {
    Some(usage.output as f64 / 100.0)
}

fn key() -> String {
    // Put together here: no scanner shall take this file for a leak.
    format!("sk-ant-{}", "Ab1".repeat(14))
}

fn state(said: &str, printed: &str) -> State {
    let image = Image { media_type: "image/png".into(), data: PNG.into() };
    let line = |kind, text: &str| DiffLine { kind, text: text.to_owned() };
    let begin = format!("-----BEGIN {}-----", "PRIVATE KEY");
    let hunk = Hunk {
        old_start: 3,
        new_start: 3,
        lines: vec![
            line(LineKind::Context, "fn a() {"),
            line(LineKind::Removed, "    1"),
            line(LineKind::Added, "    2 // <b>"),
            line(LineKind::Added, &begin),
            line(LineKind::Added, "MIIsecretbytes"),
            line(LineKind::Added, &begin.replace("BEGIN", "END")),
        ],
    };
    let mut change = FileChange::new("/w/src/a.rs", ChangeKind::Modified, Author::Agent);
    (change.added, change.removed, change.hunks) = (4, 1, vec![hunk]);
    let input = json!({"command": printed, "api_key": "hunter2hunter2", "n": 1});
    let asked = ToolUse { id: "c1".into(), name: "bash".into(), input: input.clone() };
    let call = ToolCall {
        id: "c1".into(),
        name: "bash".into(),
        input,
        verb: "Run".into(),
        title: printed.into(),
        kind: ToolKind::Run,
        access: vec![],
        preview: None,
    };
    let took = Duration::from_millis(1250);
    let outcome = ToolOutcome { took, ..ToolOutcome::new(ToolStatus::Failed, printed) };
    let message = |id: &str, content: Vec<Content>| {
        let usage = Usage { input: 1000, output: 42, ..Usage::default() };
        let (model, stop) = ("m".into(), StopReason::EndTurn);
        Event::MessageFinished {
            message: Arc::new(Message { id: id.into(), model, content, stop, usage }),
        }
    };
    let started = Event::SessionStarted {
        version: 1,
        parent: None,
        cwd: "/w".into(),
        model: "m".into(),
        mode: Mode::Default,
    };
    let events = vec![
        started,
        Event::TurnStarted {
            turn: "t1".into(),
            prompt: vec![Content::text(said), Content::Image(image)],
        },
        message("m1", vec![Content::text("I run it."), Content::ToolUse(asked)]),
        Event::ToolCallStarted { call: Arc::new(call) },
        Event::ToolCallFinished {
            call: "c1".into(),
            outcome: Arc::new(outcome),
            changes: vec![change],
        },
        message(
            "m2",
            vec![Content::text(format!(
                "# Head\n\n{said}\n\n```rust\nfn {printed}\n```\n\nuse `Vec<u8>` so"
            ))],
        ),
        Event::TurnFinished {
            turn: "t1".into(),
            stop: StopReason::EndTurn,
            usage: Usage::default(),
        },
        Event::TurnStarted { turn: "t2".into(), prompt: vec![Content::text("again")] },
        Event::Notice { level: Level::Warning, text: said.into() },
        Event::TurnFinished {
            turn: "t2".into(),
            stop: StopReason::Cancelled,
            usage: Usage::default(),
        },
    ];
    let mut state = State::new("0197-abcdef".into());
    for (seq, event) in (1..).zip(events) {
        state.apply(&Envelope { session: "0197-abcdef".into(), seq, at: Millis(seq), event });
    }
    state
}

fn exported(state: &State, title: &str) -> [String; 3] {
    Form::ALL.map(|form| export(state, title, price, form).unwrap())
}

#[test]
fn every_form_tells_what_happened() {
    let [markdown, json, html] = exported(&state("make it two", "cargo test"), "make it two");
    for wanted in [
        "# make it two",
        "## 1. make it two",
        "> make it two",
        "<details><summary>Run cargo test (failed, 1.2 s)</summary>",
        "```diff\n@@ -3,2 +3,5 @@\n fn a() {\n-    1\n+    2 // <b>\n",
        "src/a.rs +4 −1",
        "use `Vec<u8>` so",
        "*You stopped it.*",
        "2 requests, 2.0k tokens read, 84 said, $0.84",
    ] {
        assert!(markdown.contains(wanted), "{wanted}:\n{markdown}");
    }
    for wanted in [
        "<title>make it two</title>",
        "<li value=\"2\"><a href=\"#turn-2\">again</a></li>",
        "<span class=\"add\">+    2 // &lt;b&gt;</span>",
        "<span class=\"del\">-    1</span>",
        "<code>Vec&lt;u8&gt;</code>",
        "<h3>Head</h3>",
        "src=\"data:image/png;base64,iVBORw0KGgo",
        "2 requests, 2.0k tokens read, 84 said, $0.84",
        "prefers-color-scheme:dark",
        "@media print",
    ] {
        assert!(html.contains(wanted), "{wanted}:\n{html}");
    }
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["format"], &json["version"]), (&json!("claw-session"), &json!(1)));
    assert_eq!(json["session"]["dollars"], json!(0.84));
    let kinds: Vec<_> =
        json["items"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["prompt", "answer", "call", "answer", "end", "prompt", "notice", "end"]);
    let call = &json["items"][2];
    assert_eq!((&call["status"], &call["took_ms"]), (&json!("failed"), &json!(1250)));
    assert_eq!(call["changes"][0]["hunks"][0]["lines"][1]["kind"], "removed");
}

#[test]
fn hostile_words_stay_words() {
    let forms = exported(&state(HOSTILE, &format!("`````\n{HOSTILE}")), HOSTILE);
    for form in &forms {
        let hidden = form.chars().find(|c| *c != '\n' && is_hidden(*c));
        assert_eq!(hidden, None, "{form}");
    }
    let [markdown, json, html] = forms;
    assert!(html.contains("<span class=\"mark\">U+202E</span>"), "{html}");
    for tag in ["<script", "</script", "<img src=x", "onerror=\""] {
        assert!(!html.contains(tag), "{tag}:\n{html}");
    }
    // In markdown a tag may stand in code, and nowhere else.
    let mut fence = String::new();
    for line in markdown.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match (fence.is_empty(), ticks.len() >= 3) {
            (true, true) => fence = ticks,
            (false, true) if ticks == fence => fence.clear(),
            (true, false) => {
                let at = line.find("<script").or_else(|| line.find("<img"));
                assert!(at.is_none_or(|at| line[..at].ends_with('\\')), "{line}");
            }
            _ => {}
        }
    }
    assert_eq!(fence, "", "every fence is closed");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["items"][0]["text"], HOSTILE, "a program gets what was said");
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let [_, _, html] = exported(&state("go", "ls"), "go");
    let policy = html.split_once("Content-Security-Policy\" content=\"").unwrap().1;
    let policy = policy.split_once('"').unwrap().0;
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        use sha2::{Digest as _, Sha256};
        BASE64_STANDARD.encode(Sha256::digest(style.as_bytes()))
    };
    let wanted = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(policy, wanted);
    for outside in
        ["http://", "https://", "@import", "url(", "<link", "<iframe", " style=", "<script"]
    {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn secrets_are_in_none_of_them() {
    let forms = exported(&state(&format!("use {}", key()), &format!("TOKEN={}", key())), &key());
    for form in forms {
        assert!(form.contains("[secret]"), "{form}");
        for secret in [&key()[..], "hunter2hunter2", "MIIsecretbytes"] {
            assert!(!form.contains(secret), "{secret}:\n{form}");
        }
    }
}

#[test]
fn a_file_that_is_there_stays_unless_forced() {
    let dir = tempfile::tempdir().unwrap();
    let state = state("Fix the <b> & go", "ls");
    let path = to_file(&state, "Fix the <b> & go", (dir.path(), ""), price).unwrap();
    assert_eq!(path.file_name().unwrap(), "claw-fix-the-b-go-abcdef.md");
    let again = to_file(&state, "Fix the <b> & go", (dir.path(), ""), price).unwrap_err();
    assert!(again.to_string().contains("there already"), "{again:#}");
    let page = to_file(&state, "t", (dir.path(), "p.HTML"), price).unwrap();
    assert!(std::fs::read_to_string(&page).unwrap().starts_with("<!doctype html>"));
    let error = write(&page, "new", false).unwrap_err().to_string();
    assert!(error.contains("--force"), "{error}");
    write(&page, "new", true).unwrap();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "new");
}

#[test]
fn what_is_no_picture_is_not_shown_as_one() {
    for data in ["\" onload=\"x", &"A".repeat(200), &format!("{PNG}\"><b>")] {
        let image = Image { media_type: "image/svg+xml".into(), data: (*data).into() };
        let mut state = State::new("s".into());
        let prompt = vec![Content::Image(image)];
        let event = Event::TurnStarted { turn: "t".into(), prompt };
        state.apply(&Envelope { session: "s".into(), seq: 1, at: Millis(1), event });
        let [_, _, html] = exported(&state, "");
        assert!(!html.contains("<img"), "{html}");
    }
}
