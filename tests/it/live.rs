//! The built program against a Messages API: long turns, trouble on the way, sessions that go on.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use claw::protocol::{Event, StopReason};
use claw::session::read;
use serde_json::{Value, json};

use crate::support::messages::{Received, Reply, Server};
use crate::support::run::{Place, Ran, ran};
use crate::support::session::check_laws;

const JSON: [&str; 4] = ["-p", "go", "--output-format", "json"];
const LINES: [&str; 5] =
    ["-p", "go", "--output-format", "stream-json", "--include-partial-messages"];

/// All tool results of a request, oldest first.
fn results(request: &Received) -> Vec<Value> {
    let body = request.json();
    let messages = body["messages"].as_array().unwrap().iter();
    let blocks = messages.flat_map(|message| message["content"].as_array().unwrap().clone());
    blocks.filter(|block| block["type"] == "tool_result").collect()
}

fn words(result: &Value) -> &str {
    result["output"].as_str().unwrap()
}

#[test]
fn fifty_rounds_of_tools() {
    const ROUNDS: usize = 50;
    let server = Server::answering(|request| match results(request).len() {
        ROUNDS => Reply::text("read them all"),
        round => {
            let input = json!({"path": format!("{round}.txt")});
            Reply::tool(&format!("toolu_{round}"), "read", &input)
        }
    });
    let place = Place::new();
    (0..ROUNDS).for_each(|n| place.write(&format!("{n}.txt"), format!("content {n}\n")));
    let ran = ran(&mut place.claw(&server, &JSON));
    let result = ran.result();
    assert_eq!((ran.code, &result["result"]), (Some(0), &json!("read them all")), "{ran:?}");
    assert_eq!(result["num_turns"], ROUNDS + 1);
    assert_eq!(server.requests().len(), ROUNDS + 1);
    let told = result["tool_results"].as_array().unwrap();
    assert_eq!(told.len(), ROUNDS);
    for (n, told) in told.iter().enumerate() {
        assert_eq!(words(told), format!("1\tcontent {n}\n"), "{told}");
    }
}

#[test]
fn calls_side_by_side_have_their_results_in_order() {
    let server = Server::answering(|request| {
        if !results(request).is_empty() {
            return Reply::text("done");
        }
        let call = |n| json!({"type": "tool_use", "id": format!("toolu_{n}"), "name": "read", "input": {"path": format!("{n}.txt")}});
        Reply::message(&(0..8).map(call).collect::<Vec<_>>())
    });
    let place = Place::new();
    // The first takes longest.
    (0..8).for_each(|n| {
        place.write(&format!("{n}.txt"), format!("{n} is here\n").repeat(20_000 >> n));
    });
    let result = ran(&mut place.claw(&server, &JSON)).result();
    let ids: Vec<_> = (0..8).map(|n| json!(format!("toolu_{n}"))).collect();
    let told = result["tool_results"].as_array().unwrap();
    assert_eq!(told.iter().map(|told| told["id"].clone()).collect::<Vec<_>>(), ids);
    for (n, told) in told.iter().enumerate() {
        assert!(words(told).starts_with(&format!("1\t{n} is here\n")), "{told}");
    }
    let sent = results(&server.requests()[1]);
    assert_eq!(sent.iter().map(|sent| sent["tool_use_id"].clone()).collect::<Vec<_>>(), ids);
}

/// Whatever goes wrong first: the answer is whole, and is there exactly once.
#[test]
fn trouble_on_the_way_is_told_and_overcome() {
    const ANSWER: &str = "The whole answer, once.";
    let broken = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"ind\n\n";
    let half = Reply::text(ANSWER).bytes().len() * 2 / 3;
    let limited = Reply::error(429, "rate_limit_error", "slow down").header("retry-after", "1");
    let table = [
        (limited, "slow down"),
        (Reply::error(529, "overloaded_error", "Overloaded"), "Overloaded"),
        (Reply::text(ANSWER).cut_at(half), "broke"),
        (Reply::stream(broken), "damaged"),
    ];
    for (trouble, why) in table {
        let server = Server::start(vec![trouble, Reply::text(ANSWER)]);
        let place = Place::new();
        let ran = ran(&mut place.claw(&server, &LINES));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let told: Vec<_> = ran.err.lines().collect();
        assert!(told.len() == 1 && told[0].starts_with("claw: "), "{why}: {told:?}");
        assert!(told[0].contains(why) && told[0].contains("(retry 1 of 10 in "), "{told:?}");
        if why == "slow down" {
            let wait = told[0].rsplit(" in ").next().unwrap().trim_end_matches(" s)");
            assert!(wait.parse::<f64>().unwrap() >= 1.0, "what the server asks is kept: {told:?}");
        }

        let lines = ran.lines();
        let last = lines.last().unwrap();
        assert_eq!((&last["type"], &last["result"]), (&json!("result"), &json!(ANSWER)), "{why}");
        assert_eq!(last["num_turns"], 1, "{why}: {last}");
        let of = |kind: &str| {
            lines.iter().filter(|line| line["event"]["type"] == kind).collect::<Vec<_>>()
        };
        let finished = of("message_finished");
        assert_eq!(finished.len(), 1, "{why}: {finished:?}");
        assert_eq!(finished[0]["event"]["message"]["content"][0]["text"], ANSWER, "{why}");
        // What was said before the trouble belongs to a message that never ends.
        let message = &finished[0]["event"]["message"]["id"];
        let deltas =
            of("message_delta").into_iter().filter(|line| &line["event"]["message"] == message);
        let said: String = deltas.map(|line| line["event"]["text"].as_str().unwrap()).collect();
        assert_eq!(said, ANSWER, "{why}");
        let requests = server.requests();
        assert_eq!(requests[0].body, requests[1].body, "{why}: the same request again");
    }
}

#[test]
fn a_file_is_read_and_edited() {
    let server = Server::start(vec![
        Reply::tool("toolu_1", "read", &json!({"path": "a.txt"})),
        Reply::tool(
            "toolu_2",
            "edit",
            &json!({"path": "a.txt", "old_string": "beta", "new_string": "delta"}),
        ),
        Reply::text("done"),
    ]);
    let place = Place::new();
    place.write("a.txt", "alpha\nbeta\n");
    let args = [&JSON[..], &["--mode", "accept-edits"]].concat();
    let ran = ran(&mut place.claw(&server, &args));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(place.read("a.txt").as_deref(), Some("alpha\ndelta\n"));
    assert_eq!(ran.result()["tool_results"][1]["is_error"], false);
    assert_eq!(server.requests().len(), 3);
}

/// The service keeps what it has read before, as long as the bytes are the same: also for a
/// session that another process goes on with.
#[test]
fn what_was_sent_once_is_sent_again_byte_by_byte() {
    let usage = json!({"input_tokens": 12, "output_tokens": 4});
    let blocks = [
        json!({"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}),
        json!({"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a.txt"}}),
    ];
    let server = Server::start(vec![
        Reply::message_with(&blocks, &usage),
        Reply::text("one"),
        Reply::text("two"),
        Reply::text("three"),
    ]);
    let place = Place::new();
    place.write("a.txt", "alpha\n");
    let sessions: Vec<_> = [&[][..], &["--continue"], &["--resume", "latest"]]
        .into_iter()
        .map(|more| {
            let ran = ran(&mut place.claw(&server, &[&JSON[..], more].concat()));
            assert_eq!(ran.code, Some(0), "{ran:?}");
            ran.result()["session_id"].clone()
        })
        .collect();
    assert!(sessions.iter().all(|id| *id == sessions[0]), "{sessions:?}");

    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    for request in &requests {
        let body = request.json();
        let last = |value: &Value| value.as_array().unwrap().last().unwrap().clone();
        let marked = |value: &Value| value["cache_control"]["type"] == "ephemeral";
        let newest = last(&body["messages"]);
        assert!(marked(&last(&body["tools"])) && marked(&last(&body["system"])), "{body}");
        assert!(newest["role"] == "user" && marked(&last(&newest["content"])), "{newest}");
        let marks = String::from_utf8_lossy(&request.body).matches("cache_control").count();
        assert_eq!(marks, 3);
    }
    let sent: Vec<_> = requests
        .iter()
        .map(|request| {
            let text = String::from_utf8(request.body.clone()).unwrap();
            let (head, messages) = text.split_once("\"messages\":").unwrap();
            // A mark moves on with the conversation and is no part of what is compared.
            let mark = ",\"cache_control\":{\"type\":\"ephemeral\"}";
            (head.to_owned(), messages.replace(mark, ""))
        })
        .collect();
    for pair in sent.windows(2) {
        assert_eq!(pair[0].0, pair[1].0, "tools and instructions");
        let (before, after) = (pair[0].1.trim_end_matches("]}"), &pair[1].1);
        assert!(after.starts_with(before), "{before}\n{after}");
    }
}

/// The service does not answer, or a command runs: an interrupt ends both, and the log is whole.
#[cfg(unix)]
#[test]
fn an_interrupt_closes_the_log() {
    let (held, _gate) = Reply::text("never said to its end").gate_at(700);
    let sleeps = Reply::tool("toolu_1", "bash", &json!({"command": "sleep 600"}));
    let table = [(held, "message_delta", 0), (sleeps, "tool_call_started", 1)];
    for (reply, sign, results) in table {
        let server = Server::start(vec![reply]);
        let place = Place::new();
        let args = [&LINES[..], &["--mode", "bypass"]].concat();
        let mut command = place.claw(&server, &args);
        let mut claw = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(claw.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains(sign) {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "{sign} never came");
        }
        let kill = Command::new("kill").args(["-s", "INT", &claw.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        let ended = claw.wait_with_output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        let ran = Ran { code: ended.status.code(), out: rest, err };
        assert_eq!(ran.code, Some(130), "{ran:?}");
        assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
        assert!(ran.err.contains("--continue"), "{ran:?}");
        let result = ran.result();
        assert_eq!(result["stop"], "cancelled");
        assert_eq!(result["tool_results"].as_array().unwrap().len(), results);

        let logs = place.logs();
        let log = read(&logs[0]).unwrap();
        check_laws(&log.envelopes);
        assert!(log.repairs.is_empty(), "{:?}", log.repairs);
        let last = &log.envelopes.last().unwrap().event;
        assert!(
            matches!(last, Event::TurnFinished { stop: StopReason::Cancelled, .. }),
            "{last:?}"
        );
    }
}
