//! Screens as golden texts, and what the tests of the screen share.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use crate::base::clock;
use crate::base::clock::Millis;
use crate::protocol::{
    Access, Content, Effort, Envelope, Event, Mode, ModelId, PermissionRequest, Preview, QueueItem,
    Reach, SandboxState, Script, SessionId, TextKind, ToolCall, ToolKind,
};
use crate::provider::offers::Offer;
use crate::provider::{Catalogue, offers};
use crate::session::State;
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Chord;
use crate::ui::model::{Model, Setting};
use crate::ui::msg::Msg;
use crate::ui::pane::Pane as _;
use crate::ui::theme::{Depth, Theme};
use crate::ui::update::update;
use crate::ui::view::view;

mod screens;
mod truth;

/// A model and the events that it is told.
pub(crate) struct Stage {
    pub(crate) model: Model,
    seq: u64,
}

impl Stage {
    /// An empty session on a screen of a size.
    pub(crate) fn new(size: (u16, u16)) -> Self {
        let setting = Setting {
            home: Some("/home/u".into()),
            project: "/home/u/src/api".into(),
            day: |at| (at.0 / 86_400_000) as i64,
            window: |_| Some(200_000),
            offers: offers().into(),
            efforts: |model| match &*model.0 {
                "opus" | "sonnet-4.5" => vec![Effort::Low, Effort::Medium, Effort::High],
                _ => Vec::new(),
            },
            depth: Depth::True,
            ..Setting::default()
        };
        let model = Model::new(State::new("s1".into()), Theme::dark(), setting);
        let mut stage = Self { model, seq: 0 };
        let _ = update(&mut stage.model, Msg::Tick(Millis(1_000_000)));
        let _ = update(&mut stage.model, Msg::Resize(size.0, size.1));
        stage.event(started());
        stage.model.arrange();
        stage
    }

    /// Something happened in the session.
    pub(crate) fn event(&mut self, event: Event) {
        if event.is_durable() {
            self.seq += 1;
        }
        let (session, seq, at) = (SessionId::from("s1"), self.seq, self.model.now);
        let envelope = Envelope { session, seq, at, event };
        let mut effects = update(&mut self.model, Msg::Event(Arc::new(envelope)));
        effects.retain(|effect| !is_kept(effect));
        assert_eq!(effects, [], "an event has no effects");
    }

    /// Keys, as they are written, one after the other.
    pub(crate) fn keys(&mut self, keys: &[&str]) -> Effects {
        let keys = keys.iter().map(|text| key(Chord::parse(text).unwrap()));
        let effects = keys.flat_map(|key| update(&mut self.model, Msg::Key(key)));
        // What is written down of a draft has tests of its own.
        effects.filter(|effect| !is_kept(effect)).collect()
    }

    /// A text, key by key.
    pub(crate) fn write(&mut self, text: &str) {
        for c in text.chars() {
            let key = KeyEvent::from(crossterm::event::KeyCode::Char(c));
            let _ = update(&mut self.model, Msg::Key(key));
        }
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, ms: u64) {
        let now = Millis(self.model.now.0 + ms);
        let _ = update(&mut self.model, Msg::Tick(now));
    }

    /// A turn begins.
    pub(crate) fn turn(&mut self, text: &str) {
        self.event(Event::TurnStarted { turn: "t1".into(), prompt: vec![Content::text(text)] });
    }

    /// The prompts that wait are these.
    pub(crate) fn queue(&mut self, texts: &[(&str, bool)]) {
        let item =
            |&(text, steer): &(&str, bool)| QueueItem { content: vec![Content::text(text)], steer };
        self.event(Event::QueueChanged { queue: texts.iter().map(item).collect() });
    }

    /// A question is asked.
    pub(crate) fn ask(&mut self) {
        let command = "cargo test -p net retry".to_owned();
        let script = Script { command: command.clone(), cwd: "/home/u/src/api".into() };
        let preview =
            Preview::Command { command, description: None, timeout: Duration::from_mins(2) };
        let call = ToolCall {
            id: "c1".into(),
            name: "bash".into(),
            input: serde_json::json!({}),
            verb: "Run".into(),
            title: "cargo test -p net retry".into(),
            kind: ToolKind::Run,
            access: vec![Access::Shell { script }],
            preview: Some(preview),
        };
        self.event(Event::ToolCallStarted { call: Arc::new(call) });
        let state = SandboxState::Confined {
            roots: vec!["/home/u/src/api".into()],
            network: Reach::Nothing,
        };
        self.event(Event::SandboxTested { state: state.clone() });
        let request = PermissionRequest {
            sandbox: Some(state),
            cwd: Some("/home/u/src/api".into()),
            ..PermissionRequest::new("r1".into(), "c1".into(), "no rule allows it")
        };
        self.event(Event::PermissionRequested { request });
    }

    /// The screen, and where its cursor stands.
    pub(crate) fn drawn(&mut self) -> (Buffer, Option<Position>) {
        self.model.arrange();
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let mut cursor = None;
        terminal
            .draw(|frame| {
                view(&self.model, frame);
                cursor = Some(());
            })
            .unwrap();
        let shown = terminal.backend().cursor_visible();
        let at = terminal.backend().cursor_position();
        (terminal.backend().buffer().clone(), shown.then_some(at))
    }
}

/// Two vendors with a key, and one without.
pub(crate) fn offers() -> Vec<Offer> {
    let table = serde_json::json!({
        "anthropic": { "name": "Anthropic", "npm": "@ai-sdk/anthropic", "models": {
            "opus": model("Claude Opus", 1_000_000, Some((4.0, 20.0))),
            "sonnet-4.5": model("sonnet-4.5", 200_000, Some((0.75, 3.75))),
        } },
        "openai": { "name": "OpenAI", "npm": "@ai-sdk/openai", "models": {
            "gpt-6-sol": { "name": "GPT-6 Sol", "limit": { "context": 1_050_000 } },
        } },
        "groq": { "name": "Groq", "npm": "@ai-sdk/groq", "env": ["GROQ_API_KEY"], "models": {
            "fast": model("A model of which the name is long enough to be cut", 131_072, None),
        } },
    });
    let all = Catalogue::read(&table.to_string()).unwrap();
    offers::offers(&all, |vendor| vendor.env.is_empty())
}

fn model(title: &str, window: u64, price: Option<(f64, f64)>) -> serde_json::Value {
    let cost = price.map(|(input, output)| serde_json::json!({ "input": input, "output": output }));
    serde_json::json!({
        "name": title,
        "limit": { "context": window },
        "cost": cost,
        "reasoning": true,
        "reasoning_options": [{ "type": "effort", "values": ["low", "medium", "high"] }],
        "modalities": { "input": ["text", "image"], "output": ["text"] },
    })
}

/// A session began.
pub(crate) fn started() -> Event {
    Event::SessionStarted {
        version: 1,
        parent: None,
        cwd: "/home/u/src/api".into(),
        model: ModelId::from("sonnet-4.5"),
        mode: Mode::Default,
    }
}

/// Is it about what outlives the program, and nothing else?
pub(crate) fn is_kept(effect: &Effect) -> bool {
    matches!(effect, Effect::Keep { .. } | Effect::Remember(_))
}

/// The key of a chord.
pub(crate) fn key(chord: Chord) -> KeyEvent {
    chord.key()
}

/// The rows of a screen.
pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content().chunks(width).map(|row| {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = crate::base::text::width(cell.symbol()).max(1);
            }
            skip -= 1;
        }
        line.trim_end().to_owned() + "\n"
    });
    rows.collect()
}

/// One letter for each cell's style, and what the letters stand for.
fn styles(buffer: &Buffer) -> String {
    let mut known: Vec<Style> = Vec::new();
    let width = usize::from(buffer.area.width).max(1);
    let mut out = String::new();
    for row in buffer.content().chunks(width) {
        for cell in row {
            let at = known.iter().position(|style| *style == cell.style());
            let at = at.unwrap_or_else(|| {
                known.push(cell.style());
                known.len() - 1
            });
            out.push(char::from(b".abcdefghijklmnopqrstuvwxyz"[at]));
        }
        out.push('\n');
    }
    for (at, style) in known.iter().enumerate() {
        let letter = char::from(b".abcdefghijklmnopqrstuvwxyz"[at]);
        let (fg, bg) = (style.fg.unwrap_or_default(), style.bg.unwrap_or_default());
        writeln!(out, "{letter} = {fg} on {bg} {:?}", style.add_modifier).unwrap();
    }
    out
}

/// Compares the screen with the picture of that name.
pub(crate) fn golden(name: &str, stage: &mut Stage) {
    let (buffer, cursor) = stage.drawn();
    let cursor = cursor.map_or("none".to_owned(), |at| format!("{},{}", at.x, at.y));
    // The machine's zone is not part of the picture.
    let time = clock::time_of_day(Millis(1_000_000));
    let picture = format!("{}cursor {cursor}\n\n{}", text(&buffer), styles(&buffer));
    let picture = picture.replace(&time, "14:02");
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, picture) });
}

fn speak(stage: &mut Stage) {
    stage.turn("make the retry delay exponential and add a test");
    stage.event(Event::MessageDelta {
        message: "m1".into(),
        block: 0,
        kind: TextKind::Text,
        start: 0,
        text: "The delay now doubles up to **64x**, with jitter:\n\n```rust\nconst BASE: u64 = 100;\n```\n\nNext: the test".into(),
    });
}

/// What brings a screen into a state.
type Setup = fn(&mut Stage);

#[test]
fn golden_screens() {
    let screens: [(&str, Setup); 6] = [
        ("empty", |_| {}),
        ("streaming", speak),
        ("queue", |stage| {
            speak(stage);
            stage.queue(&[
                ("also cover src/net/errors.rs", true),
                ("then update the README", false),
            ]);
            stage.write("and a draft of two lines");
            let _ = stage.keys(&["Ctrl+J"]);
            stage.write("is kept");
        }),
        ("question", |stage| {
            speak(stage);
            stage.write("a draft");
            stage.ask();
            stage.drawn();
            stage.wait(700);
        }),
        ("help", |stage| drop(stage.keys(&["F1"]))),
        ("palette", |stage| {
            drop(stage.keys(&["Ctrl+P"]));
            stage.write("pane");
            drop(stage.keys(&["Down"]));
        }),
    ];
    golden_in_sizes_and_themes(&screens);
}

/// Pictures of states in every layout, dark and light.
fn golden_in_sizes_and_themes(states: &[(&str, Setup)]) {
    for (name, setup) in states {
        for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
            for theme in ["claw-dark", "claw-light"] {
                let mut stage = Stage::new((columns, rows));
                stage.model.theme = Theme::builtin(theme).unwrap();
                setup(&mut stage);
                golden(&format!("{name}-{columns}x{rows}-{theme}"), &mut stage);
            }
        }
    }
}

#[test]
fn golden_small_and_plain_screens() {
    let mut stage = Stage::new((30, 8));
    stage.write("still here");
    golden("too-small-30x8", &mut stage);

    let mut stage = Stage::new((120, 40));
    stage.model.theme = Theme::builtin("mono").unwrap().with_ascii(true);
    speak(&mut stage);
    golden("streaming-120x40-mono-ascii", &mut stage);

    let mut stage = Stage::new((120, 40));
    let _ = stage.keys(&["Ctrl+X"]);
    stage.wait(350);
    golden("leader-120x40", &mut stage);
}

#[test]
fn golden_questions_in_few_colours() {
    for theme in ["ansi16", "mono"] {
        for name in ["hunks", "command"] {
            let mut stage = Stage::new((80, 24));
            stage.model.theme = Theme::builtin(theme).unwrap();
            stage.turn("make the retry delay exponential");
            if name == "command" {
                stage.ask();
            } else {
                let hunks: &[(usize, usize, &[&str])] =
                    &[(3, 3, &[" fn a() {", "-    one();", "+    two();"]), (9, 9, &["+new();"])];
                let call = crate::ui::pane::tests::edit(
                    "c1",
                    crate::ui::pane::tests::change("/home/u/src/api/a.rs", hunks),
                );
                stage.event(Event::ToolCallStarted { call: Arc::new(call) });
                let request = PermissionRequest::new("r1".into(), "c1".into(), "no rule allows it");
                stage.event(Event::PermissionRequested { request });
            }
            stage.drawn();
            stage.wait(1200);
            stage.drawn();
            let _ = stage.keys(&["Space"]);
            golden(&format!("question-{name}-80x24-{theme}"), &mut stage);
        }
    }
}

#[test]
fn every_size_is_drawn_and_the_draft_is_in_sight() {
    for columns in [1, 2, 20, 39, 40, 60, 99, 100, 160, 200, 500] {
        for rows in [1, 2, 3, 5, 11, 12, 19, 20, 40, 150] {
            let mut stage = Stage::new((columns, rows));
            stage.turn("x");
            stage.write("日本 draft");
            stage.queue(&[("a", false), ("b", false), ("c", false), ("d", true)]);
            let (_, cursor) = stage.drawn();
            assert!(cursor.is_some(), "{columns}x{rows}");
            stage.ask();
            let _ = stage.keys(&["Ctrl+X", "a"]);
            stage.drawn();
            let _ = stage.keys(&["F1"]);
            stage.drawn();
            let _ = stage.keys(&["Esc", "Ctrl+P"]);
            stage.drawn();
            let _ = stage.keys(&["Esc", "Ctrl+X"]);
            stage.wait(400);
            stage.drawn();
        }
    }
}

#[test]
fn every_hint_on_the_screen_does_what_it_says() {
    // The hints of a pane's border come from the table; what a pane names must be in it.
    let stage = Stage::new((120, 40));
    for context in crate::ui::keymap::Context::ALL {
        for action in hinted(&stage.model, *context) {
            let binding = stage.model.keymap.binding(action, *context);
            assert!(binding.is_some(), "{context:?}: no key does {action:?}");
        }
    }
}

fn hinted(model: &Model, context: crate::ui::keymap::Context) -> Vec<crate::ui::action::Action> {
    use crate::ui::keymap::Context;
    match context {
        Context::Sessions => model.panes.sessions.hints().to_vec(),
        Context::Transcript => model.panes.transcript.hints().to_vec(),
        Context::Activity => model.panes.activity.hints().to_vec(),
        Context::Changes => model.panes.changes.hints().to_vec(),
        Context::Permission => model.panes.permission.hints().to_vec(),
        _ => Vec::new(),
    }
}
