//! Sessions that outgrow their model's window, with a scripted model.

use std::fs;
use std::sync::Arc;

use claw::agent::{Limits, Room, size};
use claw::protocol::{Content, Event, Level, Op, StopReason, Trigger, Usage, text_of};
use claw::provider::{Chunk, Chunks, Input, Provider, ProviderError, Request};
use claw::session::{Entry, State, Status, read};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws};

/// The model of a service that counts its prompts.
struct Counting(Arc<Model>);

struct Counted(Box<dyn Chunks>, u64);

impl Provider for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        let prompt = estimated(&request);
        async move {
            let chunks = self.0.stream(request).await?;
            Ok(Box::new(Counted(chunks, prompt)) as Box<dyn Chunks>)
        }
        .boxed()
    }
}

impl Chunks for Counted {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Chunk, ProviderError>>> {
        async move {
            Some(match self.0.next().await? {
                Ok(Chunk::Usage(usage)) => Ok(Chunk::Usage(Usage { input: self.1, ..usage })),
                chunk => chunk,
            })
        }
        .boxed()
    }
}

const CONSTRAINT: &str = "Never change the public API of v1.2, and do not add dependencies.";

fn words(request: &Request) -> String {
    let said = request.messages.iter().filter_map(|input| match input {
        Input::User(content) => Some(text_of(content)),
        _ => None,
    });
    said.collect::<Vec<_>>().join("\n")
}

fn estimated(request: &Request) -> u64 {
    let said: u64 = request.messages.iter().map(size::input).sum();
    size::fixed(&request.system, &request.tools) + said
}

fn compacted(session: &Session) -> Vec<(Trigger, u64, u64)> {
    let of = |entry: &Entry| match entry {
        Entry::Compacted { compaction: it, .. } => Some((it.why, it.before, it.after)),
        _ => None,
    };
    session.state.entries.iter().filter_map(of).collect()
}

fn notices(state: &State) -> Vec<String> {
    let of = |entry: &Entry| match entry {
        Entry::Notice { text, level: Level::Warning | Level::Info, .. } => Some(text.clone()),
        _ => None,
    };
    state.entries.iter().filter_map(of).collect()
}

async fn start(model: &Arc<Model>, wish: &Wish) -> Session {
    Session::start(Arc::new(Counting(model.clone())), wish).await
}

/// Files of about fifteen thousand tokens each; the third line of each is one of a kind.
fn files(session: &Session, count: usize) {
    files_of(session, count, 900);
}

fn files_of(session: &Session, count: usize, lines: usize) {
    for at in 0..count {
        let lines = (0..lines).map(|line| match line {
            2 => format!("const SEED_{at}: u32 = {};\n", 77_000 + at * 31),
            _ => format!("let value_{line} = compute({line}, \"row {line} of file {at}\");\n"),
        });
        fs::write(session.file(&format!("f{at}.rs")), lines.collect::<String>()).unwrap();
    }
}

fn reads(at: usize) -> Vec<Step> {
    calls(&[(&format!("r{at}"), "read", json!({"path": format!("f{at}.rs")}))])
}

fn wish(room: Room) -> Wish {
    // A window of a million tokens.
    Wish { model: "claude-sonnet-4-6", room, ..Wish::default() }
}

const NEVER: Room = Room { auto: false, at: 0.8 };

#[tokio::test]
async fn three_hundred_thousand_tokens_become_less_than_one_hundred_thousand() {
    const FILES: usize = 21;
    let mut replies: Vec<_> = (0..FILES).map(reads).collect();
    replies.push(says("All files are read."));
    let summary =
        "## Goal\nUnify the seeds.\n## Constraints\n(lost by this model)\n## Files\nread.";
    replies.push(says(summary));
    replies.push(calls(&[("q", "recall", json!({"words": "SEED_4"}))]));
    replies.push(calls(&[("w", "recall", json!({"id": "r4"}))]));
    replies.push(says("It is 77124."));
    let model = Model::new(replies);
    let mut session = start(&model, &wish(NEVER)).await;
    files(&session, FILES);
    session.prompt(&format!("Read all files and unify their seeds. {CONSTRAINT}"));
    assert_eq!(session.stop().await, StopReason::EndTurn);

    session.send(Op::Compact { instructions: Some("keep the seeds".into()) });
    session.until(|event| matches!(event, Event::Compacting { why: None })).await;
    let (why, before, after) = compacted(&session)[0];
    assert_eq!((why, session.state.context), (Trigger::Asked, after));

    session.prompt("What was SEED_4?");
    assert_eq!(session.stop().await, StopReason::EndTurn);
    let requests = model.requests();
    let full = &requests[FILES];
    let [asked, small] = [&requests[FILES + 1], &requests[FILES + 2]];
    println!("before: {before} tokens, {} as estimated from the request", estimated(full));
    println!("after: {after} tokens, {} as estimated from the request", estimated(small));
    assert!(estimated(full) > 300_000 && before > 300_000, "{before}");
    assert!(estimated(small) < 100_000 && after < 100_000, "{after}");
    // The request for the summary is one of its own.
    assert!(asked.tools.is_empty() && words(asked).contains("keep the seeds"));
    // The model lost the constraint; the harness did not.
    assert!(words(small).contains(CONSTRAINT), "{}", words(small));
    assert!(words(small).contains(summary));
    let kept = words(small);
    let line = kept.lines().find(|line| line.contains("Never change")).unwrap();
    println!("constraint: {line}");
    // What was left out comes back.
    assert!(!words(small).contains("SEED_4: u32"));
    for call in ["q", "w"] {
        let (_, entry) = session.state.call(&call.into()).unwrap();
        let text = &entry.outcome.as_ref().unwrap().text;
        assert!(text.contains("const SEED_4: u32 = 77124;"), "{text}");
        println!("recall {}: {}", entry.call.title, text.lines().next().unwrap());
    }
    let log = read(&session.log()).unwrap().envelopes;
    check_laws(&log);
    let mut again = State::new(session.id());
    for envelope in &log {
        again.apply(envelope);
    }
    assert_eq!(again.entries, session.state.entries);
    // The summary has its price.
    let used = |entry: &Entry| matches!(entry, Entry::Used { usage, .. } if usage.output == 8);
    assert!(session.state.entries.iter().any(used));
}

/// A model of which nothing is known has a window of 128k.
#[tokio::test]
async fn a_long_turn_is_compacted_between_its_rounds() {
    for unattended in [false, true] {
        let mut replies: Vec<_> = (0..9).map(reads).collect();
        replies.push(says("## Goal\nread on"));
        replies.extend((9..12).map(reads));
        replies.push(says("done"));
        let limits = Limits { requests: Some(50), unattended };
        // What the first rounds say fills the window, and no result is old enough to be shortened.
        let wish = Wish { limits, room: Room { auto: true, at: 0.1 }, ..Wish::default() };
        let model = Model::new(replies);
        let mut session = start(&model, &wish).await;
        files(&session, 12);
        session.prompt(&format!("Read all files. {CONSTRAINT}"));
        assert_eq!(session.stop().await, StopReason::EndTurn);
        check_laws(&read(&session.log()).unwrap().envelopes);
        let shortened = session.seen.iter().any(|it| matches!(it.event, Event::Shortened { .. }));
        assert!(shortened || !compacted(&session).is_empty());
        for request in model.requests().iter().filter(|request| !request.tools.is_empty()) {
            assert!(words(request).contains(CONSTRAINT));
            assert!(estimated(request) < 120_000, "{}", estimated(request));
        }
    }
}

#[tokio::test]
async fn what_is_short_stays_short_and_the_prompt_begins_the_same() {
    let mut replies: Vec<_> = (0..30).map(reads).collect();
    replies.push(says("done"));
    let model = Model::new(replies);
    let mut session = start(&model, &Wish::default()).await;
    files_of(&session, 30, 250);
    session.prompt("Read all files.");
    assert_eq!(session.stop().await, StopReason::EndTurn);
    let shortened: Vec<_> = session
        .seen
        .iter()
        .filter_map(|it| match &it.event {
            Event::Shortened { calls, .. } => Some(calls.clone()),
            _ => None,
        })
        .collect();
    assert!(
        !shortened.is_empty() && compacted(&session).is_empty(),
        "{:?}",
        notices(&session.state)
    );
    let texts = |request: &Request| -> Vec<String> {
        let one = |input: &Input| match input {
            Input::User(content) => text_of(content),
            Input::Assistant(message) => format!("{:?}", message.content),
            Input::Result { outcome, .. } => outcome.text.clone(),
        };
        request.messages.iter().map(one).collect()
    };
    let requests = model.requests();
    let changed = requests.windows(2).filter(|pair| !texts(&pair[1]).starts_with(&texts(&pair[0])));
    assert_eq!(changed.count(), shortened.len(), "the prefix changes only where it is shortened");
    let last = texts(requests.last().unwrap());
    assert!(last.iter().any(|text| text.starts_with("[Left out to save room: ")), "{last:?}");
}

#[tokio::test]
async fn a_summariser_that_fails_is_done_without() {
    let failing =
        vec![vec![Step::Error(ProviderError::Fatal("the service is gone".into()))], says("  ")];
    for failure in failing {
        let mut replies: Vec<_> = (0..6).map(reads).collect();
        replies.extend([says("read"), failure, says("on")]);
        let model = Model::new(replies);
        let mut session = start(&model, &wish(NEVER)).await;
        files(&session, 6);
        session.prompt(&format!("Read them. {CONSTRAINT}"));
        session.stop().await;
        session.prompt("And then?");
        session.stop().await;
        // Its reply was the failing one: the request for the summary is the third prompt's.
        session.send(Op::Compact { instructions: None });
        session.until(|event| matches!(event, Event::Compacting { why: None })).await;
        assert_eq!(compacted(&session).len(), 1);
        session.prompt("Go on.");
        session.stop().await;
        assert!(words(model.requests().last().unwrap()).contains(CONSTRAINT));
    }
}

#[tokio::test]
async fn no_model_is_needed_where_none_answers() {
    let mut replies: Vec<_> = (0..6).map(reads).collect();
    replies.push(says("All six are read."));
    replies.push(vec![Step::Error(ProviderError::Fatal("the service is gone.".into()))]);
    let model = Model::new(replies);
    let mut session = start(&model, &wish(NEVER)).await;
    files(&session, 6);
    session.prompt(&format!("Read them. {CONSTRAINT}"));
    session.stop().await;
    session.send(Op::Compact { instructions: None });
    session.until(|event| matches!(event, Event::Compacting { why: None })).await;
    let told = notices(&session.state);
    assert!(
        told.iter().any(|text| text.contains("the service is gone): claw made one")),
        "{told:?}"
    );
    let Some(Entry::Compacted { compaction, .. }) = session.state.entries.last() else { panic!() };
    assert_eq!(compaction.model, None);
    assert!(compaction.text.contains("without a model") && compaction.text.contains("- Turn 1: "));
}

#[tokio::test]
async fn a_compaction_can_be_stopped_and_what_was_said_meanwhile_is_done() {
    let mut replies: Vec<_> = (0..6).map(reads).collect();
    let usage = Usage { input: 500, ..Usage::default() };
    let hangs = vec![Step::Chunk(Chunk::Usage(usage)), Step::Hang];
    replies.extend([says("read"), hangs, says("on")]);
    let model = Model::new(replies);
    let mut session = start(&model, &wish(NEVER)).await;
    files(&session, 6);
    session.prompt("Read them.");
    session.stop().await;
    let entries = session.state.entries.len();
    session.send(Op::Compact { instructions: None });
    session.until(|event| matches!(event, Event::Compacting { why: Some(_) })).await;
    assert_eq!(session.state.status(), Status::Running);
    while model.requests().len() < 8 {
        tokio::task::yield_now().await;
    }
    session.prompt("Then go on.");
    session.until(|event| matches!(event, Event::QueueChanged { .. })).await;
    session.send(Op::Cancel);
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert!(compacted(&session).is_empty());
    assert!(notices(&session.state)[0].starts_with("The compaction was stopped"));
    assert!(session.state.entries.len() > entries);
    assert!(words(model.requests().last().unwrap()).contains("Then go on."));
    check_laws(&read(&session.log()).unwrap().envelopes);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_compacted_once() {
    let too_long = || vec![Step::Error(ProviderError::TooLong("too long".into()))];
    for (second, stop) in
        [(says("it fits"), StopReason::EndTurn), (too_long(), StopReason::ContextFull)]
    {
        let mut replies: Vec<_> = (0..6).map(reads).collect();
        replies.extend([too_long(), says("## Goal\nread"), second]);
        let model = Model::new(replies);
        let mut session = start(&model, &wish(Room::default())).await;
        files(&session, 6);
        session.prompt(&format!("Read them. {CONSTRAINT}"));
        assert_eq!(session.stop().await, stop);
        let made = compacted(&session);
        assert_eq!((made.len(), made[0].0), (1, Trigger::TooLong));
        assert!(made[0].2 * 2 <= made[0].1, "{made:?}");
        assert_eq!(model.requests().len(), 9);
    }
}

#[tokio::test]
async fn what_frees_too_little_is_not_done_and_that_is_said() {
    let model = Model::new(vec![says("hello"), says("again")]);
    let mut session = start(&model, &Wish::default()).await;
    session.prompt("hi");
    session.stop().await;
    session.send(Op::Compact { instructions: None });
    let told = session.until(|event| matches!(event, Event::Notice { .. })).await;
    let Event::Notice { text, .. } = told else { unreachable!() };
    assert!(text.starts_with("There is too little to compact: "), "{text}");
    assert_eq!(model.requests().len(), 1);

    // One prompt that fills the window cannot be made smaller: it is said once, and sent.
    let wish = Wish { room: Room { auto: true, at: 0.1 }, ..Wish::default() };
    let model = Model::new(vec![calls(&[("l", "ls", json!({}))]), says("long")]);
    let mut session = start(&model, &wish).await;
    session.send(Op::Prompt { content: vec![Content::text("word of it ".repeat(9_000))] });
    assert_eq!(session.stop().await, StopReason::EndTurn);
    let told = notices(&session.state);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("/model") && told[0].contains("/rewind"), "{told:?}");
    assert_eq!(model.requests().len(), 2);
}

#[tokio::test]
async fn a_wish_during_a_turn_waits_for_its_next_request() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let mut replies: Vec<_> = (0..6).map(reads).collect();
    replies[5].insert(0, Step::Gate(gate.clone()));
    replies.extend([says("## Goal\nasked for"), says("done")]);
    let model = Model::new(replies);
    let mut session = start(&model, &wish(NEVER)).await;
    files(&session, 6);
    session.prompt("Read them.");
    while model.requests().len() < 6 {
        session.until(|event| matches!(event, Event::ToolCallFinished { .. })).await;
        tokio::task::yield_now().await;
        if session.state.calls().count() == 5 {
            break;
        }
    }
    session.send(Op::Compact { instructions: None });
    session.send(Op::Looked);
    gate.add_permits(1);
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert_eq!(compacted(&session).len(), 1);
    check_laws(&read(&session.log()).unwrap().envelopes);
}
