//! `claw --inline`: the linear face in the terminal's own screen, in colours.

use super::*;
use crate::support::run::service;
use crate::support::story::{PROMPT, Story, numbers};

#[test]
fn a_turn_is_appended_in_colours_and_no_other_screen_is_taken() {
    let mut story = Story::new();
    story.think_on();
    let Story { place, server, .. } = &story;
    let url = server.url();
    let args = ["--inline", "--theme", "claw-dark"];
    // All of it is on the screen at once: what was said stands there.
    let tall = (120, 200);
    let mut claw = Terminal::start_with(&place.home, &place.project, &args, &service(&url), tall);
    claw.wait_for("ready in");
    claw.press(&format!("{PROMPT}\r"));
    claw.wait_for("Waiting: may this run? Write f.txt");
    // Answers are numbers, as of the linear face.
    let number = |claw: &Terminal, words: &str| {
        let text = claw.contents();
        let line = text.lines().rev().find(|line| line.contains(words)).unwrap();
        line.trim().split(' ').next().unwrap().to_owned()
    };
    claw.wait_for("deny and say why");
    claw.press(&format!("{}\r", number(&claw, "deny; the agent goes on")));
    claw.wait_for("Waiting: may this run? Run rm -r build");
    claw.wait("its answers", |screen| {
        let text = screen.contents();
        text.rfind("deny and say why") > text.rfind("rm -r build")
    });
    claw.press(&format!("{}\r", number(&claw, "deny; the agent goes on")));
    claw.wait_for("Nothing was removed.");
    claw.wait_for("Done: the turn is over");
    assert_eq!(story.file(), numbers(), "denied");

    let text = claw.contents();
    let once = |words: &str| text.matches(words).count() == 1;
    assert!(once(PROMPT) && once("Nothing was removed.") && once("I read the numbers"), "{text}");
    claw.press("/quit\r");
    assert_eq!(claw.exit_code(), 0);
    let bytes = String::from_utf8_lossy(&claw.bytes()).into_owned();
    assert!(bytes.contains("\x1b[38;2;"), "in colours");
    for moved in ["\x1b[?1049h", "\x1b[2J", "\x1b[H", "\x1b[1A"] {
        assert!(!bytes.contains(moved), "nothing that stands there is drawn over: {moved:?}");
    }
    assert!(claw.is_cooked());
}
