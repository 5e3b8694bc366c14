//! What models, tools and files say never reaches the terminal as anything but text.

use claw::base::text;
use serde_json::json;

use super::*;
use crate::support::messages::Reply;

/// What no terminal may get from us, wherever it came from.
const RAW: [&str; 7] = [
    "\x1b]52;c;aGFjaw",
    "\x1b[?1003h",
    "\x1b]8;;http://evil",
    "\x1bP1000p",
    "\u{9b}2J",
    "\x1b[?2026h\x1b[?2026h",
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

/// What stands in the bytes and is neither text nor one of the sequences that claw itself sends.
fn foreign(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let ours = regex::Regex::new(
        "^(\\x1b\\[[0-9;:]*m|\\x1b\\[\\d+;\\d+H|\\x1b\\[2J|\\x1b\\[\\?(25|1000|1002|1004|1006|1049|2004|2026)[hl]\
         |\\x1b\\[(>1|<1)u|\\x1b\\[2[23];0t|\\x1b\\[=[13];1u|\\x1b\\[c|\\x1b\\]11;\\?\\x07|\\x1b\\]7;file://[!-~]*\\x1b\\\\|\\x1b\\]2;[^\\x00-\\x1f\\x7f-\\u{9f}]*\\x07)",
    )
    .unwrap();
    let mut found = Vec::new();
    // When it is left, the shell's line follows.
    let end = text.rfind("\x1b[?1049l").unwrap_or(text.len());
    let mut rest = &text[..end];
    while let Some(at) = rest.find(|c: char| c.is_control() || text::is_hidden(c)) {
        rest = &rest[at..];
        let skip = ours.find(rest).map_or(0, |sequence| sequence.end());
        if skip == 0 {
            found.push(rest.chars().take(12).collect::<String>().escape_debug().to_string());
        }
        rest = &rest[skip.max(rest.chars().next().map_or(1, char::len_utf8))..];
    }
    found
}

#[test]
fn names_of_files_and_output_are_text_wherever_they_stand() {
    let home = Home::new();
    let project = home.path().join("project");
    std::fs::create_dir_all(project.join("a\x1b]0;dir\x07")).unwrap();
    let hostile = "b\x1b]52;c;aGFjaw==\x07\x1b[?2026h\r\u{202e}\u{9b}2J.txt";
    std::fs::write(project.join(hostile), "x\r\x1bP1000p\x1b\\ \u{7}\x08 y\n").unwrap();
    let printed =
        "printf 'one\\rtwo\\033]8;;http://e\\033\\\\l\\033[?2026h\\033[3J\\bx\\a\\013\\014\\n'; ls";
    let edit = json!({"path": format!("a\x1b]0;dir\x07/{hostile}"), "content": "\x1b[2J\r\n"});
    let server = Server::start(vec![
        Reply::tool("t1", "read", &json!({"path": hostile})),
        Reply::tool("t2", "bash", &json!({"command": printed})),
        Reply::tool("t3", "write", &edit),
        Reply::text(&format!("`{hostile}` and [a link](http://e\x1b[2J) \r the end of all")),
    ]);
    let mut claw = with_model(&home, &server, "");
    // Offered to complete the draft.
    claw.press("@b");
    claw.wait_for("<U+001B>]52;c;");
    claw.press("\x1b");
    claw.wait("the offer to go", |screen| !screen.contents().contains("<U+001B>]52;c;"));
    claw.press("\x15");
    claw.wait_for(IDLE);
    claw.press("go\r");
    claw.wait("the first question", |screen| screen.contents().contains("armed ▰▰▰▰"));
    for _ in 0..200 {
        // As in a shell: with `Enter` a letter that has just come is surely an answer.
        claw.press("Gy\r");
        claw.wait("the next one, or the end", |screen| {
            let text = screen.contents();
            text.contains("armed ▰▰▰▰") || text.contains(" 16 out")
        });
        if claw.contents().contains(" 16 out") {
            break;
        }
    }
    claw.wait_for(" 16 out");
    // Every pane, unfolded.
    claw.press("\x1b1zR");
    claw.press("\x1b2lG");
    claw.press("\x1b3G");
    claw.press("\x1b");
    quit(&mut claw);
    assert_eq!(foreign(&claw.bytes()), Vec::<String>::new());
    assert_eq!(foreign(b"a\x1b[2Kb\x1b]52;c;x\x07\rc").len(), 4, "the check sees what is foreign");
}
