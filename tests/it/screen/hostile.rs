//! What models, tools and files say never reaches the terminal as anything but text.

use serde_json::json;

use super::*;
use crate::support::messages::Reply;

/// What no terminal may get from us, wherever it came from.
const RAW: [&str; 6] = [
    "\x1b]52;c;aGFjaw",
    "\x1b[?1003h",
    "\x1b]8;;http://evil",
    "\x1bP1000p",
    "\u{9b}2J",
    "\u{202e}",
];

#[test]
fn sequences_are_shown_and_never_sent() {
    let home = Home::new();
    let hostile = format!("{}\x1b[2J\x1b[3J", RAW.join("x"));
    let command = format!("printf %s '{hostile}'");
    let server = Server::start(vec![
        Reply::message(&[
            json!({"type": "thinking", "thinking": format!("hm {hostile}"), "signature": "s"}),
            json!({"type": "text", "text": format!("look: {hostile}")}),
            json!({"type": "tool_use", "id": "t1", "name": "bash",
                   "input": {"command": command, "description": hostile}}),
        ]),
        Reply::text(&format!("```\n{hostile}\n```\n\n| a{hostile} |\n|---|\n| b |\n\nthe end")),
    ]);
    let mut claw = with_model(&home, &server, "");
    let shown = "<U+001B>]52;c;aGFjaw";
    claw.press(&pasted(&format!("do {hostile}")));
    claw.wait_for("do ");
    claw.press("\r");
    claw.wait("the question", |screen| armed(screen, "Run a shell command"));
    claw.wait_for(shown);
    claw.press("\x1b[6~G");
    claw.wait("all of it was seen", |screen| !screen.contents().contains("not all of it"));
    claw.press("y");
    claw.wait_for("the end");
    claw.wait_for(IDLE);
    claw.wait_for(shown);
    // Every pane that shows calls.
    claw.press("\x142lG");
    quit(&mut claw);

    let bytes = claw.bytes();
    let text = String::from_utf8_lossy(&bytes);
    for raw in RAW {
        assert!(!text.contains(raw), "{raw:?} reached the terminal");
    }
    let (inside, outside) = clears(&bytes);
    assert_eq!((inside, outside), (1, 0), "one clear, at the start");
    assert!(results(&log(&home)).contains("aGFjaw"), "the tool did run");
}
