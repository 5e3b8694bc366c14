//! Cassettes that are recorded, played, damaged.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::base::{clock, redact};
use crate::http::{Body, Fault};
use crate::provider::Catalogue;
use crate::provider::catalogue::Wire;

const BASE: &str = "http://me:pass-word@gate.example/v1";
const URL: &str = "http://me:pass-word@gate.example/v1/x?alt=sse&key=query-secret";

/// A body of a server: pieces, each after a pause, then an end.
#[derive(Debug)]
struct Script(VecDeque<(u64, Vec<u8>)>, Option<Error>);

impl Body for Script {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            let Some((pause, bytes)) = self.0.pop_front() else {
                return self.1.take().map_or(Ok(None), Err);
            };
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Ok(Some(bytes.into()))
        })
    }
}

fn answer(status: u16, pieces: &[(u64, &[u8])], end: Option<Error>) -> Response {
    let pieces = pieces.iter().map(|(pause, bytes)| (*pause, bytes.to_vec()));
    let headers = [
        ("content-type", "text/event-stream"),
        ("retry-after", "3"),
        ("set-cookie", "session=cookie-secret"),
    ];
    let body = Box::new(Script(pieces.collect(), end));
    Response::made("gate.example", status, headers.into_iter(), body)
}

fn service() -> Service {
    Service::new("gate", Wire::Chat)
}

fn headers() -> Headers {
    let mut headers = Headers::default();
    let all = [
        ("accept", "text/event-stream"),
        ("authorization", "Bearer bearer-secret"),
        ("x-api-key", "api-secret"),
        ("x-goog-api-key", "goog-secret"),
        ("cookie", "cookie-secret"),
        ("x-team", "team-secret"),
    ];
    for (name, value) in all {
        headers.set(name, value).unwrap();
    }
    headers
}

fn recorder(path: &Path) -> Arc<Recorder> {
    let model = Catalogue::bundled().lookup("anthropic/claude-sonnet-5-5");
    Arc::new(Recorder::create(path, &model).unwrap())
}

/// Sends a body past the recorder and takes the answer in: its pieces, when each came, and how it
/// ended. At most `most` pieces are waited for.
async fn passed(
    recorder: &Arc<Recorder>,
    body: &Value,
    most: usize,
    sent: impl Future<Output = Result<Response, Error>>,
) -> (Vec<(u64, Bytes)>, Option<Error>) {
    let (service, headers, body) = (service(), headers(), body.to_string());
    let asking = Asking {
        service: &service,
        base: BASE,
        url: URL,
        headers: &headers,
        body: body.as_bytes(),
    };
    let since = clock::paced();
    let response = recorder.exchange(asking, sent).await;
    taken(since, response, most).await
}

async fn taken(
    since: tokio::time::Instant,
    response: Result<Response, Error>,
    most: usize,
) -> (Vec<(u64, Bytes)>, Option<Error>) {
    let mut pieces = Vec::new();
    let mut response = match response {
        Ok(response) => response,
        Err(error) => return (pieces, Some(error)),
    };
    while pieces.len() < most {
        match response.chunk().await {
            Ok(Some(bytes)) => {
                let at = (clock::paced() - since).as_millis();
                pieces.push((u64::try_from(at).unwrap(), bytes));
            }
            Ok(None) => break,
            Err(error) => return (pieces, Some(error)),
        }
    }
    (pieces, None)
}

fn said(text: &str) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]})
}

/// A session of every kind of exchange. The file, and what came of it.
async fn recorded(dir: &TempDir) -> std::path::PathBuf {
    let path = dir.path().join("tape.jsonl");
    let tape = recorder(&path);
    let cut = Error::new(Fault::Cut, "the connection to gate.example broke".into());
    let refused = Error::new(Fault::Refused, "no answer from gate.example".into());
    let pieces: &[(u64, &[u8])] = &[(120, b"data: {}\n\n"), (80, "data: ä".as_bytes())];
    let half: &[(u64, &[u8])] = &[(5, b"data: \xc3"), (1, b"\xa4\n\n")];
    passed(&tape, &said("a"), 9, async { Err(refused) }).await;
    passed(&tape, &said("a"), 9, async { Ok(answer(529, &[(3, b"busy")], None)) }).await;
    passed(&tape, &said("a"), 9, async { Ok(answer(200, pieces, None)) }).await;
    passed(&tape, &said("b"), 9, async { Ok(answer(200, half, Some(cut))) }).await;
    passed(&tape, &said("b"), 1, async { Ok(answer(200, pieces, None)) }).await;
    assert_eq!(tape.trouble(), None);
    path
}

async fn play(player: &Player, body: &Value) -> (Vec<(u64, Bytes)>, Option<Error>) {
    let since = clock::paced();
    let body = body.to_string();
    let response = player.answer("http://elsewhere.example/v1/x", body.as_bytes()).await;
    taken(since, response, 9).await
}

#[tokio::test(start_paused = true)]
async fn a_recording_of_what_is_played_is_the_same_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(&dir).await;
    let player = Player::open(&path, 1.0).unwrap();
    let copy = dir.path().join("copy.jsonl");
    let tape = recorder(&copy);
    for (text, most) in [("a", 9), ("a", 9), ("a", 9), ("b", 9), ("b", 1)] {
        let body = said(text);
        let bytes = body.to_string();
        passed(&tape, &body, most, player.answer(URL, bytes.as_bytes())).await;
    }
    let (one, other) = (fs::read_to_string(&path).unwrap(), fs::read_to_string(&copy).unwrap());
    assert_eq!(one, other);
    assert_eq!(one.lines().count(), 1 + 2 + 4 + 5 + 5 + 4);
}

#[tokio::test(start_paused = true)]
async fn it_is_played_byte_for_byte_in_its_rhythm() {
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(&dir).await;
    for (speed, at) in [(1.0, [120, 200]), (2.0, [60, 100]), (0.0, [0, 0])] {
        let player = Player::open(&path, speed).unwrap();
        let (_, refused) = play(&player, &said("a")).await;
        let refused = refused.unwrap();
        assert!(refused.fault() == Fault::Refused && refused.passes(), "{refused}");
        assert!(player.has_again(URL, said("a").to_string().as_bytes()));
        let (busy, _) = play(&player, &said("a")).await;
        assert_eq!(&busy[0].1[..], b"busy");
        let (pieces, end) = play(&player, &said("a")).await;
        let came: Vec<_> = pieces.iter().map(|(at, bytes)| (*at, &bytes[..])).collect();
        assert_eq!(came, [(at[0], &b"data: {}\n\n"[..]), (at[1], "data: ä".as_bytes())], "{speed}");
        assert!(end.is_none());
        let (half, cut) = play(&player, &said("b")).await;
        assert_eq!((&half[0].1[..], &half[1].1[..]), (&b"data: \xc3"[..], &b"\xa4\n\n"[..]));
        assert_eq!(cut.unwrap().fault(), Fault::Cut);
        // Who reads on where the recording was stopped is told so.
        let (_, left) = play(&player, &said("b")).await;
        assert!(left.unwrap().to_string().contains("ends here"));
        assert!(!player.has_again(URL, said("b").to_string().as_bytes()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_head_of_an_answer_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(&dir).await;
    let player = Player::open(&path, 0.0).unwrap();
    play(&player, &said("a")).await;
    let body = said("a").to_string();
    let busy = player.answer(URL, body.as_bytes()).await.unwrap();
    assert_eq!((busy.status(), busy.host()), (529, "gate.example"));
    assert_eq!(busy.retry_after(), Some(Duration::from_secs(3)));
    assert_eq!(busy.header("set-cookie"), None);
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_on_it() {
    redact::learn("known-secret-of-cassettes");
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(&dir).await;
    let tape = recorder(&dir.path().join("more.jsonl"));
    let echo: &[(u64, &[u8])] = &[(1, b"data: known-secret-"), (1, b"of-cassettes end\n\n")];
    let body = said("it is known-secret-of-cassettes, Bearer abcdefghijklmnop");
    let (pieces, _) = passed(&tape, &body, 9, async { Ok(answer(200, echo, None)) }).await;
    assert_eq!(&pieces[0].1[..], b"data: known-secret-", "claw itself is told all");
    let all = fs::read_to_string(path).unwrap()
        + &fs::read_to_string(dir.path().join("more.jsonl")).unwrap();
    for secret in ["pass-word", "-secret", "abcdefghijklmnop", "of-cassettes"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    for kept in ["gate.example/v1/x?alt=sse", "[secret] end", "\"x-team\",\"[secret]\""] {
        assert!(all.contains(kept), "{kept}: {all}");
    }
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn only_its_user_can_read_it_and_it_replaces_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(&dir).await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let model = Catalogue::bundled().lookup("m");
    let why = Recorder::create(&path, &model).unwrap_err().to_string();
    assert!(why.contains("is there already"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_recorded_is_not_answered() {
    let dir = tempfile::tempdir().unwrap();
    let path = recorded(&dir).await;
    let player = Player::open(&path, 0.0).unwrap();
    let (_, error) = play(&player, &said("something else")).await;
    let error = error.unwrap();
    assert!(error.fault() == Fault::Unrecorded && !error.passes());
    let why = error.to_string();
    let words =
        ["request 1 differs at \"/messages/0/content\"", "recorded \"a\"", "now \"something"];
    for words in words {
        assert!(why.contains(words), "{words}: {why}");
    }
    let body = said("a").to_string();
    let other = player.answer("http://gate.example/v1/y", body.as_bytes()).await.unwrap_err();
    assert!(
        other.to_string().contains("to /v1/x (request 1), and this one is to /v1/y"),
        "{other}"
    );
    for text in ["a", "a", "a", "b", "b"] {
        play(&player, &said(text)).await;
    }
    let (_, error) = play(&player, &said("b")).await;
    assert!(error.unwrap().to_string().contains("ends after 5 requests"));
}

#[test]
fn differences_are_pointed_at() {
    let long = "x".repeat(500);
    let table = [
        (json!({"a": 1}), json!({"a": 1}), None),
        (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), None),
        (
            json!({"a": [1, {"b": 2}]}),
            json!({"a": [1, {"b": 3}]}),
            Some("at \"/a/1/b\": recorded 2, now 3"),
        ),
        (json!({"a": [1]}), json!({"a": [1, 2]}), Some("at \"/a/1\": recorded nothing, now 2")),
        (json!({"x/y~": 1}), json!({}), Some("at \"/x~1y~0\": recorded 1, now nothing")),
        (json!({}), json!({"new": 1}), Some("at \"/new\": recorded nothing, now 1")),
        (
            json!(format!("{long}ä1")),
            json!(format!("{long}ä2")),
            Some("at \"\": recorded …xxxxxxxxxxxxxxxxxxä1\", now …xxxxxxxxxxxxxxxxxxä2\""),
        ),
    ];
    for (one, other, expected) in table {
        assert_eq!(normal::difference(&one, &other).as_deref(), expected, "{one} {other}");
    }
}

#[test]
fn what_differs_from_run_to_run_does_not_count() {
    let body = |root: &str, day: &str, session: &str, ids: [&str; 2]| {
        let facts = format!(
            "Be kind.\n\n# Where you are\n\n- Working directory: {root}\n- Platform: p\n- Date: {day}\n- Git: clean\n\n# More"
        );
        json!({
            "prompt_cache_key": session, "system": facts,
            "messages": [
                {"id": ids[0], "content": format!("read {root}/a.txt"), "date": "2026-11-21"},
                {"tool_use_id": ids[1], "text": ids[1]}, {"call_id": ids[0]},
            ]
        })
    };
    let ids = ["toolu_0199aaaaaaaa7aaa8aaaaaaaaaaaaaaa", "0199bbbbbbbb7bbb9bbbbbbbbbbbbbbb"];
    let later = ["toolu_0199cccccccc7cccaccccccccccccccc", "0199dddddddd7dddbddddddddddddddd"];
    let mut one = body("/home/a/p", "2026-11-21", "s1", ids);
    let mut other = body("/w", "2026-11-22", "s2", later);
    // Such a name in a text is no name of a call.
    assert_ne!(normal::normal(&one).digest, normal::normal(&other).digest);
    for body in [&mut one, &mut other] {
        body["messages"][1]["text"] = json!("same");
    }
    assert_eq!(normal::normal(&one).digest, normal::normal(&other).digest);
    let swapped = body("/w", "2026-11-22", "s2", [later[1], later[0]]);
    assert_ne!(normal::normal(&swapped).digest, normal::normal(&other).digest);
    other["messages"][0]["date"] = json!("2026-11-22");
    let at = normal::difference(&normal::normal(&one).body, &normal::normal(&other).body).unwrap();
    assert!(at.starts_with("at \"/messages/0/date\""), "{at}");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_recording_says_where() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read_to_string(recorded(&dir).await).unwrap();
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().concat();
    let upto = |at: usize| lines[..at].concat();
    let end = |at: usize| whole.replace(lines[at], "{\"chunk\":}\n");
    let table = [
        (String::new(), ":1: this is no recording"),
        ("{\"trace\":1}\n".into(), ":1: this is a trace of the screen: claw replay FILE"),
        (whole.replace("\"version\":1", "\"version\":9"), ":1: it has version 9"),
        (whole[..whole.len() - 1].to_owned(), ":21: the recording breaks off in this line"),
        (upto(20), ":18: the request of this line has no end"),
        (end(6), ":7: this line is damaged"),
        (without(1), ":2: request 1 is missing"),
        (without(3), ":4: request 2 is missing"),
        (without(4), ":5: the beginning of this answer is missing"),
        (upto(6) + lines[5] + lines[6] + lines[6], ":9: request 2 was over"),
        (upto(5) + lines[4], ":6: this request was answered already"),
        (whole.clone() + lines[0], ":22: a second recording"),
    ];
    let path = dir.path().join("bad.jsonl");
    for (text, expected) in table {
        fs::write(&path, &text).unwrap();
        let why = format!("{:#}", Player::open(&path, 1.0).unwrap_err());
        assert!(why.contains(&format!("bad.jsonl{expected}")), "{expected}: {why}");
    }
    let gone = Player::open(&dir.path().join("gone"), 1.0).unwrap_err();
    assert!(format!("{gone:#}").contains("reading the recording"), "{gone:#}");
}

proptest::proptest! {
    #[test]
    fn no_file_is_too_odd(cuts in proptest::collection::vec((0_usize..4000, proptest::prelude::any::<u8>()), 1..4)) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let mut bytes = runtime.block_on(async { fs::read(recorded(&dir).await).unwrap() });
        for (at, byte) in cuts {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let path = dir.path().join("odd.jsonl");
        fs::write(&path, bytes).unwrap();
        if let Ok(player) = Player::open(&path, 0.0) {
            let _ = runtime.block_on(play(&player, &said("a")));
        }
    }
}
