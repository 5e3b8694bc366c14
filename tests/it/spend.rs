//! What a turn spends: budgets, another model in place of one that does not answer, answers that go
//! on, circles that end, and calls that never run twice.

use std::fs;
use std::time::Duration;

use claw::agent::Limits;
use claw::engine::{Handle, Start};
use claw::protocol::{
    Broken, Budget, CallId, Event, Mode, Op, Spent, StopReason, ToolStatus, Usage, text_of,
};
use claw::provider::{Chunk, Input, ProviderError, Request};
use claw::session::{Entry, State, Status, read};
use serde_json::json;

use crate::support::messages::{Reply, Server};
use crate::support::model::{Model, Step, calls, says};
use crate::support::run::{Place, ran};
use crate::support::session::{Session, Wish, check_laws, setup};

async fn turn(session: &mut Session, prompt: &str) -> StopReason {
    session.prompt(prompt);
    let stop = session.stop().await;
    check(session);
    stop
}

/// The laws of the log, and that its fold is the state.
#[track_caller]
fn check(session: &Session) {
    let log = read(&session.log()).unwrap().envelopes;
    check_laws(&log);
    let mut folded = State::new(session.id());
    for envelope in &log {
        folded.apply(envelope);
    }
    folded.live = session.state.live.clone();
    assert_eq!(folded, session.state);
}

fn notices(session: &Session) -> Vec<&str> {
    let told = session.state.entries.iter().filter_map(|entry| match entry {
        Entry::Notice { text, .. } => Some(text.as_str()),
        _ => None,
    });
    told.collect()
}

fn used(mut reply: Vec<Step>, usage: Usage) -> Vec<Step> {
    for step in &mut reply {
        if let Step::Chunk(Chunk::Usage(now)) = step {
            *now = usage;
        }
    }
    reply
}

fn of_tokens(tokens: u64) -> Wish {
    Wish { budget: Budget { usd: None, tokens: Some(tokens) }, ..Wish::default() }
}

fn output(tokens: u64) -> Usage {
    Usage { output: tokens, ..Usage::default() }
}

fn look(id: &str) -> Vec<Step> {
    used(calls(&[(id, "ls", json!({}))]), output(50))
}

async fn reached(session: &mut Session) -> (Spent, Budget) {
    match session.until(|event| matches!(event, Event::BudgetReached { .. })).await {
        Event::BudgetReached { spent, budget } => (spent, budget),
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn a_turn_waits_at_its_budget_and_goes_on_when_it_is_raised() {
    let model = Model::new(vec![look("a"), look("b"), says("whole")]);
    let mut session = Session::start(model.clone(), &of_tokens(100)).await;
    session.prompt("go");
    let (spent, budget) = reached(&mut session).await;
    assert_eq!((spent.tokens, budget.tokens), (100, Some(100)));
    assert_eq!(session.state.status(), Status::Waiting);
    session.until(|event| matches!(event, Event::Notice { .. })).await;
    let told: Vec<_> = notices(&session).into_iter().filter(|it| it.contains("tokens")).collect();
    assert!(matches!(told[..], [one] if one.contains("100 of 100 tokens")), "{told:?}");

    // Too little is asked about again.
    session.send(Op::SetBudget { budget: Budget { usd: None, tokens: Some(99) } });
    reached(&mut session).await;
    assert_eq!(model.requests().len(), 2, "nothing is asked meanwhile");
    session.send(Op::SetBudget { budget: budget.times(1.5) });
    assert_eq!(session.stop().await, StopReason::EndTurn);
    assert_eq!(session.state.budget.tokens, Some(150));
    assert_eq!((session.state.over, model.requests().len()), (None, 3));
    check(&session);
}

#[tokio::test]
async fn a_turn_that_waits_at_its_budget_can_be_stopped() {
    let model = Model::new(vec![look("a"), look("b")]);
    let mut session = Session::start(model.clone(), &of_tokens(50)).await;
    session.prompt("go");
    reached(&mut session).await;
    session.send(Op::Cancel);
    assert_eq!(session.stop().await, StopReason::Budget);
    assert_eq!((session.state.over, session.state.status()), (None, Status::Idle));
    check(&session);
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test]
async fn nobody_to_ask_ends_the_turn_at_its_budget() {
    let limits = Limits { requests: None, unattended: true };
    let model = Model::new(vec![look("a"), look("b")]);
    let mut session = Session::start(model.clone(), &Wish { limits, ..of_tokens(50) }).await;
    assert_eq!(turn(&mut session, "go").await, StopReason::Budget);
    assert_eq!(turn(&mut session, "again").await, StopReason::Budget);
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test]
async fn a_budget_is_the_sessions_and_outlives_the_process() {
    let model = Model::new(vec![look("a"), says("never")]);
    let mut session = Session::start(model.clone(), &of_tokens(50)).await;
    session.prompt("go");
    reached(&mut session).await;
    session.handle.close().await;
    let (id, dir) = (session.id(), session.dir);

    let wish = Wish { budget: Budget { usd: Some(1.0), tokens: None }, ..Wish::default() };
    let handle = Handle::new(setup(dir.path(), model.clone(), &wish));
    let mut again = Session::open(dir, handle, Start::Resume(id)).await;
    assert_eq!(again.state.budget, Budget { usd: Some(1.0), tokens: Some(50) });
    assert_eq!((again.state.over, again.state.status()), (None, Status::Idle));
    again.prompt("go on");
    assert_eq!(reached(&mut again).await.0.tokens, 50);
    again.send(Op::Cancel);
    assert_eq!(again.stop().await, StopReason::Budget);
    check(&again);
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test]
async fn most_of_a_budget_is_told_once() {
    let model = Model::new(vec![look("a"), look("b"), look("c"), says("end"), says("more")]);
    let mut session = Session::start(model, &of_tokens(180)).await;
    assert_eq!(turn(&mut session, "go").await, StopReason::EndTurn);
    let told: Vec<_> = notices(&session).into_iter().map(str::to_owned).collect();
    assert_eq!(told, ["83 % of this session's budget is used: 150 of 180 tokens."]);
}

#[tokio::test]
async fn dollars_come_from_the_price_and_where_there_is_none_that_is_said_once() {
    // Two million tokens of a model that costs more than a dollar a million.
    let million = Usage { output: 2_000_000, ..Usage::default() };
    let limits = Limits { requests: None, unattended: true };
    let budget = Budget { usd: Some(1.0), tokens: None };
    let table = [
        // model               answered, ends,                 is the price missed
        ("claude-sonnet-4-6", 1, StopReason::Budget, 0),
        ("test", 3, StopReason::EndTurn, 1),
    ];
    for (name, requests, stop, missed) in table {
        let wish = Wish { model: name, budget, limits, ..Wish::default() };
        let replies = (0..2).map(|n| used(look(["a", "b"][n]), million)).collect();
        let model = Model::new(replies);
        let mut session = Session::start(model.clone(), &wish).await;
        assert_eq!(turn(&mut session, "go").await, stop, "{name}");
        assert_eq!(model.requests().len(), requests, "{name}");
        let told = notices(&session);
        let unknown = told.iter().filter(|text| text.contains("is not known")).count();
        assert_eq!(unknown, missed, "{name}: {told:?}");
    }
}

#[tokio::test]
async fn what_breaks_the_cache_is_kept_with_its_turn() {
    let model = Model::new(vec![look("a"), says("one"), look("b"), says("two"), says("three")]);
    let mut session = Session::start(model, &Wish::default()).await;
    turn(&mut session, "go").await;
    session.send(Op::SetModel { model: "other".into() });
    turn(&mut session, "again").await;
    turn(&mut session, "more").await;
    // What only goes on breaks nothing, neither do results.
    assert_eq!(session.state.broken, [(2, Broken::Model)]);
}

fn busy() -> Vec<Step> {
    vec![Step::Error(ProviderError::Retry { why: "529: Overloaded".into(), after: None })]
}

fn asked(model: &Model) -> Vec<String> {
    model.requests().iter().map(|request| request.model.id.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn another_model_goes_on_until_the_turn_is_over() {
    let mut replies = vec![busy(), busy(), busy(), busy(), look("a"), says("there"), says("back")];
    replies.splice(4..4, [half()]);
    let model = Model::new(replies);
    let fallback = vec!["test", "other", "other", "third"];
    let mut session = Session::start(model.clone(), &Wish { fallback, ..Wish::default() }).await;
    session.patience = Duration::from_hours(1);
    assert_eq!(turn(&mut session, "go").await, StopReason::EndTurn);
    assert_eq!(turn(&mut session, "again").await, StopReason::EndTurn);
    let names = ["test", "test", "test", "test", "other", "other", "other", "test"];
    assert_eq!(asked(&model), names);
    let retries = session.seen.iter().filter_map(|envelope| match envelope.event {
        Event::Retrying { attempt, of, .. } => Some((attempt, of)),
        _ => None,
    });
    assert_eq!(retries.collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3), (1, 3)]);
    // The clock runs ahead of git, which is told too.
    let told = notices(&session).into_iter().filter(|text| text.contains("answer"));
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["test does not answer (529: Overloaded): other goes on until this turn is over."]
    );
    assert_eq!(session.state.model, "test".into());
}

/// Words, then a break.
fn half() -> Vec<Step> {
    let mut half = busy();
    half.insert(0, Step::Chunk(Chunk::Text { block: 0, text: "half".into() }));
    half
}

#[tokio::test(start_paused = true)]
async fn models_go_on_one_after_the_other_and_the_last_one_is_waited_for() {
    let away = || vec![Step::Error(ProviderError::Unreachable("no way".into()))];
    let later = |secs| {
        let after = Some(Duration::from_secs(secs));
        vec![Step::Error(ProviderError::Retry { why: "429".into(), after })]
    };
    let keyless = vec![Step::Error(ProviderError::Auth("no key".into()))];
    // A long wait is none where another one can go on; neither is a missing key of the other one.
    let mut replies = vec![later(60), keyless, later(3600), later(30)];
    replies.extend((0..20).map(|_| away()));
    let model = Model::new(replies);
    let fallback = vec!["b", "c", "d"];
    let mut session = Session::start(model.clone(), &Wish { fallback, ..Wish::default() }).await;
    session.patience = Duration::from_hours(1);
    let StopReason::Failed { error } = turn(&mut session, "go").await else { panic!() };
    assert!(error.contains("no way") && error.contains("10 retries"), "{error}");
    let names = asked(&model);
    assert_eq!(names[..4], ["test", "b", "c", "d"]);
    assert!(names[4..].iter().all(|name| name == "d") && names.len() == 3 + 11, "{names:?}");
}

#[tokio::test]
async fn what_the_user_has_to_mend_is_not_left_to_another_model() {
    let keyless = vec![Step::Error(ProviderError::Auth("no key".into()))];
    let model = Model::new(vec![keyless]);
    let wish = Wish { fallback: vec!["b"], ..Wish::default() };
    let mut session = Session::start(model.clone(), &wish).await;
    let StopReason::Failed { error } = turn(&mut session, "go").await else { panic!() };
    assert_eq!((error.as_str(), asked(&model).len()), ("no key", 1));
}

fn cut(text: &str) -> Vec<Step> {
    let mut reply = says(text);
    reply.pop();
    reply.push(Step::Chunk(Chunk::Stopped(StopReason::MaxTokens)));
    reply
}

/// Who says what, in a request.
fn said(request: &Request) -> Vec<String> {
    let inputs = request.messages.iter().map(|input| match input {
        Input::User(content) => format!("user: {}", text_of(content)),
        Input::Assistant(message) => format!("model: {}", text_of(&message.content)),
        Input::Result { call, .. } => format!("result: {call}"),
    });
    inputs.collect()
}

#[tokio::test]
async fn an_answer_that_was_cut_off_goes_on() {
    let replies = vec![cut("one, "), cut("two, "), says("three"), says("yes")];
    let model = Model::new(replies);
    let mut session = Session::start(model.clone(), &Wish::default()).await;
    assert_eq!(turn(&mut session, "count").await, StopReason::EndTurn);
    assert_eq!(turn(&mut session, "all?").await, StopReason::EndTurn);
    let requests = model.requests();
    let last = said(requests.last().unwrap());
    let go_on = "user: Your answer was cut off";
    assert!(last[2].starts_with(go_on) && last[4].starts_with(go_on), "{last:?}");
    let words = [&last[0], &last[1], &last[3], &last[5], &last[6]];
    let expected = ["user: count", "model: one, ", "model: two, ", "model: three", "user: all?"];
    assert_eq!(words.map(String::as_str), expected);
    // The prefix stays as it was: the cache holds.
    for (before, after) in requests.iter().zip(&requests[1..]) {
        assert_eq!(said(before)[..], said(after)[..before.messages.len()]);
    }
    let prompts = session.state.entries.iter().filter(|it| matches!(it, Entry::Prompt { .. }));
    assert_eq!((prompts.count(), notices(&session).len()), (2, 2), "the user did not say it");
}

#[tokio::test]
async fn an_answer_goes_on_three_times_at_most_and_only_where_something_was_said() {
    let silent = vec![Step::Chunk(Chunk::Stopped(StopReason::MaxTokens))];
    let table = [((0..9).map(|_| cut("word ")).collect(), 4), (vec![silent], 1)];
    for (replies, asked) in table {
        let model = Model::new(replies);
        let mut session = Session::start(model.clone(), &Wish::default()).await;
        assert_eq!(turn(&mut session, "go").await, StopReason::MaxTokens);
        assert_eq!(model.requests().len(), asked);
        // What the user says next is not taken for a part of it.
        session.prompt("and?");
        session.stop().await;
        let requests = model.requests();
        let next = said(&requests[asked]);
        assert_eq!(next.last().unwrap(), "user: and?");
        assert!(!next[next.len() - 2].contains("cut off"), "{next:?}");
    }
}

fn result(session: &Session, call: &str) -> (ToolStatus, String) {
    let (_, entry) = session.state.call(&CallId::from(call)).unwrap();
    let outcome = entry.outcome.as_ref().unwrap();
    (outcome.status, outcome.text.clone())
}

#[tokio::test]
async fn the_same_call_with_the_same_result_is_not_made_a_fourth_time() {
    let again = |id: &str| calls(&[(id, "bash", json!({"command": "echo x >> n; echo same"}))]);
    let other = calls(&[("o", "ls", json!({}))]);
    let mut replies: Vec<_> = ["a", "b", "c", "d"].map(again).into();
    // Another call between them: it is no row any more.
    replies.push(other);
    replies.extend(["e", "f", "g", "h"].map(again));
    replies.push(calls(&[
        ("i", "bash", json!({"command": "echo x >> n; echo same"})),
        ("j", "bash", json!({"command": "echo y >> n"})),
    ]));
    let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
    let mut session = Session::start(Model::new(replies), &wish).await;
    assert_eq!(turn(&mut session, "go").await, StopReason::Repeated);
    assert_eq!(fs::read_to_string(session.file("n")).unwrap(), "x\n".repeat(6));
    for told in ["d", "h", "i"] {
        let (status, text) = result(&session, told);
        assert_eq!(status, ToolStatus::Failed);
        assert!(text.contains("three times in a row"), "{text}");
    }
    assert!(result(&session, "j").1.contains("The turn ended"));
}

#[tokio::test]
async fn only_what_stays_the_same_is_a_circle() {
    let again = |id: &str| calls(&[(id, "bash", json!({"command": "echo x >> n; cat n"}))]);
    let look = |id: &str| calls(&[(id, "read", json!({"path": "n"}))]);
    let side_by_side =
        ["s", "t", "u", "v"].map(|id| (id, "read", json!({"path": "n", "offset": 1})));
    let mut replies: Vec<_> = ["a", "b", "c", "d", "e"].map(again).into();
    replies.extend(["k", "l", "m"].map(look));
    replies.push(says("asks"));
    // The user wants it once more.
    replies.push(look("o"));
    replies.push(calls(&side_by_side));
    let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
    let mut session = Session::start(Model::new(replies), &wish).await;
    assert_eq!(turn(&mut session, "go").await, StopReason::EndTurn);
    assert_eq!(turn(&mut session, "again").await, StopReason::EndTurn);
    let run = ["a", "b", "c", "d", "e", "k", "l", "m", "o", "s", "t", "u"];
    for call in run {
        assert_eq!(result(&session, call).0, ToolStatus::Done, "{call}");
    }
    assert_eq!(result(&session, "v").0, ToolStatus::Failed, "also in one reply");
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_breaks_off_after_a_whole_call_runs_it_once() {
    let run = || calls(&[("a", "write", json!({"path": "n", "content": "x"}))]);
    let retry = || ProviderError::Retry { why: "cut".into(), after: None };
    // The call is whole: only the end of the reply is missing.
    let ends = [vec![], vec![Step::Error(retry())]];
    for end in ends {
        let mut broken = run();
        broken.pop();
        broken.extend(end);
        let model = Model::new(vec![broken, run(), says("done")]);
        let wish = Wish { mode: Mode::Bypass, ..Wish::default() };
        let mut session = Session::start(model.clone(), &wish).await;
        session.patience = Duration::from_hours(1);
        assert_eq!(turn(&mut session, "go").await, StopReason::EndTurn);
        // A second one would have found the file there, not read: that fails.
        assert_eq!(result(&session, "a").0, ToolStatus::Done);
        let started = |event: &Event| matches!(event, Event::ToolCallStarted { .. });
        let started = session.seen.iter().filter(|envelope| started(&envelope.event)).count();
        assert_eq!((started, model.requests().len()), (1, 3));
        let results = |input: &&Input| matches!(input, Input::Result { .. });
        assert_eq!(model.requests()[2].messages.iter().filter(results).count(), 1);
    }
}

/// The built program against a service: what it wrote, and the exit code.
#[test]
fn a_run_ends_at_its_budget_with_its_own_exit_code() {
    let usage = json!({"input_tokens": 900_000, "output_tokens": 100_000});
    let look = json!({"type": "tool_use", "id": "t", "name": "ls", "input": {}});
    let table = [
        ("--max-budget-usd", "0.50", "error_max_budget_usd", "of $0.50"),
        ("--max-budget-tokens", "1_000_000", "error_max_budget_tokens", "1000000 of 1000000"),
    ];
    for (flag, budget, subtype, words) in table {
        let replies = (0..2).map(|_| Reply::message_with(std::slice::from_ref(&look), &usage));
        let server = Server::start(replies.collect());
        let place = Place::new();
        let format = ["--output-format", "json", "--model", "claude-sonnet-4-6"];
        let args = [&["-p", "look", flag, budget], &format[..]].concat();
        let ran = ran(&mut place.claw(&server, &args));
        assert_eq!(ran.code, Some(5), "{ran:?}");
        let result = ran.result();
        assert_eq!((&result["subtype"], &result["stop"]), (&subtype.into(), &"budget".into()));
        assert!(result["error"].as_str().unwrap().contains(words), "{ran:?}");
        assert!(result["error"].as_str().unwrap().contains(flag), "{ran:?}");
        assert_eq!(server.requests().len(), 1);
    }
    for wrong in ["0", "-1", "inf", "nan", "much"] {
        let server = Server::start(Vec::new());
        let ran = ran(&mut Place::new().claw(&server, &["-p", "x", "--max-budget-usd", wrong]));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains("above 0"), "{ran:?}");
    }
}

/// What the user's file says holds for a new session; a project's file chooses no other provider.
#[test]
fn settings_hold_where_no_flag_says_more() {
    let usage = json!({"input_tokens": 900, "output_tokens": 100});
    let look = json!({"type": "tool_use", "id": "t", "name": "ls", "input": {}});
    let replies = || (0..2).map(|_| Reply::message_with(std::slice::from_ref(&look), &usage));
    let place = Place::new();
    let config = place.home.path().join("claw");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "[budget]\ntokens = 1000\n").unwrap();
    fs::create_dir(place.project.join(".claw")).unwrap();
    let theirs = "model = 'openai/gpt-5-mini'\nfallback = ['openai/gpt-5-mini']\n";
    place.write(".claw/config.toml", theirs);

    let server = Server::start(replies().collect());
    let args = ["-p", "look", "--trust", "--output-format", "json"];
    let stopped = ran(&mut place.claw(&server, &args));
    assert_eq!((stopped.code, server.requests().len()), (Some(5), 1), "{stopped:?}");
    for said in ["the model openai/gpt-5-mini is ignored", "the fallback openai/gpt-5-mini is"] {
        assert!(stopped.err.contains(said), "{stopped:?}");
    }
    let server = Server::start(replies().chain([Reply::text("done")]).collect());
    let more = [&args[..], &["--max-budget-tokens", "9000"]].concat();
    let ended = ran(&mut place.claw(&server, &more));
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// The same over a real connection.
#[test]
fn a_cut_connection_after_a_whole_call_runs_it_once() {
    let run = json!({"path": "n", "content": "x"});
    let whole = Reply::tool("t", "write", &run);
    let body = String::from_utf8(whole.bytes().to_vec()).unwrap();
    let end = body.find("event: message_delta").unwrap();
    let replies = vec![whole.clone().cut_at(end), whole, Reply::text("done")];
    let server = Server::start(replies);
    let place = Place::new();
    let args = ["-p", "write", "--mode", "accept-edits", "--output-format", "json"];
    let ran = ran(&mut place.claw(&server, &args));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(place.read("n").as_deref(), Some("x"));
    let result = ran.result();
    assert_eq!(result["tool_results"].as_array().unwrap().len(), 1, "{ran:?}");
    assert_eq!(result["tool_results"][0]["is_error"], false, "{ran:?}");
    assert_eq!(server.requests().len(), 3);
}
