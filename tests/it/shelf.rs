//! Sessions on their shelf: found, copied, put away, deleted; and one that two processes want.

use std::fs::File;

use claw::engine::{Handle, Start};
use claw::protocol::{Content, Event, Mode, Op};
use claw::session::{Held, Query, State, Store, read};
use serde_json::Value;

use crate::support::messages::{Reply, Server};
use crate::support::model::{Model, says};
use crate::support::run::{Place, ran};
use crate::support::session::{Session, Wish, check_laws, setup};

fn prompt(text: &str) -> Op {
    Op::Prompt { content: vec![Content::text(text)] }
}

#[tokio::test]
async fn a_session_that_another_claw_writes_is_looked_at_and_copied_and_then_taken_up() {
    let mut first =
        Session::start(Model::new(vec![says("one"), says("two"), says("three")]), &Wish::default())
            .await;
    first.prompt("first");
    first.stop().await;
    let id = first.id();
    let model = Model::new(vec![says("elsewhere"), says("taken up")]);
    let other = Handle::new(setup(first.dir.path(), model, &Wish::default()));

    let error = other.open(Start::Resume(id.clone())).await.unwrap_err();
    assert_eq!(error.downcast_ref::<Held>(), Some(&Held::Open { session: id.clone() }));
    assert!(error.to_string().contains("--fork") && error.to_string().contains("--watch"));

    let (mut seen, mut events) = other.open(Start::Watch(id.clone())).await.unwrap();
    assert!(seen.live.watched);
    assert_eq!(seen.entries, first.state.entries);
    assert!(other.send(&id, prompt("no")).is_err(), "who looks on says nothing");

    // What happens there is seen here.
    first.prompt("second");
    first.stop().await;
    let finished = |state: &State| state.turns == 2 && state.turn.is_none();
    let patience = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        while !finished(&seen) {
            seen.apply(&*events.next().await);
        }
    });
    patience.await.unwrap();
    assert_eq!(seen.entries.len(), first.state.entries.len());

    // A copy as it was after the first turn goes on by itself.
    let before = read(&first.log()).unwrap().envelopes;
    let (copy, _) = other.open(Start::ForkAt(id.clone(), 1)).await.unwrap();
    assert_eq!((copy.turns, copy.forked.clone()), (1, Some(id.clone())));
    other.send(&copy.id, prompt("there")).unwrap();
    let done = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        loop {
            let envelope = events.next().await;
            if envelope.session == copy.id && matches!(envelope.event, Event::TurnFinished { .. }) {
                return;
            }
        }
    });
    done.await.unwrap();
    assert_eq!(read(&first.log()).unwrap().envelopes, before, "the two share nothing");
    let error = other.open(Start::ForkAt(id.clone(), 3)).await.unwrap_err().to_string();
    assert!(error.contains("no turn 3"), "{error}");

    let store = Store::new(first.dir.path().join("sessions"));
    let hits = |words: &str| store.search(&Query::parse(words), None, 9).hits.len();
    assert_eq!((hits("first"), hits("second"), hits("elsewhere")), (2, 1, 1));

    first.handle.close().await;
    let (taken, _) = other.open(Start::Resume(id.clone())).await.unwrap();
    assert_eq!((taken.turns, taken.live.watched), (2, false));
    other.close().await;
    check_laws(&read(&first.log()).unwrap().envelopes);
}

#[tokio::test]
async fn what_is_kept_of_a_session_follows_each_turn() {
    let wish = Wish { mode: Mode::AcceptEdits, ..Wish::default() };
    let mut session = Session::start(Model::new(vec![says("a walrus")]), &wish).await;
    session.prompt("which animal?");
    session.stop().await;
    let index = session.dir.path().join("sessions/index.db");
    let there = tokio::time::timeout(std::time::Duration::from_secs(30), async {
        while !index.exists() {
            tokio::task::yield_now().await;
        }
    });
    there.await.unwrap();
}

#[test]
fn the_command_line_finds_names_copies_and_deletes() {
    let place = Place::new();
    let server = Server::start(vec![Reply::text("the walrus sleeps"), Reply::text("still")]);
    let done = ran(&mut place.claw(&server, &["-p", "what does the animal do?"]));
    assert_eq!(done.code, Some(0), "{done:?}");
    let again = ran(&mut place.claw(&server, &["-p", "--continue", "and now?"]));
    assert_eq!(again.code, Some(0), "{again:?}");

    let claw = |args: &[&str]| ran(&mut place.claw(&server, &[&["sessions"], args].concat()));
    let json = |args: &[&str]| -> Value {
        let ran = claw(&[args, &["--json"]].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    };
    let list = json(&[]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(
        (&list[0]["title"], &list[0]["turns"]),
        (&"what does the animal do?".into(), &2.into())
    );
    let id = list[0]["id"].as_str().unwrap().to_owned();

    let found = json(&["search", "walrus", "SLEEPS"]);
    assert_eq!((&found[0]["id"], &found[0]["said"]), (&list[0]["id"], &"answer".into()));
    assert_eq!(found[0]["marks"].as_array().unwrap().len(), 2);
    assert_eq!(json(&["search", "--here", "\"sleeps walrus\""]), Value::Array(vec![]));
    let wrong = claw(&["search", "?!"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");

    let copy = json(&["fork", "latest", "--at", "1"])["id"].as_str().unwrap().to_owned();
    let shown = json(&["show", &copy]);
    assert_eq!((&shown["forked"], shown["turns"].as_array().unwrap().len()), (&list[0]["id"], 1));
    assert_eq!(claw(&["fork", &copy, "--at", "2"]).code, Some(2));

    assert_eq!(json(&["tag", &id, "#Sea", "nap"])["tags"], serde_json::json!(["nap", "sea"]));
    assert_eq!(claw(&["rename", &id, "a walrus story"]).code, Some(0));
    assert_eq!(claw(&["pin", &id]).code, Some(0));
    let listed = claw(&["list", "--tag", "sea"]);
    assert!(listed.out.contains("a walrus story  #nap  #sea  (pinned)"), "{listed:?}");
    assert_eq!(json(&["search", "story"])[0]["said"], "title");
    assert_eq!(claw(&["archive", &id]).code, Some(0));
    assert!(!claw(&[]).out.contains("walrus story"));
    assert!(claw(&["list", "--archived"]).out.contains("walrus story"));
    assert_eq!(claw(&["archive", "--undo", &id]).code, Some(0));

    assert_eq!(claw(&["delete", &id, &copy]).code, Some(0));
    assert_eq!(json(&[]), Value::Array(vec![]));
    assert_eq!(json(&["search", "walrus"]), Value::Array(vec![]));
    assert_eq!(claw(&["undelete", &id]).code, Some(0));
    assert_eq!(claw(&["undelete"]).code, Some(0));
    assert_eq!(json(&["list"]).as_array().unwrap().len(), 2);
    assert_eq!(json(&["search", "walrus"]).as_array().unwrap().len(), 2);
    assert_eq!(json(&["reindex"])["sessions"], 2);
    assert_eq!(claw(&["undelete"]).code, Some(2), "there is nothing more");
}

#[test]
fn without_a_screen_a_session_that_is_open_elsewhere_names_both_ways_out() {
    let place = Place::new();
    let replies = vec![Reply::text("one"), Reply::text("two")];
    let server = Server::start(replies);
    assert_eq!(ran(&mut place.claw(&server, &["-p", "hello"])).code, Some(0));
    let log =
        place.logs().into_iter().find(|path| path.extension().is_some_and(|it| it == "jsonl"));
    let log = File::open(log.unwrap()).unwrap();
    log.lock().unwrap();
    let refused = ran(&mut place.claw(&server, &["-p", "--continue", "go on"]));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("--fork") && refused.err.contains("--watch"), "{refused:?}");
    let copied = ran(&mut place.claw(&server, &["-p", "--continue", "--fork", "go on"]));
    assert_eq!((copied.code, copied.out.trim()), (Some(0), "two"), "{copied:?}");
    for args in [&["-p", "--fork", "x"][..], &["-p", "--watch", "--continue", "x"]] {
        assert_eq!(ran(&mut place.claw(&server, args)).code, Some(2), "{args:?}");
    }
}
