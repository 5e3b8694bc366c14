//! The terminal changes its size at any time.

use super::*;

const SIZES: [(u16, u16); 5] = [(80, 24), (200, 60), (30, 8), (1, 1), (120, 40)];

/// Every cell, with its colours.
fn cells(claw: &Terminal) -> String {
    claw.screen(vt100::Screen::contents_formatted)
}

/// Resizes, and waits for the frame of the new size.
#[track_caller]
pub(super) fn resize(claw: &Terminal, (columns, rows): (u16, u16)) {
    let before = claw.bytes().len();
    claw.resize(columns, rows);
    claw.wait_bytes("a whole new frame", |bytes| {
        let new = String::from_utf8_lossy(&bytes[before..]);
        new.rfind("\x1b[2J").is_some_and(|at| new[at..].contains("\x1b[?2026l"))
    });
}

/// What is on the screen is what a fresh frame would be.
#[track_caller]
fn is_fresh(claw: &Terminal) {
    let (shown, drawn) = (cells(claw), clears(&claw.bytes()).0);
    claw.press("\x0c");
    claw.wait_bytes("the repaint", |bytes| {
        clears(bytes).0 > drawn && bytes.ends_with(b"\x1b[?2026l")
    });
    assert_eq!(cells(claw), shown, "cells of another size are left:\n{}", claw.contents());
}

#[test]
fn an_idle_screen_is_always_that_of_its_size() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    claw.press(" More.");
    claw.wait_for("fix it. More.");
    // Whatever was found of it: that comes once, and late.
    claw.wait("the sandbox's state", |screen| {
        screen.contents().contains("│ sandbox") || screen.contents().contains("│ no sandbox")
    });
    let before = cells(&claw);
    for size in SIZES {
        resize(&claw, size);
        is_fresh(&claw);
    }
    assert_eq!(cells(&claw), before, "after the round trip all is as it was");
    quit(&mut claw);
    let (inside, outside) = clears(&claw.bytes());
    let repaints = SIZES.len();
    assert_eq!((inside, outside), (1 + SIZES.len() + repaints, 0), "one clear a size");
}

#[test]
fn an_open_question_and_the_draft_outlive_every_size() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    claw.press("\r");
    claw.wait("the question", |screen| screen.contents().contains("Edit calendar.sh  +1 -1"));
    claw.press("my draft");
    claw.wait("the draft", |screen| armed(screen, "Edit calendar.sh  +1 -1"));
    let draft = claw.contents().contains("my draft");
    // Text: colours of code come when they are there.
    let before = claw.contents();
    for size in SIZES {
        resize(&claw, size);
    }
    claw.wait("the question again", |screen| armed(screen, "Edit calendar.sh  +1 -1"));
    assert_eq!(claw.contents(), before, "after the round trip all is as it was");
    // All at once, without a look between them.
    let drawn = clears(&claw.bytes()).0;
    for n in 0..40 {
        claw.resize(60 + n, 50 - n / 2);
    }
    resize(&claw, WIDE);
    claw.wait("the question again", |screen| armed(screen, "Edit calendar.sh  +1 -1"));
    claw.wait("the last size", |screen| screen.contents() == before);
    assert!(clears(&claw.bytes()).0 - drawn <= 41, "at most one clear a size");
    claw.press("n");
    claw.wait_for("no file has changed");
    assert!(draft && claw.contents().contains("my draft"), "{}", claw.contents());
    quit(&mut claw);
    assert_eq!(clears(&claw.bytes()).1, 0, "never outside of a frame");
}

#[test]
fn a_turn_runs_on_through_every_size() {
    let home = Home::new();
    let mut claw = Terminal::start(&home, home.path(), &["demo"], WIDE);
    claw.wait_for(STORY);
    claw.press("\r");
    claw.wait_for("Steer (Enter)");
    for size in SIZES.into_iter().cycle().take(15) {
        resize(&claw, size);
    }
    claw.press("d");
    claw.wait("what is typed", |screen| screen.contents().contains("› d"));
    claw.press("\x03");
    claw.wait("the end of the turn", |screen| !screen.contents().contains("Tab queue"));
    quit(&mut claw);
    assert_eq!(clears(&claw.bytes()).1, 0, "never outside of a frame");
}

/// Resizes again and again, without a look between but now and then.
fn storm(claw: &Terminal, times: u16) {
    for n in 0..times {
        let size = (30 + (n * 37) % 180, 8 + (n * 13) % 55);
        if n % 25 == 24 { resize(claw, size) } else { claw.resize(size.0, size.1) }
    }
}

#[test]
fn two_hundred_sizes_while_words_come_and_as_many_while_a_question_stands() {
    let home = Home::new();
    let mut claw = Terminal::start(&home, home.path(), &["demo"], WIDE);
    claw.wait_for(STORY);
    claw.press("\r");
    claw.wait_for("Steer (Enter)");
    claw.press("my draft");
    claw.wait_for("my draft");
    storm(&claw, 200);
    resize(&claw, WIDE);
    let question = "Edit calendar.sh  +1 -1";
    claw.wait("the question", |screen| armed(screen, question));
    storm(&claw, 200);
    resize(&claw, WIDE);
    claw.wait("the question again", |screen| armed(screen, question));
    assert!(claw.contents().contains("my draft"), "{}", claw.contents());
    is_fresh(&claw);
    let answered = |home: &Home| {
        let log = home.path().join("claw/sessions");
        let logs = std::fs::read_dir(log).unwrap().map(|project| project.unwrap().path());
        let logs = logs.filter(|project| project.is_dir());
        let logs = logs.flat_map(|project| std::fs::read_dir(project).unwrap());
        let mut texts = logs.filter_map(|log| std::fs::read_to_string(log.unwrap().path()).ok());
        texts.any(|text| text.contains("permission_resolved"))
    };
    assert!(!answered(&home), "a new size answers nothing");
    claw.press("n");
    claw.wait("the question to leave", |screen| !armed(screen, question));
    assert!(answered(&home));
    claw.press("\x03");
    claw.wait("the end of the turn", |screen| !screen.contents().contains("Tab queue"));
    assert!(claw.contents().contains("my draft"), "{}", claw.contents());
    quit(&mut claw);
    assert_eq!(clears(&claw.bytes()).1, 0, "never outside of a frame");
}

#[test]
fn on_the_smallest_screens_what_is_typed_is_kept_and_a_question_is_answered() {
    for size in [(1, 1), (20, 5), (39, 11), (40, 12), (500, 150)] {
        let home = Home::new();
        let mut claw = demo(&home, WIDE);
        resize(&claw, size);
        claw.press(" More.");
        if size.0 >= 20 {
            claw.wait("what is typed", |screen| screen.contents().contains("More."));
            is_fresh(&claw);
        }
        claw.press("\r");
        // At any size a question shows its keys, and they answer it.
        if size.0 >= 20 {
            claw.wait("the question's keys", |screen| screen.contents().contains("y "));
        }
        resize(&claw, WIDE);
        claw.wait("the question", |screen| armed(screen, "Edit calendar.sh  +1 -1"));
        resize(&claw, size);
        claw.press("n");
        resize(&claw, WIDE);
        claw.wait_for("no file has changed");
        quit(&mut claw);
        assert_eq!(prompts(&log(&home)), [format!("{STORY} More.")], "{size:?}");
        assert_eq!(clears(&claw.bytes()).1, 0, "{size:?}: never outside of a frame");
    }
}
