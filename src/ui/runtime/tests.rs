//! The loop, on a stage of its own: no terminal, no engine.

use crate::engine::Busy;
use crate::protocol::Op;
use crate::ui::highlight::{Highlighted, Request};
use crate::ui::perform::World;
use crate::ui::runtime::live::Stage;
use crate::ui::view::view;
use std::path::Path;
use std::time::Duration;

use crate::session::Prompt;

use tokio::sync::mpsc;

use super::*;
use crate::bus::Bus;
use crate::protocol::{Content, Envelope, Event, TextKind, Topics};

/// Keys come from a channel; frames and ops are kept.
struct Fake {
    keys: mpsc::Receiver<Incoming>,
    drafts: Vec<String>,
    kept: Vec<String>,
    entries: mpsc::Sender<usize>,
    ops: Vec<Op>,
    busy: bool,
    resumed: usize,
}

impl World for Fake {
    fn send(&mut self, _: &SessionId, op: Op) -> Result<(), Busy> {
        if self.busy {
            return Err(Busy);
        }
        self.ops.push(op);
        Ok(())
    }

    fn copy(&mut self, _: String) {}

    fn say(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn open_link(&mut self, _: String) {}

    fn print(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn open(&mut self, _: u64, _: crate::engine::Start) {}

    fn find_models(&mut self, _: u64) {}
    fn export(&mut self, _: SessionId, _: String) {}

    fn ask(&mut self, _: library::Request) -> Option<library::Answer> {
        None
    }

    fn close_and_ask(&mut self, _: SessionId, _: library::Request) {}

    fn mouse(&mut self, _: bool) -> Result<()> {
        Ok(())
    }

    fn tell(&mut self, _: &crate::ui::signal::Signal) -> Result<()> {
        Ok(())
    }

    fn highlight(&mut self, request: Request) -> Option<Highlighted> {
        Some(Highlighted { key: request.key, lines: std::sync::Arc::default() })
    }

    fn keep(&mut self, _: &SessionId, _: &Path, draft: Draft) {
        self.kept.push(draft.text);
    }

    fn remember(&mut self, _: Prompt) {}

    fn edit_text(&mut self, _: String, _: String, _: &str) {}

    fn paste_clipboard(&mut self) {}

    fn save(&mut self, _: crate::config::Knob, _: String) {}
    fn load_image(&mut self, _: PathBuf, _: String) {}

    fn read_lines(&mut self, _: crate::ui::pane::changes::Asked) {}
    fn find_files(&mut self, _: crate::ui::composer::complete::Query) {}
    fn open_file(&mut self, _: std::path::PathBuf, _: usize) {}

    fn save_screen(&mut self) {}

    fn repaint(&mut self) {}

    fn suspend(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Stage for Fake {
    async fn next(&mut self) -> Incoming {
        self.keys.recv().await.unwrap_or(Incoming::Quit(129))
    }

    fn ready(&mut self) -> Option<Incoming> {
        self.keys.try_recv().ok()
    }

    fn size(&self) -> (u16, u16) {
        (120, 40)
    }

    fn draw(&mut self, model: &Model) -> Result<()> {
        use ratatui::Terminal;
        use ratatui::backend::TestBackend;
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
        terminal.draw(|frame| view(model, frame)).unwrap();
        self.drafts.push(model.composer.draft());
        let said = model.session.open().map_or(0, |(_, open)| open.blocks[0].text.len());
        let _ = self.entries.try_send(said);
        Ok(())
    }

    fn resume(&mut self) -> Result<()> {
        self.resumed += 1;
        Ok(())
    }
}

struct Scene {
    model: Model,
    fake: Fake,
    keys: mpsc::Sender<Incoming>,
    frames: mpsc::Receiver<usize>,
}

fn scene() -> Scene {
    let model = Model::new(State::new("s1".into()), Theme::dark(), Setting::default());
    let (keys, incoming) = mpsc::channel(512);
    let (entries, frames) = mpsc::channel(4096);
    let (drafts, ops) = (Vec::new(), Vec::new());
    let fake =
        Fake { keys: incoming, drafts, kept: Vec::new(), entries, ops, busy: false, resumed: 0 };
    Scene { model, fake, keys, frames }
}

fn key(text: &str) -> Incoming {
    Incoming::Msg(Msg::Key(Chord::parse(text).unwrap().key()))
}

fn envelope(seq: u64, event: Event) -> Envelope {
    Envelope { session: "s1".into(), seq, at: clock::now(), event }
}

#[tokio::test]
async fn keys_are_taken_in_order_and_drawn_and_ops_go_out() {
    let Scene { mut model, mut fake, keys, mut frames } = scene();
    let mut subscription = Bus::new().subscribe(Topics::ALL);
    for c in "hello".chars() {
        keys.send(key(&c.to_string())).await.unwrap();
    }
    keys.send(Incoming::Continue).await.unwrap();
    keys.send(key("Enter")).await.unwrap();
    keys.send(Incoming::Quit(143)).await.unwrap();
    drive(&mut model, &mut subscription, &mut fake).await.unwrap();
    assert_eq!(fake.ops, [Op::Prompt { content: vec![Content::text("hello")] }]);
    assert_eq!(fake.resumed, 1);
    assert!(frames.recv().await.is_some(), "the first frame came at once");
}

#[tokio::test]
async fn what_the_engine_does_not_take_comes_back() {
    let Scene { mut model, mut fake, keys, .. } = scene();
    fake.busy = true;
    let mut subscription = Bus::new().subscribe(Topics::ALL);
    for text in ["x", "Enter"] {
        keys.send(key(text)).await.unwrap();
    }
    drop(keys);
    drive(&mut model, &mut subscription, &mut fake).await.unwrap();
    assert_eq!(model.composer.draft(), "x");
}

#[tokio::test]
async fn a_screen_at_rest_draws_nothing() {
    let Scene { mut model, mut fake, keys, mut frames } = scene();
    let mut subscription = Bus::new().subscribe(Topics::ALL);
    let driven = tokio::spawn(async move {
        drive(&mut model, &mut subscription, &mut fake).await.unwrap();
        fake.drafts.len()
    });
    frames.recv().await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(100), frames.recv()).await;
    assert!(quiet.is_err(), "a second frame came");
    keys.send(key("x")).await.unwrap();
    frames.recv().await.unwrap();
    drop(keys);
    assert_eq!(driven.await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_tokens_is_shown_while_it_comes_and_costs_few_frames() {
    const TOKENS: usize = 20_000;
    let Scene { mut model, mut fake, keys, mut frames } = scene();
    let bus = Bus::new();
    let mut subscription = bus.subscribe(Topics::ALL);
    let driven = tokio::spawn(async move {
        drive(&mut model, &mut subscription, &mut fake).await.unwrap();
        (model, fake.drafts.len())
    });
    let prompt = vec![Content::text("go")];
    bus.publish(envelope(1, Event::TurnStarted { turn: "t1".into(), prompt })).await;
    for at in 0..TOKENS {
        let delta = Event::MessageDelta {
            message: "m1".into(),
            block: 0,
            kind: TextKind::Text,
            start: at * 6,
            text: "token ".into(),
        };
        bus.publish(envelope(1, delta)).await;
    }
    // A key in the middle of it is shown too.
    keys.send(key("x")).await.unwrap();
    while frames.recv().await.unwrap() < TOKENS * 6 {}
    drop(keys);
    let (model, drawn) = driven.await.unwrap();
    assert_eq!(model.session.open().unwrap().1.blocks[0].text.len(), TOKENS * 6);
    assert_eq!(model.composer.draft(), "x");
    assert!(drawn < 2000, "{drawn} frames");
}
