//! What is typed is kept, whatever happens while it is typed.

use std::time::Duration;

use claw::base::clock;
use claw::protocol::StopReason;

use super::*;
use crate::support::messages::Reply;

/// Who pauses so long is not typing any more: then a question may take the keys.
const PAUSE: Duration = Duration::from_millis(500);

#[test]
fn every_key_wakes_an_idle_screen() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    claw.press("\x15");
    claw.wait_for(IDLE);
    for at in 1..=12 {
        claw.press("k");
        claw.wait("the key", |screen| screen.contents().contains(&format!("› {}", "k".repeat(at))));
    }
    quit(&mut claw);
}

#[test]
fn letters_of_someone_who_types_answer_nothing() {
    // A machine that stalls makes a pause of its own, and says nothing of the law.
    let typed_on = (0..5).any(|_| {
        let home = Home::new();
        let mut claw = demo(&home, WIDE);
        claw.press("\r");
        claw.wait_for(STORY);
        let (mut longest, mut last) = (Duration::ZERO, clock::instant());
        let (mut draft, mut after) = (String::new(), 0);
        while after < 30 {
            let letter = ["y", "a", "n", "d"][draft.len() % 4];
            draft.push_str(letter);
            claw.press(letter);
            longest = longest.max(last.elapsed());
            last = clock::instant();
            claw.wait("what is typed, or an answer", |screen| {
                let text = screen.contents();
                text.contains(&draft) || text.contains("armed ▰▰▰▰")
            });
            after += usize::from(claw.contents().contains("Permission 1 of 1"));
        }
        if longest.max(last.elapsed()) > PAUSE {
            return false;
        }
        claw.wait("the question, when the typing ends", |screen| {
            armed(screen, "Edit calendar.sh  +1 -1")
        });
        assert!(claw.contents().contains(&draft), "{}", claw.contents());
        claw.press("n");
        claw.wait_for("no file has changed");
        assert!(claw.contents().contains(&draft), "{}", claw.contents());
        quit(&mut claw);
        assert_eq!(git(&scratch(&home), &["status", "--porcelain"]), "");
        true
    });
    assert!(typed_on, "this machine stalls too often to type on it");
}

#[test]
fn a_stopped_turn_leaves_the_draft_and_the_next_prompt_works() {
    for (keys, hint) in [(&["\x1b", "\x1b"][..], Some("Esc again stops")), (&["\x03"], None)] {
        let home = Home::new();
        let (reply, gate) = Reply::text("a long answer that never ends").gate_at(700);
        let server = Server::start(vec![reply, Reply::text("the second answer")]);
        let mut claw = with_model(&home, &server, "go");
        claw.press("\r");
        claw.wait_for("a long");
        claw.press("my draft");
        claw.wait_for("my draft");
        for key in keys {
            claw.press(key);
            if let Some(hint) = hint.filter(|_| *key == keys[0]) {
                claw.wait("the hint, or the end", |screen| {
                    let text = screen.contents();
                    text.contains(hint) || text.contains("stopped")
                });
            }
        }
        claw.wait("the end of the turn", |screen| !screen.contents().contains("Tab queue"));
        assert!(claw.contents().contains("my draft"), "{}", claw.contents());
        claw.press("\r");
        claw.wait_for("the second answer");
        claw.wait_for(IDLE);
        quit(&mut claw);
        drop(gate);
        let log = log(&home);
        assert_eq!(ends(&log), [StopReason::Cancelled, StopReason::EndTurn]);
        assert_eq!(prompts(&log), ["go", "my draft"]);
    }
}

#[test]
fn a_paste_is_not_sent_and_a_long_one_is_sent_in_full() {
    let home = Home::new();
    let server = Server::start(vec![Reply::text("got three"), Reply::text("got twenty")]);
    let mut claw = with_model(&home, &server, "");
    let three = "one\ntwo\nthree";
    claw.press(&pasted(three));
    claw.wait_for("three");
    assert_eq!(server.requests().len(), 0, "a paste sends nothing");
    claw.press("\r");
    claw.wait_for("got three");
    claw.wait_for(IDLE);
    let lines: Vec<_> = (1..=20).map(|n| format!("line {n} of it")).collect();
    let twenty = lines.join("\n");
    claw.press(&pasted(&twenty));
    claw.wait_for("[Pasted 20 lines");
    assert!(!claw.contents().contains("line 7 of it"));
    claw.press("\r");
    claw.wait_for("got twenty");
    claw.wait_for(IDLE);
    quit(&mut claw);
    assert_eq!(prompts(&log(&home)), [three, &twenty]);
}

#[test]
fn a_prompt_that_waits_behind_a_turn_can_be_taken_back() {
    let home = Home::new();
    let (reply, gate) = Reply::text("a long answer that never ends").gate_at(700);
    let server = Server::start(vec![reply, Reply::text("the second answer")]);
    let mut claw = with_model(&home, &server, "go");
    claw.press("\r");
    claw.wait_for("a long");
    let written = |text: &str| {
        let draft = format!("› {text}");
        move |screen: &vt100::Screen| screen.contents().contains(&draft)
    };
    for text in ["first wait", "second wait"] {
        claw.press(text);
        claw.wait(text, written(text));
        claw.press("\t");
        claw.wait("it to be queued", written("Steer (Enter)"));
    }
    claw.press("\x1b[1;3A");
    claw.wait("it to come back", written("second wait"));
    gate.open();
    claw.wait_for("the second answer");
    quit(&mut claw);
    assert_eq!(prompts(&log(&home)), ["go", "first wait"]);
}

#[test]
fn what_waits_outlives_a_stopped_turn_and_goes_after_the_next() {
    let home = Home::new();
    let (reply, _gate) = Reply::text("a long answer that never ends").gate_at(700);
    let replies = vec![reply, Reply::text("the second answer"), Reply::text("the third answer")];
    let server = Server::start(replies);
    let mut claw = with_model(&home, &server, "go");
    claw.press("\r");
    claw.wait_for("a long");
    claw.press("first wait\t");
    claw.wait_for("after this turn: first wait");
    claw.press("mine");
    claw.wait_for("› mine");
    claw.press("\x03");
    claw.wait_for("after the next turn: first wait");
    claw.press("\r");
    claw.wait_for("the third answer");
    claw.wait_for(IDLE);
    quit(&mut claw);
    assert_eq!(prompts(&log(&home)), ["go", "mine", "first wait"]);
}
