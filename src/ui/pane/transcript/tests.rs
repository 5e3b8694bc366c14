//! The transcript as it is seen: pictures of every kind of entry, and the laws of the anchor.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ratatui::style::{Color, Style};
use serde_json::json;

use super::*;
use crate::base::clock;
use crate::base::clock::Millis;
use crate::protocol::{
    CallId, ChangeKind, DiffLine, Event, FileChange, Hunk, Level, LineKind, Message, Mode,
    PermissionRequest, Preview, StopReason, TextKind, ToolCall, ToolKind, ToolOutcome, ToolStatus,
    Usage,
};
use crate::ui::highlight;
use crate::ui::pane::tests::golden;
use crate::ui::theme::Theme;

const START: u64 = 1_700_000_000_000;

/// A session made by events, as in life.
struct Session {
    state: State,
    pane: TranscriptPane,
    now: u64,
    calls: usize,
    said: usize,
}

impl Session {
    fn new() -> Self {
        let state = State::new("s1".into());
        let mut session =
            Self { state, pane: TranscriptPane::new(), now: START, calls: 0, said: 0 };
        let (cwd, mode) = ("/w/api".into(), Mode::default());
        session.event(Event::SessionStarted {
            version: 1,
            parent: None,
            cwd,
            model: "sonnet-4.5".into(),
            mode,
        });
        session
    }

    fn event(&mut self, event: Event) {
        let seq = self.state.seq + u64::from(event.is_durable());
        let (session, at) = (self.state.id.clone(), Millis(self.now));
        let envelope = Envelope { session, seq, at, event };
        self.state.apply(&envelope);
        self.pane.observe(&envelope, &self.state);
    }

    fn prompt(&mut self, words: &str) {
        let turn = format!("t{}", self.state.turns).as_str().into();
        self.event(Event::TurnStarted { turn, prompt: vec![Content::text(words)] });
    }

    fn delta(&mut self, block: usize, kind: TextKind, text: &str) {
        let message = format!("m{}", self.said).as_str().into();
        let open = self.state.open().and_then(|(_, open)| open.blocks.get(block));
        let start = open.map_or(0, |block| block.text.len());
        self.event(Event::MessageDelta { message, block, kind, start, text: text.to_owned() });
    }

    fn say(&mut self, content: Vec<Content>) {
        let message = Message {
            id: format!("m{}", self.said).as_str().into(),
            model: "sonnet-4.5".into(),
            content,
            stop: StopReason::EndTurn,
            usage: Usage { input: 12_345, output: 678, ..Usage::default() },
        };
        self.said += 1;
        self.event(Event::MessageFinished { message: Arc::new(message) });
    }

    fn call(
        &mut self,
        kind: ToolKind,
        verb: &str,
        title: &str,
        preview: Option<Preview>,
    ) -> CallId {
        self.calls += 1;
        let id = CallId::from(format!("c{}", self.calls));
        self.event(Event::ToolCallStarted {
            call: Arc::new(ToolCall {
                id: id.clone(),
                name: verb.to_lowercase(),
                input: json!({"path": title}),
                verb: verb.to_owned(),
                title: title.to_owned(),
                kind,
                access: vec![],
                preview,
            }),
        });
        id
    }

    fn end(&mut self, call: &CallId, status: ToolStatus, summary: &str, text: &str) {
        self.end_with(call, status, summary, text, vec![]);
    }

    fn end_with(
        &mut self,
        call: &CallId,
        status: ToolStatus,
        summary: &str,
        text: &str,
        changes: Vec<FileChange>,
    ) {
        let outcome = ToolOutcome {
            summary: summary.to_owned(),
            took: Duration::from_millis(40),
            ..ToolOutcome::new(status, text)
        };
        let call = call.clone();
        self.event(Event::ToolCallFinished { call, outcome: Arc::new(outcome), changes });
    }

    fn read(&mut self, title: &str) {
        let call = self.call(ToolKind::Read, "Read", title, None);
        self.end(&call, ToolStatus::Done, "1-140", "fn main() {}\n");
    }

    fn finish(&mut self, stop: StopReason) {
        self.now += 64_000;
        let turn = self.state.turn.clone().unwrap().0;
        let usage = Usage { input: 12_345, output: 678, ..Usage::default() };
        self.event(Event::TurnFinished { turn, stop, usage });
    }

    fn draw(&mut self, width: u16, height: u16) -> Buffer {
        let theme = theme();
        let look = Look { theme: &theme, now: Millis(self.now), phase: 2, focused: true };
        let area = Rect::new(0, 0, width, height);
        self.pane.arrange(&self.state, &look, area);
        let mut buf = Buffer::empty(area);
        self.pane.view(&self.state, &look, area, &mut buf);
        buf
    }

    fn rows(&mut self, width: u16, height: u16) -> Vec<String> {
        rows(&self.draw(width, height))
    }

    fn act(&mut self, action: Action) -> Effects {
        self.pane.act(action, &self.state)
    }
}

/// A theme that tells each role from each other.
fn theme() -> Theme {
    let roles = Role::ALL.iter().enumerate();
    let fills = [Role::CursorLine];
    let styles = roles
        .filter(|(_, role)| !fills.contains(role))
        .map(|(at, &role)| (role, Style::new().fg(Color::Indexed(at as u8))));
    Theme::from_styles("test", &styles.collect::<HashMap<_, _>>())
}

/// The rows without the scrollbar.
fn rows(buf: &Buffer) -> Vec<String> {
    let text = |row: String| row.trim_end_matches(['█', ' ']).to_owned();
    whole(buf).into_iter().map(text).collect()
}

fn whole(buf: &Buffer) -> Vec<String> {
    let width = usize::from(buf.area.width);
    let rows = buf.content().chunks(width).map(|cells| {
        let mut row = String::new();
        let mut skip = 0;
        for cell in cells {
            if skip == 0 {
                row.push_str(cell.symbol());
                skip = text::width(cell.symbol()).max(1);
            }
            skip -= 1;
        }
        row.trim_end().to_owned()
    });
    rows.collect()
}

/// The picture, then each stretch of one role that is not plain.
fn picture(buf: &Buffer, at: u64) -> String {
    // The machine's zone is not part of the picture.
    let times: Vec<String> = (0..10).map(|m| clock::time_of_day(Millis(at + m * 60_000))).collect();
    let timeless =
        |row: &str| times.iter().fold(row.to_owned(), |row, time| row.replace(time, "14:02"));
    let mut out = String::new();
    for row in whole(buf) {
        out.push_str(timeless(&row).trim_end());
        out.push('\n');
    }
    out.push('\n');
    let width = usize::from(buf.area.width);
    for (y, cells) in buf.content().chunks(width).enumerate() {
        let mut stretches: Vec<(&str, String)> = Vec::new();
        for cell in cells {
            let name = match cell.fg {
                Color::Indexed(at) => Role::ALL[usize::from(at)].name(),
                _ => "ui.text",
            };
            match stretches.last_mut() {
                Some((last, text)) if *last == name => text.push_str(cell.symbol()),
                _ => stretches.push((name, cell.symbol().to_owned())),
            }
        }
        let shown =
            stretches.iter().filter(|(name, text)| *name != "ui.text" && !text.trim().is_empty());
        let shown: Vec<String> =
            shown.map(|(name, text)| format!("{name}={}", text.trim())).collect();
        if !shown.is_empty() {
            let _ = writeln!(out, "{y}: {}", timeless(&shown.join(", ")));
        }
    }
    out
}

fn change() -> FileChange {
    let line = |kind, text: &str| DiffLine { kind, text: text.to_owned() };
    let (path, agent) = ("/w/api/src/net/client.rs", crate::protocol::Author::Agent);
    FileChange {
        added: 9,
        removed: 2,
        hunks: vec![
            Hunk {
                old_start: 40,
                new_start: 40,
                lines: vec![
                    line(LineKind::Context, "if let Ok(r) = send().await {"),
                    line(LineKind::Removed, "\tsleep(Duration::from_millis(500));"),
                    line(LineKind::Added, "\tlet d = BASE * 2u32.pow(attempt.min(6));"),
                    line(LineKind::Added, "\tsleep(d + jitter(d)).await;"),
                ],
            },
            Hunk {
                old_start: 88,
                new_start: 89,
                lines: vec![line(LineKind::Added, "mod retry {")],
            },
        ],
        ..FileChange::new(path, ChangeKind::Modified, agent)
    }
}

/// Mock-up 1.
fn worked() -> Session {
    let mut s = Session::new();
    s.prompt("make the retry delay exponential and add a test");
    s.delta(0, TextKind::Thinking, "Let me see");
    s.now += 4_000;
    let _ = s.draw(70, 30);
    s.say(vec![
        Content::Thinking { text: "Let me see".into(), signature: None },
        Content::text("I'll look at the client first."),
    ]);
    s.read("src/net/client.rs");
    let grep = s.call(ToolKind::Search, "Grep", "\"retry_delay\"", None);
    s.end(&grep, ToolStatus::Done, "3 hits", "");
    let edit = s.call(
        ToolKind::Edit,
        "Edit",
        "src/net/client.rs",
        Some(Preview::Diff { change: change() }),
    );
    s.end_with(&edit, ToolStatus::Done, "", "", vec![change()]);
    let run = s.call(ToolKind::Run, "Run", "cargo test -p net retry", None);
    s.now += 12_000;
    s.event(Event::ToolCallProgress {
        call: run,
        tail:
            "running 4 tests\ntest retry::caps_at_six ... ok\ntest retry::jitter_in_range ... ok\n"
                .into(),
        bytes: 80,
    });
    s
}

#[test]
fn a_turn_at_work() {
    let mut s = worked();
    golden("transcript_work", &picture(&s.draw(70, 24), START));
}

#[test]
fn a_turn_that_speaks() {
    let mut s = Session::new();
    s.prompt("and?");
    s.delta(0, TextKind::Text, "The delay now doubles, with *jitter*:\n\n```rust\nconst BASE: Duration = Duration::from_millis(100);\n```\n\nNext: **the test** that a 429 with `Retry-After` wins over the computed delay");
    golden("transcript_speech", &picture(&s.draw(70, 14), START));
}

#[test]
fn ways_that_things_end() {
    let mut s = Session::new();
    s.prompt("try");
    let run = s.call(
        ToolKind::Run,
        "Run",
        "cargo fmt --check && cargo clippy --all-targets -- -D warnings",
        None,
    );
    s.end(&run, ToolStatus::Failed, "exit 1", "one\ntwo\nthree\nfour\nfive\nsix\n");
    let denied = s.call(ToolKind::Run, "Run", "rm -rf /", None);
    s.end(&denied, ToolStatus::Denied, "", "The user denied it: use cargo clean");
    let cancelled = s.call(ToolKind::Other, "Fetch", "http://example.org", None);
    s.end(&cancelled, ToolStatus::Cancelled, "", "");
    let asked = s.call(
        ToolKind::Edit,
        "Edit",
        "src/net/client.rs",
        Some(Preview::Diff { change: change() }),
    );
    s.event(Event::PermissionRequested { request: PermissionRequest::new("r1".into(), asked, "") });
    s.event(Event::Notice { level: Level::Warning, text: "the hook took 10 s".into() });
    s.event(Event::Notice { level: Level::Error, text: "the log cannot be written".into() });
    s.event(Event::Notice { level: Level::Info, text: "the model is another now".into() });
    s.finish(StopReason::Failed {
        error: "asking the model: the server does not answer. Try again.".into(),
    });
    s.prompt("again");
    s.finish(StopReason::Cancelled);
    s.prompt("once more");
    s.say(vec![Content::text("Done.")]);
    s.finish(StopReason::EndTurn);
    golden("transcript_ends", &picture(&s.draw(70, 40), START));
}

#[test]
fn before_the_first_prompt_three_lines_say_where_one_is() {
    let mut s = Session::new();
    golden("transcript_empty", &picture(&s.draw(60, 12), START));
}

#[test]
fn what_is_waited_for_is_said() {
    let mut s = Session::new();
    s.prompt("hi");
    s.now += 3_000;
    assert!(s.rows(60, 10).iter().any(|row| row.ends_with("⠹ waiting for the model · 3s")));
    s.event(Event::Retrying {
        attempt: 3,
        of: 10,
        after: Duration::from_secs(8),
        why: "The server is overloaded.".into(),
    });
    assert!(
        s.rows(60, 10)
            .iter()
            .any(|row| row.ends_with("! The server is overloaded. Retry 3 of 10 in 8 s."))
    );
}

#[test]
fn runs_of_reads_and_searches_are_one_line_that_unfolds() {
    let mut s = Session::new();
    s.prompt("look");
    for file in ["a.rs", "b.rs"] {
        s.read(file);
    }
    assert!(s.rows(60, 20).iter().any(|row| row.contains("Read   a.rs")));
    s.say(vec![]);
    let grep = s.call(ToolKind::Search, "Grep", "x", None);
    assert!(s.rows(60, 20).iter().any(|row| row.contains("Read   a.rs")), "one still runs");
    s.end(&grep, ToolStatus::Done, "1 hit", "");
    let folded = s.rows(60, 20);
    assert!(
        folded.iter().any(|row| row == "▸ ✓ Read 2 files, searched 1 time · 1 hit"),
        "{folded:#?}"
    );
    assert!(!folded.iter().any(|row| row.contains("a.rs")), "{folded:#?}");
    s.act(Action::Toggle);
    let open = s.rows(60, 20);
    for want in ["▾ ✓ Read 2 files, searched 1 time", "Read   a.rs", "Read   b.rs", "Grep   x"]
    {
        assert!(open.iter().any(|row| row.contains(want)), "{want}: {open:#?}");
    }
    s.act(Action::CloseAll);
    assert_eq!(s.rows(60, 20), folded);
}

#[test]
fn unfolding_shows_input_and_result() {
    let mut s = Session::new();
    s.prompt("look");
    s.read("src/main.rs");
    s.say(vec![
        Content::Thinking { text: "deep thoughts".into(), signature: None },
        Content::text("Done."),
    ]);
    let folded = s.rows(60, 20);
    assert!(folded.iter().any(|row| row == "  ▸ thought, 2 words"), "{folded:#?}");
    s.act(Action::OpenAll);
    let open = s.rows(60, 20);
    for want in [
        "▾ ✓ Read   src/main.rs",
        "  │   \"path\": \"src/main.rs\"",
        "  │ fn main() {}",
        "  ▾ thought, 2 words",
        "    deep thoughts",
    ] {
        assert!(open.iter().any(|row| row.starts_with(want)), "{want}: {open:#?}");
    }
    s.act(Action::CloseAll);
    assert_eq!(s.rows(60, 20), folded);
}

#[test]
fn a_click_on_its_line_unfolds_a_call_and_the_line_stays() {
    let mut s = long();
    let at = s.rows(60, 20).iter().position(|row| row.contains("Read")).unwrap();
    let line = s.rows(60, 20)[at].clone();
    let (area, place) = (Rect::new(0, 0, 60, 20), Position::new(3, at as u16));
    let _ = s.pane.click(place, area, &s.state);
    let open = s.rows(60, 20);
    assert_eq!(open[at].replace('▾', " "), line);
    assert!(open[at + 1].contains("│ {"), "{open:#?}");
}

/// A session that is longer than any screen.
fn long() -> Session {
    let mut s = Session::new();
    for turn in 0..30 {
        s.prompt(&format!("prompt {turn}: {}", "say it in many words ".repeat(turn % 7 + 1)));
        s.say(vec![Content::text(format!(
            "# Answer {turn}\n\n{}\n\n- one\n- two\n\n```rust\nlet a = {turn};\n```\n",
            "It is wrapped at the width that the pane has. ".repeat(turn % 5 + 1)
        ))]);
        s.read(&format!("src/file_{turn}.rs"));
        s.finish(StopReason::EndTurn);
    }
    s
}

#[test]
fn what_comes_moves_nothing_that_the_reader_holds_on_to() {
    let mut s = long();
    let _ = s.draw(80, 20);
    s.act(Action::PageUp);
    let before = s.rows(80, 20);
    assert_eq!(before[19].trim(), "v more · End");
    s.prompt("go on");
    for line in 0..500 {
        s.delta(0, TextKind::Text, &format!("line {line} of many\n\n"));
        if line % 50 == 0 {
            assert_eq!(s.rows(80, 20)[..19], before[..19]);
        }
    }
    s.say(vec![Content::text("line\n\n".repeat(500))]);
    let after = s.rows(80, 20);
    assert_eq!(after[..19], before[..19]);
    assert_eq!(after[19].trim(), "v 2 new · End");
    s.act(Action::Bottom);
    assert!(s.pane.follows());
    assert!(s.rows(80, 20)[19].contains("line"));
}

#[test]
fn folding_elsewhere_and_a_run_that_closes_above_move_nothing() {
    let mut s = long();
    let _ = s.draw(80, 20);
    for _ in 0..6 {
        s.act(Action::PageUp);
        let _ = s.draw(80, 20);
    }
    let before = s.rows(80, 20);
    let cells = s.pane.top().cell;
    for cell in (0..cells).filter(|&cell| matches!(s.state.entries[cell], Entry::Call(_))) {
        s.pane.column.fold(Place::cell(cell), Fold::Toggle, &s.state);
    }
    assert_eq!(s.rows(80, 20), before);
}

#[test]
fn a_size_that_comes_back_brings_back_the_same_rows() {
    let mut s = long();
    let _ = s.draw(120, 30);
    for presses in 0..12 {
        s.act(if presses % 2 == 0 { Action::PageUp } else { Action::Up });
        let first = s.draw(120, 30);
        let top = rows(&first)[0].trim().to_owned();
        for width in [80, 40, 200, 97] {
            let there = s.rows(width, 30);
            let start: String = top.chars().filter(|c| c.is_alphanumeric()).take(8).collect();
            let seen: String = there[0].chars().filter(|c| c.is_alphanumeric()).collect();
            if width < 97 && !start.is_empty() {
                assert!(
                    there
                        .join("")
                        .chars()
                        .filter(|c| c.is_alphanumeric())
                        .collect::<String>()
                        .contains(&start),
                    "{start} at {width}: {seen}"
                );
            }
        }
        assert_eq!(s.draw(120, 30), first, "after {presses} presses");
    }
}

#[test]
fn pages_go_to_the_first_row_and_back_to_the_last() {
    let mut s = long();
    let end = s.rows(60, 17);
    let mut up = 0;
    while s.pane.top() != Place::default() {
        s.act(Action::PageUp);
        let _ = s.draw(60, 17);
        up += 1;
        assert!(up < 200, "the top is never reached");
    }
    assert!(s.rows(60, 17)[0].starts_with("▌you"));
    assert_eq!(s.pane.scroll().0, 0);
    let mut seen = Vec::new();
    while !s.pane.follows() {
        seen.extend(s.rows(60, 17));
        s.act(Action::PageDown);
        let _ = s.draw(60, 17);
    }
    for turn in 0..28 {
        assert!(
            seen.iter().any(|row| row.contains(&format!("Answer {turn}"))),
            "{turn} was skipped"
        );
    }
    assert_eq!(s.rows(60, 17), end);
    let (offset, total) = s.pane.scroll();
    assert_eq!(offset + 17, total);
}

#[test]
fn the_cursor_moves_by_rows_and_takes_the_view_along() {
    let mut s = long();
    let _ = s.draw(60, 17);
    for _ in 0..40 {
        s.act(Action::Up);
        let _ = s.draw(60, 17);
    }
    let (cursor, top) = (s.pane.view.cursor().unwrap(), s.pane.top());
    assert_eq!(cursor, top, "it pushes the view up");
    for _ in 0..60 {
        s.act(Action::Down);
        let _ = s.draw(60, 17);
    }
    assert!(s.pane.follows());
}

#[test]
fn prompts_are_gone_to_one_by_one() {
    let mut s = long();
    let _ = s.draw(60, 17);
    for turn in (27..30).rev() {
        s.act(Action::PreviousSection);
        let row = &s.rows(60, 17)[1];
        assert!(row.contains("you") || row.contains(&format!("prompt {turn}")), "{turn}: {row}");
    }
    s.act(Action::Top);
    let _ = s.draw(60, 17);
    s.act(Action::NextSection);
    assert!(s.rows(60, 17).iter().any(|row| row.contains("prompt 1:")));
}

#[test]
fn copy_gives_the_source_of_what_is_selected_else_of_the_last_answer() {
    let mut s = Session::new();
    s.prompt("the *question*");
    s.say(vec![Content::text("the **answer**")]);
    let _ = s.draw(60, 17);
    assert_eq!(s.act(Action::Copy), [Effect::Copy("the **answer**".into())]);
    s.act(Action::Top);
    assert_eq!(s.act(Action::Copy), [Effect::Copy("the *question*".into())]);
}

#[test]
fn rows_are_kept_near_the_view_only() {
    let mut s = long();
    for _ in 0..30 {
        let _ = s.draw(60, 17);
        assert!(s.pane.rows_in_memory() < 17 * 8, "{}", s.pane.rows_in_memory());
        s.act(Action::PageUp);
    }
}

#[test]
fn a_message_has_the_same_rows_while_it_is_said_and_after() {
    let source = "Intro **bold**\n\n```rust\nlet a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n- y\n\nend";
    let mut s = Session::new();
    s.prompt("go");
    for piece in source.split_inclusive(' ') {
        s.delta(0, TextKind::Text, piece);
        let _ = s.draw(60, 40);
    }
    let open = s.rows(60, 40);
    s.say(vec![Content::text(source)]);
    assert_eq!(s.rows(60, 40), open);
}

#[test]
fn highlighted_code_changes_roles_and_moves_nothing() {
    let mut s = Session::new();
    s.prompt("go");
    s.say(vec![Content::text("```rust\nlet a = 1; // one\n```\n\nend")]);
    let plain = s.rows(60, 12);
    let wanted = s.pane.wanted();
    let [Effect::Highlight(request)] = wanted.as_slice() else { panic!("{wanted:?}") };
    let _ = s.draw(60, 12);
    assert_eq!(s.pane.wanted(), [], "it is asked for once");
    let lines = Arc::new(highlight::highlight(&request.language, &request.code));
    s.pane.highlighted(Highlighted { key: request.key, lines });
    let buf = s.draw(60, 12);
    assert_eq!(rows(&buf), plain);
    assert!(picture(&buf, START).contains("syntax.keyword=let"), "{}", picture(&buf, START));
}

#[test]
fn nothing_foreign_reaches_the_screen_raw() {
    let hostile = "\u{1b}]52;c;x\u{7}\u{202e}\u{200b}\u{9b}2J\ttab\r\rx";
    let mut s = Session::new();
    s.prompt(hostile);
    s.delta(0, TextKind::Thinking, hostile);
    s.delta(1, TextKind::Text, hostile);
    let mut seen = s.rows(70, 60).join("\n");
    s.say(vec![
        Content::Thinking { text: hostile.into(), signature: None },
        Content::text(hostile),
        Content::Image(crate::protocol::Image { media_type: hostile.into(), data: "".into() }),
    ]);
    for (kind, status) in [
        (ToolKind::Run, ToolStatus::Failed),
        (ToolKind::Other, ToolStatus::Denied),
        (ToolKind::Edit, ToolStatus::Done),
    ] {
        let mut change = change();
        change.path = hostile.into();
        change.hunks[0].lines.iter_mut().for_each(|line| line.text = hostile.into());
        let call = s.call(
            kind,
            hostile,
            hostile,
            Some(Preview::Command {
                command: hostile.into(),
                description: None,
                timeout: Duration::ZERO,
            }),
        );
        s.event(Event::ToolCallProgress { call: call.clone(), tail: hostile.into(), bytes: 1 });
        seen.push_str(&s.rows(70, 60).join("\n"));
        s.end_with(&call, status, hostile, hostile, vec![change.clone(), change]);
    }
    s.event(Event::Notice { level: Level::Error, text: hostile.into() });
    s.finish(StopReason::Failed { error: hostile.into() });
    seen.push_str(&s.rows(70, 80).join("\n"));
    s.act(Action::OpenAll);
    for _ in 0..4 {
        seen.push_str(&s.rows(70, 80).join("\n"));
        s.act(Action::PageUp);
    }
    seen.push_str(
        &s.pane
            .title(&s.state, &Look { theme: &theme(), now: Millis(0), phase: 0, focused: false })
            .0,
    );
    let hidden = |c: char| c != '\n' && text::is_hidden(c);
    assert!(!seen.contains(hidden), "{seen:?}");
    assert!(seen.contains("<U+001B>"));
}

#[test]
fn odd_letters_stay_inside_their_cells() {
    let odd =
        "日本語 👨\u{200d}👩\u{200d}👧 e\u{301}\u{301}\u{301} ❤\u{fe0f} 🇩🇪 नमस्ते العربية ｆｕｌｌ ";
    let mut s = Session::new();
    s.prompt(&odd.repeat(5));
    s.say(vec![Content::text(format!(
        "{}\n\n| {odd} | b |\n|---|---|\n| {odd} | x |",
        odd.repeat(8)
    ))]);
    s.read(&odd.repeat(4));
    for width in 2..60 {
        let buf = s.draw(width, 60);
        for row in buf.content().chunks(usize::from(width)) {
            let last = row.last().unwrap().symbol();
            assert!(text::width(last) <= 1, "{last} hangs over at {width}");
        }
    }
}

#[test]
fn no_size_and_no_action_stops_it() {
    let mut s = worked();
    for (width, height) in [(0, 0), (1, 1), (1, 50), (200, 1), (3, 3), (70, 2)] {
        for action in [
            Action::Up,
            Action::Down,
            Action::PageUp,
            Action::Top,
            Action::Toggle,
            Action::NextSection,
            Action::PreviousSection,
            Action::OpenAll,
            Action::ScrollUp,
            Action::ScrollDown,
            Action::CloseAll,
            Action::Bottom,
        ] {
            let _ = s.draw(width, height);
            s.act(action);
            let _ = s.draw(width, height);
        }
    }
}

#[test]
fn a_megabyte_in_one_line_is_shown_in_bounds() {
    let mut s = Session::new();
    s.prompt(&"x".repeat(1 << 20));
    s.say(vec![Content::text("y".repeat(1 << 20))]);
    let run = s.call(ToolKind::Run, "Run", &"z".repeat(1 << 20), None);
    s.end(&run, ToolStatus::Failed, "exit 1", &"w".repeat(1 << 20));
    let _ = s.draw(80, 20);
    s.act(Action::OpenAll);
    let _ = s.draw(80, 20);
    s.act(Action::Top);
    let _ = s.draw(80, 20);
    assert!(s.pane.rows_in_memory() < 4_000, "{}", s.pane.rows_in_memory());
}

#[test]
fn another_session_begins_anew() {
    let mut s = long();
    let _ = s.draw(60, 17);
    s.act(Action::PageUp);
    s.state = State::new("s2".into());
    assert!(s.rows(60, 17).iter().any(|row| row.contains("Type a task")));
    assert!(s.pane.follows());
}

#[test]
fn an_answer_that_is_dropped_leaves_nothing() {
    let mut s = Session::new();
    s.prompt("hi");
    let before = s.rows(60, 10);
    s.delta(0, TextKind::Text, "half an ans");
    assert!(s.rows(60, 10).iter().any(|row| row.contains("half an ans")));
    s.event(Event::Notice { level: Level::Info, text: "meanwhile".into() });
    let _ = s.draw(60, 10);
    s.event(Event::Retrying { attempt: 1, of: 2, after: Duration::ZERO, why: String::new() });
    s.said += 1;
    s.delta(0, TextKind::Text, "the answer");
    let rows = s.rows(60, 10);
    assert!(rows.iter().any(|row| row.contains("meanwhile")), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.contains("half")), "{rows:#?}");
    assert_eq!(rows[..2], before[..2]);
}

mod reading;
