//! The states of a session that a user meets, as golden screens: in each size and both main themes.

use std::time::Duration;

use super::{Setup, Stage, golden, speak};
use crate::protocol::{
    Author, Baseline, ChangeKind, DiffLine, Event, FileChange, Hunk, LineKind, PermissionRequest,
    StopReason, TextKind, ToolOutcome, ToolStatus, Usage,
};
use crate::ui::pane::tests::{change, edit, run};
use crate::ui::theme::Theme;

fn says(stage: &mut Stage, text: &str) {
    stage.event(Event::MessageDelta {
        message: "m1".into(),
        block: 0,
        kind: TextKind::Text,
        start: 0,
        text: text.into(),
    });
}

/// One tool has ended, three run.
pub(super) fn tools(stage: &mut Stage) {
    stage.turn("make the retry delay exponential and add a test");
    let ended = run("c0", "cargo fmt --check");
    stage.event(Event::ToolCallStarted { call: ended.into() });
    let mut outcome = ToolOutcome::new(ToolStatus::Failed, "Diff in src/net/client.rs:41");
    (outcome.summary, outcome.took) = ("exit 1".to_owned(), Duration::from_millis(800));
    stage.event(Event::ToolCallFinished {
        call: "c0".into(),
        outcome: outcome.into(),
        changes: vec![],
    });
    for (id, command) in
        [("c1", "cargo test -p net retry"), ("c2", "npm run dev"), ("c3", "rg -n retry_delay src")]
    {
        stage.event(Event::ToolCallStarted { call: run(id, command).into() });
        stage.event(Event::ToolCallProgress {
            call: id.into(),
            tail: format!("first line of {id}\nsecond line of {id}\n"),
            bytes: 3_100_000,
        });
    }
    stage.wait(12_000);
}

fn asks(stage: &mut Stage, request: PermissionRequest) {
    stage.event(Event::PermissionRequested { request });
    stage.drawn();
    stage.wait(700);
}

/// A question about something that destroys.
fn marked(stage: &mut Stage) {
    stage.turn("build it and clean up");
    let command = "cargo build --release 2>&1 | tail -n 20 && rm -rf ./target/tmp";
    stage.event(Event::ToolCallStarted { call: run("c1", command).into() });
    let mut request = PermissionRequest::new("r1".into(), "c1".into(), "no rule allows it");
    request.risky = true;
    request.cwd = Some("/home/u/src/api".into());
    asks(stage, request);
}

/// A question about an edit of three hunks, while a draft is written.
pub(super) fn hunks(stage: &mut Stage) {
    stage.turn("make the retry delay exponential");
    stage.write("a draft");
    let hunks: &[(usize, usize, &[&str])] = &[
        (39, 39, &[" for attempt in 0..MAX {", "-    sleep(HALF).await;", "+    sleep(d).await;"]),
        (61, 61, &["-    timeout: Duration::from_secs(30),", "+    timeout: LONG,"]),
        (88, 88, &["+    #[test]", "+    fn caps_at_six() {", "+        assert_eq!(cap(9), 6);"]),
    ];
    let call = edit("c1", change("/home/u/src/api/src/net/client.rs", hunks));
    stage.event(Event::ToolCallStarted { call: call.into() });
    asks(stage, PermissionRequest::new("r1".into(), "c1".into(), "no rule allows it"));
}

/// Every script, and marks for what cannot be seen.
fn scripts(stage: &mut Stage) {
    stage.turn("漢字かな交じり文 한국어 ภาษาไทย हिन्दी العربية עברית 👍🏽 🇯🇵");
    says(
        stage,
        "- 全角ＡＢＣ and e\u{301}\n- family 👨\u{200d}👩\u{200d}👧\n- turned \u{202e}txt.exe\n\n\
         | 日本 | עברית |\n|---|---|\n| 漢字 | שלום |\n| a | b |\n",
    );
    stage.write("日本語 draft 👍🏽");
}

fn error(stage: &mut Stage) {
    stage.turn("go on");
    says(stage, "I look at the client first.");
    let error = "the service is overloaded (529): try again in a while, or take another model";
    let stop = StopReason::Failed { error: error.into() };
    stage.event(Event::TurnFinished { turn: "t1".into(), stop, usage: Usage::default() });
}

fn retry(stage: &mut Stage) {
    stage.turn("go on");
    stage.event(Event::Retrying {
        attempt: 2,
        of: 10,
        after: Duration::from_secs(8),
        why: "The network is down: no route to api.anthropic.com.".into(),
    });
}

/// One file with two thousand changed lines, in the changes pane.
pub(super) fn diff(stage: &mut Stage) {
    let line = |n: usize| {
        let kind = if n.is_multiple_of(3) { LineKind::Removed } else { LineKind::Added };
        DiffLine { kind, text: format!("    let line_{n} = {n};{}", " // and why".repeat(n % 20)) }
    };
    let hunk = |at: usize| Hunk {
        old_start: at,
        new_start: at,
        lines: (at..at + 100).map(line).collect(),
    };
    let hunks: Vec<_> = (0..20).map(|n| hunk(n * 150 + 1)).collect();
    let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
    let removed = lines.filter(|line| line.kind == LineKind::Removed).count();
    let path = "/home/u/src/api/src/large.rs";
    let large = FileChange {
        added: 2_000 - removed,
        removed,
        hunks,
        ..FileChange::new(path, ChangeKind::Modified, Author::Agent)
    };
    let small = change("/home/u/src/api/src/small.rs", &[(1, 1, &["-a", "+b"])]);
    stage.event(Event::FilesChanged {
        against: Baseline::SessionStart,
        changes: vec![large, small].into(),
        unlisted: 0,
    });
}

fn long_path(stage: &mut Stage) {
    let deep = format!("/home/u/src/api/{}client.rs", "a_directory_with_a_long_name/".repeat(8));
    stage.turn("read it");
    stage.event(Event::ToolCallStarted {
        call: edit("c1", change(&deep, &[(1, 1, &["-a", "+b"])])).into(),
    });
    stage.event(Event::FilesChanged {
        against: Baseline::SessionStart,
        changes: vec![change(&deep, &[(1, 1, &["-a", "+b"])])].into(),
        unlisted: 0,
    });
}

fn queue_of_four(stage: &mut Stage) {
    speak(stage);
    stage.queue(&[
        ("also cover src/net/errors.rs", true),
        ("then update the README", false),
        ("then run all tests of the workspace, and say which of them are slow and why", false),
        ("日本語", false),
    ]);
}

fn no_match(stage: &mut Stage) {
    drop(stage.keys(&["Ctrl+P"]));
    stage.write("zzz");
}

pub(super) const STATES: [(&str, Setup); 10] = [
    ("tools", tools),
    ("marked", marked),
    ("hunks", hunks),
    ("queue-of-four", queue_of_four),
    ("long-path", long_path),
    ("scripts", scripts),
    ("error", error),
    ("retry", retry),
    ("diff", |stage| {
        diff(stage);
        let _ = stage.keys(&["Ctrl+X", "3", "]", "c", "]", "c"]);
    }),
    ("no-match", no_match),
];

#[test]
fn golden_states() {
    super::golden_in_sizes_and_themes(&STATES);
}

#[test]
fn golden_looks_of_the_screen_and_of_questions() {
    let states: [(&str, Setup); 3] = [("tools", tools), ("marked", marked), ("hunks", hunks)];
    for (name, setup) in states {
        for (look, theme, ascii) in
            [("ansi16", "ansi16", false), ("mono", "mono", false), ("ascii", "claw-dark", true)]
        {
            let mut stage = Stage::new((120, 40));
            stage.model.theme = Theme::builtin(theme).unwrap().with_ascii(ascii);
            setup(&mut stage);
            golden(&format!("{name}-120x40-{look}"), &mut stage);
        }
    }
}

/// No row is wider than the screen, and borders stand below one another.
#[test]
fn borders_close_in_every_state_and_size() {
    // A question or a list lies over the borders of others.
    let covered = ["marked", "hunks", "no-match"];
    for (name, setup) in STATES.into_iter().filter(|(name, _)| !covered.contains(name)) {
        for size in [(40, 12), (80, 24), (120, 40), (160, 50), (200, 60)] {
            let mut stage = Stage::new(size);
            setup(&mut stage);
            let (buffer, _) = stage.drawn();
            let sign = |x, y| buffer[(x, y)].symbol();
            for x in 0..size.0 {
                for y in 0..size.1 {
                    if !matches!(sign(x, y), "┌" | "┐" | "┏" | "┓") {
                        continue;
                    }
                    let side = (y + 1..size.1).map(|y| sign(x, y));
                    let mut side = side.skip_while(|sign| matches!(*sign, "│" | "┃" | "█"));
                    let end = side.next();
                    assert!(
                        matches!(end, Some("└" | "┘" | "┗" | "┛")),
                        "{name} {size:?}: the border at {x},{y} ends in {end:?}\n{}",
                        super::text(&buffer)
                    );
                }
            }
        }
    }
}
