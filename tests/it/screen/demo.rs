//! The demo, walked by keys alone.

use std::process::Command;

use claw::protocol::{Event, PermissionOutcome, StopReason};

use super::*;

/// The story's questions, in order: what each one shows.
const QUESTIONS: [&str; 5] = [
    "Edit calendar.sh  +1 -1",
    "\"Run the tests\"",
    "Edit calendar.sh  +2 -2",
    "Edit test.sh  +2 -0",
    "\"Run the tests again and clean up\"",
];

#[test]
fn from_the_offer_to_a_mended_project_and_back_to_the_session() {
    let home = Home::new();
    let mut claw = Terminal::start(&home, home.path(), &[], WIDE);
    claw.wait_for("there is no key");
    claw.wait_for("Start the demo");
    claw.press("\r");
    claw.wait_for(STORY);
    claw.press("\r");
    for question in QUESTIONS {
        answer(&claw, question, "y");
    }
    claw.wait_for("takes it all back.");
    claw.wait_for(IDLE);
    quit(&mut claw);
    assert!(claw.contents().contains("claw --resume"), "{}", claw.contents());

    let project = scratch(&home);
    let test = Command::new("bash").arg("test.sh").current_dir(&project).output().unwrap();
    assert!(test.status.success(), "{test:?}");
    assert_eq!(git(&project, &["diff", "--name-only"]), "calendar.sh\ntest.sh\n");
    assert_eq!(git(&project, &["status", "--porcelain"]), " M calendar.sh\n M test.sh\n");
    let played = log(&home);
    assert_eq!(prompts(&played), [STORY]);
    assert_eq!(ends(&played), [StopReason::EndTurn]);
    assert!(last_answer(&played).starts_with("All checks pass."));

    let mut claw = Terminal::start(&home, &project, &["--resume", "latest"], (120, 90));
    claw.wait_for("takes it all back.");
    claw.wait_for(STORY);
    claw.wait_for(IDLE);
    quit(&mut claw);
    assert_eq!(log(&home)[..played.len()], played, "looking changes nothing");
}

#[test]
fn a_denied_edit_changes_nothing_and_the_turn_ends() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    claw.press("\r");
    answer(&claw, QUESTIONS[0], "n");
    claw.wait_for("no file has changed");
    claw.wait_for(IDLE);
    quit(&mut claw);
    assert_eq!(git(&scratch(&home), &["status", "--porcelain"]), "");
    assert_eq!(ends(&log(&home)), [StopReason::EndTurn]);
}

#[test]
fn the_words_of_a_refusal_are_the_tools_result() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    claw.press("\r");
    claw.wait("the question", |screen| armed(screen, QUESTIONS[0]));
    claw.press("d");
    claw.wait_for("Deny, and say why:");
    // Every letter that would answer is a letter here.
    claw.press("any day: not this way");
    claw.wait_for("any day: not this way");
    claw.press("\r");
    claw.wait_for("no file has changed");
    claw.wait_for(IDLE);
    quit(&mut claw);
    let log = log(&home);
    assert!(results(&log).contains("any day: not this way"), "{}", results(&log));
    assert_eq!(git(&scratch(&home), &["status", "--porcelain"]), "");
}

#[test]
fn the_first_question_is_answered_on_small_and_large_screens() {
    for size in [(80, 24), (200, 60)] {
        let home = Home::new();
        let mut claw = demo(&home, size);
        claw.press("\r");
        claw.wait(QUESTIONS[0], |screen| armed(screen, QUESTIONS[0]));
        if claw.contents().contains("not all of it was seen") {
            claw.press("y");
            claw.press("G");
            claw.wait("the end of it", |screen| {
                let text = screen.contents();
                text.contains("Asked") && !text.contains("not all of it was seen")
            });
        }
        claw.press("y");
        claw.wait("the next question", |screen| armed(screen, "./test.sh"));
        claw.press("\x03");
        claw.wait_for(IDLE);
        quit(&mut claw);
        let log = log(&home);
        let allowed = log.iter().any(|envelope| {
            matches!(
                &envelope.event,
                Event::PermissionResolved { outcome: PermissionOutcome::AllowOnce, .. }
            )
        });
        assert!(allowed, "{size:?}");
        assert_eq!(ends(&log), [StopReason::Cancelled], "{size:?}");
        assert_eq!(git(&scratch(&home), &["status", "--porcelain"]), " M calendar.sh\n");
    }
}
