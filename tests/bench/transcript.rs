//! What the transcript costs: a long session opened and paged, an answer streamed, syntaxes loaded.

use std::sync::Arc;

use claw::base::clock::Millis;
use claw::protocol::{
    Content, Envelope, Event, Message, Mode, StopReason, TextKind, ToolCall, ToolKind, ToolOutcome,
    ToolStatus, Usage,
};
use claw::session::State;
use claw::ui::action::Action;
use claw::ui::highlight;
use claw::ui::pane::transcript::TranscriptPane;
use claw::ui::pane::{Look, Pane as _};
use claw::ui::theme::Theme;
use divan::Bencher;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 60 };
/// 20,000 tokens of four letters.
const ANSWER: usize = 80_000;

fn main() {
    divan::main();
}

fn apply(state: &mut State, event: Event) {
    let seq = state.seq + u64::from(event.is_durable());
    let session = state.id.clone();
    state.apply(&Envelope { session, seq, at: Millis(seq * 1000), event });
}

fn answer(number: usize) -> String {
    format!(
        "## Step {number}\n\n{}\n\n- one\n- two with `code`\n\n```rust\nfn step() -> usize {{\n    {number}\n}}\n```\n",
        "The delay now doubles, with **jitter**, up to the cap. ".repeat(number % 9 + 1)
    )
}

/// A session of 10,000 messages and as many calls.
fn long() -> State {
    let mut state = State::new("s1".into());
    let cwd = "/w".into();
    let (model, mode) = ("demo".into(), Mode::default());
    apply(&mut state, Event::SessionStarted { version: 1, parent: None, cwd, model, mode });
    for number in 0..10_000 {
        if number % 10 == 0 {
            let turn = format!("t{number}").into();
            let prompt = vec![Content::text("make the retry delay exponential")];
            apply(&mut state, Event::TurnStarted { turn, prompt });
        }
        let message = Arc::new(Message {
            id: format!("m{number}").into(),
            model: "demo".into(),
            content: vec![Content::text(answer(number))],
            stop: StopReason::ToolUse,
            usage: Usage::default(),
        });
        apply(&mut state, Event::MessageFinished { message });
        let call = Arc::new(ToolCall {
            id: format!("c{number}").into(),
            name: "read".into(),
            input: serde_json::Value::Null,
            verb: "Read".into(),
            title: "src/main.rs".into(),
            kind: ToolKind::Read,
            access: vec![],
            preview: None,
        });
        apply(&mut state, Event::ToolCallStarted { call: call.clone() });
        let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, "x"));
        let call = call.id.clone();
        apply(&mut state, Event::ToolCallFinished { call, outcome, changes: vec![] });
    }
    state
}

fn frame(pane: &mut TranscriptPane, state: &State, theme: &Theme, now: u64, area: Rect) {
    let look = Look { theme, now: Millis(now), phase: now as usize / 125, focused: false };
    pane.arrange(state, &look, area);
    let mut buf = Buffer::empty(area);
    pane.view(state, &look, area, &mut buf);
    divan::black_box(buf);
}

fn theme() -> Theme {
    Theme::dark()
}

#[divan::bench(sample_count = 20)]
fn open_10_000_messages(bencher: Bencher<'_, '_>) {
    let (state, theme) = (long(), theme());
    bencher.bench_local(|| {
        let mut pane = TranscriptPane::new();
        frame(&mut pane, &state, &theme, 0, AREA);
        pane
    });
}

#[divan::bench(sample_count = 100)]
fn page_up_in_10_000_messages(bencher: Bencher<'_, '_>) {
    let (state, theme) = (long(), theme());
    let mut pane = TranscriptPane::new();
    frame(&mut pane, &state, &theme, 0, AREA);
    bencher.bench_local(|| {
        pane.act(Action::PageUp, &state);
        frame(&mut pane, &state, &theme, 0, AREA);
    });
}

#[divan::bench(sample_count = 50)]
fn resize_10_000_messages(bencher: Bencher<'_, '_>) {
    let (state, theme) = (long(), theme());
    let mut pane = TranscriptPane::new();
    let mut width = 60;
    bencher.bench_local(|| {
        width = if width == 60 { 90 } else { 60 };
        frame(&mut pane, &state, &theme, 0, Rect { width, ..AREA });
    });
}

/// All frames of 20,000 tokens: a frame after every `tokens`, as if they came in 60 a second.
#[divan::bench(args = [20, 200], sample_count = 5)]
fn stream_20_000_tokens(bencher: Bencher<'_, '_>, tokens: usize) {
    let theme = theme();
    let text: String = (0..)
        .map(answer)
        .scan(0, |len, piece| {
            *len += piece.len();
            (*len - piece.len() < ANSWER).then_some(piece)
        })
        .collect();
    stream(bencher, &theme, &text, tokens);
}

/// The same where all of it is one block of code.
#[divan::bench(args = [20, 200], sample_count = 5)]
fn stream_20_000_tokens_of_code(bencher: Bencher<'_, '_>, tokens: usize) {
    let line = "    let delay = BASE * 2u32.pow(attempt.min(6));\n";
    let text = format!("```rust\n{}```\n", line.repeat(ANSWER / line.len()));
    stream(bencher, &theme(), &text, tokens);
}

fn stream(bencher: Bencher<'_, '_>, theme: &Theme, text: &str, tokens: usize) {
    bencher.bench_local(|| {
        let mut state = State::new("s1".into());
        let turn = "t1".into();
        apply(&mut state, Event::TurnStarted { turn, prompt: vec![Content::text("go")] });
        let mut pane = TranscriptPane::new();
        let pieces = text.as_bytes().chunks(4 * tokens);
        let mut start = 0;
        for (at, piece) in pieces.enumerate() {
            let text = String::from_utf8_lossy(piece).into_owned();
            let (message, kind) = ("m1".into(), TextKind::Text);
            start += text.len();
            let start = start - text.len();
            apply(&mut state, Event::MessageDelta { message, block: 0, kind, start, text });
            frame(&mut pane, &state, theme, at as u64 * 16, AREA);
        }
    });
}

#[divan::bench(sample_count = 1, sample_size = 1)]
fn load_the_syntaxes_and_highlight_a_line() {
    divan::black_box(highlight::highlight("rust", "let a = 1;"));
}

#[divan::bench(sample_count = 10)]
fn highlight_40_kilobytes() {
    let line = "    let delay = BASE * 2u32.pow(attempt.min(6)); // doubles\n";
    divan::black_box(highlight::highlight("rust", &line.repeat(40_000 / line.len())));
}
