//! The linear face: the built program, lines in and lines out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use claw::base::clock;
use serde_json::json;

use crate::support::messages::{Reply, Server};
use crate::support::run::Place;
use crate::support::story::{
    CODE, COMMENT, PROMPT, QUEUED, STEER, Story, WHY_NOT, numbers, spelled,
};

/// How long a line is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A talk with claw.
struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Talk {
    fn begin(place: &Place, server: &Server) -> Self {
        Self::with(place.claw(server, &["--plain"]))
    }

    fn with(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (told, lines) = sync_channel(1024);
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| told.send(line))
        });
        let input = child.stdin.take();
        Self { child, input, lines, heard: Vec::new() }
    }

    fn write(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for a line that contains this.
    fn until(&mut self, wanted: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no {wanted:?} after {:#?}", self.heard));
            self.heard.push(line.clone());
            if line.contains(wanted) {
                return line;
            }
        }
    }

    /// Looks again and again until this is said: the world changes while nobody says so.
    fn look(&mut self, command: &str, wanted: &str) {
        let word = wanted.split(' ').next().unwrap();
        let until = clock::instant() + PATIENCE;
        loop {
            self.write(command);
            if self.until(word).contains(wanted) {
                return;
            }
            assert!(clock::instant() < until, "no {wanted:?} after {:#?}", self.heard);
        }
    }

    /// Gives the answer that says this in the question that is open.
    fn choose(&mut self, answer: &str) {
        let line = self.until(answer);
        self.write(line.trim().split(' ').next().unwrap());
    }

    fn end(mut self) -> (Option<i32>, Vec<String>) {
        self.input = None;
        let code = self.child.wait().unwrap().code();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.heard.push(line);
        }
        (code, self.heard)
    }
}

/// Asks for `ls`-like work once, then says what came back.
fn server() -> Server {
    Server::answering(|request| {
        let text = request.json().to_string();
        if text.contains("tool_result") {
            return Reply::text("It was refused. I go on.\n\n```sh\necho one\n```\nThat is all.");
        }
        Reply::tool("toolu_1", "bash", &json!({"command": "touch made", "description": "make it"}))
    })
}

#[test]
fn a_talk_by_lines_alone() {
    let (place, server) = (Place::new(), server());
    let mut talk = Talk::begin(&place, &server);
    talk.until("Help: ");
    talk.write("make a file");
    talk.until("Waiting: may this run? Run touch made");
    talk.until("deny and say why");
    talk.until("Type a number");
    talk.write("9");
    talk.until("That is no number");
    let deny = talk.until("deny and say why");
    talk.write(deny.trim().split(' ').next().unwrap());
    talk.until("write why");
    talk.write("use the other folder");
    talk.until("Tool: Run denied");
    talk.until("Claw: It was refused.");
    talk.until("Claw: I go on.");
    talk.until("Code: echo one");
    talk.until("Done: ");
    assert!(server.requests().last().unwrap().json().to_string().contains("use the other folder"));
    talk.write("/copy 1");
    // The block itself: its eight bytes and the line's end.
    talk.until("\u{1b}]52;c;ZWNobyBvbmUK\u{7}");
    talk.write("/activity");
    talk.until("1 failed: Run touch made");
    talk.write("/sessions");
    talk.until("1 here");
    talk.write("/new");
    talk.until("ready in");
    talk.write("/sessions");
    talk.until("at rest");
    talk.write("/quit");
    let (code, heard) = talk.end();
    assert_eq!(code, Some(0), "{heard:#?}");
    let raw = heard.iter().any(|line| line.contains("\u{1b}["));
    assert!(!raw, "{heard:#?}");
    assert_eq!(place.read("made"), None);
}

#[test]
fn a_copy_goes_to_the_program_that_the_screen_would_ask() {
    let (place, server) =
        (Place::new(), Server::answering(|_| Reply::text("Now.\n\n```sh\nls\n```")));
    let (bin, copied) = (place.home.path().join("bin"), place.home.path().join("copied"));
    std::fs::create_dir(&bin).unwrap();
    let program = format!("#!/bin/sh\nexec /bin/cat > '{}'$1\n", copied.display());
    std::fs::write(bin.join("wl-copy"), program).unwrap();
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(bin.join("wl-copy"), mode).unwrap();
    let mut command = place.claw(&server, &["--plain"]);
    command.env("PATH", &bin).env("WAYLAND_DISPLAY", "wayland-0");
    let mut talk = Talk::with(command);
    talk.write("say something");
    talk.until("Done: ");
    // Left at once: what was asked for is done all the same.
    talk.write("/copy 1");
    talk.write("/quit");
    let (code, heard) = talk.end();
    assert_eq!(code, Some(0), "{heard:#?}");
    assert!(heard.iter().any(|line| line == "Clipboard: copied 3 chars (wl-copy)"), "{heard:#?}");
    assert!(!heard.iter().any(|line| line.contains("\u{1b}]52")), "{heard:#?}");
    assert_eq!(std::fs::read_to_string(copied).unwrap(), "ls\n");
}

#[test]
fn a_turn_that_is_named_by_its_number_is_quoted_to_the_model() {
    let (place, server) = (Place::new(), Server::answering(|_| Reply::text("Done so.")));
    let mut talk = Talk::begin(&place, &server);
    talk.write("make the delay double");
    talk.until("Done: ");
    talk.write("undo what #1 did, see #77");
    talk.until("With it: [#1 is turn 1 of this session. Its prompt:]");
    talk.until("With it: > make the delay double");
    talk.until("Done: ");
    let said = server.requests().last().unwrap().json()["messages"].to_string();
    assert!(said.contains("undo what #1 did, see #77"), "{said}");
    assert!(said.contains("[#1 is turn 1 of this session. Its prompt:]\\n> make the"), "{said}");
    assert!(!said.contains("[#77"), "{said}");
    talk.write("/quit");
    assert_eq!(talk.end().0, Some(0));
}

#[test]
fn the_whole_walk_by_lines_alone() {
    let mut story = Story::new();
    let mut talk = Talk::begin(&story.place, &story.server);
    talk.until("Help: ");
    talk.write(PROMPT);
    talk.until("Tool: Read f.txt");
    story.server.wait_for(2);
    talk.write(STEER);
    talk.write(&format!("/queue {QUEUED}"));
    talk.until("Queue: 2 waiting");
    talk.write("/queue");
    talk.until(&format!("Queue: into this turn: {STEER}"));
    talk.until(&format!("Queue: after this turn: {QUEUED}"));
    story.think_on();

    // One hunk of three, and why not the last one.
    talk.until("Waiting: may this run? Write f.txt");
    talk.choose("choose hunks");
    talk.until("the numbers of the hunks");
    talk.write("2");
    talk.until("why not hunk 1?");
    talk.write("");
    talk.until("why not hunk 3?");
    talk.write(COMMENT);
    talk.until("Waiting: may this run? Run rm -r build");
    story.check_part();
    talk.choose("deny and say why");
    talk.until("write why");
    talk.write(WHY_NOT);
    talk.until("Claw: Nothing was removed.");
    story.check_denied();
    talk.until("Claw: Done so.");
    story.check_queued();
    talk.until("Done: ");

    talk.write("/find removed");
    talk.until("Found: turn 1: Nothing was removed.");
    talk.write("/copy 1");
    talk.until(&format!("\u{1b}]52;c;{}\u{7}", BASE64_STANDARD.encode(CODE)));

    // Away and back again.
    talk.write("/new");
    talk.until("ready in");
    talk.write("/sessions");
    let there = talk.until(PROMPT);
    talk.write(&format!("/open {}", there.trim().split(' ').next().unwrap()));
    talk.until("Session: 2 turns so far");
    talk.write("/last");
    talk.until("Done so.");

    // The hunk is taken back, and put in again.
    talk.look("/changes", "Changes: 1 file since");
    talk.write("/revert 1 1");
    talk.until("Reverting: 1 hunk;");
    talk.look("/changes", "Changes: none since");
    assert_eq!((story.file(), story.diff()), (numbers(), String::new()));
    talk.write("/undo");
    talk.until("Undoing: ");
    talk.look("/changes", "Changes: 1 file since");
    assert_eq!(story.file(), spelled(&[20]));

    // A turn runs: it is asked once whether to leave.
    talk.write("go on");
    story.check_last("go on");
    talk.write("/quit");
    talk.until("/quit again");
    talk.write("/changes");
    talk.until("Changes: ");
    talk.write("/quit");
    talk.until("/quit again");
    talk.write("/quit");
    let (code, heard) = talk.end();
    assert_eq!(code, Some(0), "{heard:#?}");
    let moved = heard.iter().any(|line| line.contains("\u{1b}["));
    assert!(!moved, "{heard:#?}");
}
