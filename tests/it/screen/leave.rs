//! Every way out, and the way back.

use claw::protocol::StopReason;
use rustix::process::Signal;
use serde_json::json;

use super::*;
use crate::support::messages::{Gate, Reply};

/// A turn that runs until the gate opens.
fn running(home: &Home) -> (Terminal, Server, Gate) {
    let (reply, gate) = Reply::text("a long answer that never ends").gate_at(700);
    let server = Server::start(vec![reply]);
    let claw = with_model(home, &server, "go");
    claw.press("\r");
    claw.wait_for("a long");
    (claw, server, gate)
}

#[test]
fn every_way_to_quit_gives_the_terminal_back() {
    for keys in [&["\x03", "\x03"][..], &["\x04", "\x04"], &["/quit", "\r"], &["\x18q"]] {
        let home = Home::new();
        let mut claw = demo(&home, WIDE);
        claw.press("\x15");
        claw.wait_for(IDLE);
        for (at, key) in keys.iter().enumerate() {
            claw.press(key);
            if at + 1 < keys.len() {
                claw.wait("an echo or a hint", |screen| {
                    let text = screen.contents();
                    text.contains(key) || text.contains("Ctrl+C again quits")
                });
            }
        }
        assert_eq!(claw.exit_code(), 0, "{keys:?}");
        is_given_back(&claw);
    }
}

#[test]
fn a_running_turn_is_stopped_by_leaving() {
    for keys in ["\x18q", "/quit\r"] {
        let home = Home::new();
        let (mut claw, _server, _gate) = running(&home);
        claw.press(keys);
        claw.wait_for("Stop the turn and quit");
        claw.press("\x1b[B\r");
        assert_eq!(claw.exit_code(), 0, "{keys:?}");
        is_given_back(&claw);
        assert_eq!(ends(&log(&home)), [StopReason::Cancelled], "{keys:?}");
    }
}

#[test]
fn a_signal_ends_it_tidily_and_is_told_in_the_exit_code() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let home = Home::new();
        let (mut claw, _server, _gate) = running(&home);
        claw.signal(signal);
        assert_eq!(claw.exit_code(), code);
        is_given_back(&claw);
        assert_eq!(ends(&log(&home)), [StopReason::Cancelled], "{signal:?}");
    }
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_takes_it_again() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    claw.press(" More.");
    claw.wait_for("fix it. More.");
    let before = claw.contents();
    for by_key in [true, false, true] {
        if by_key {
            claw.press("\x1a");
        } else {
            claw.signal(Signal::TSTP);
        }
        claw.wait("the shell's screen", |screen| !screen.alternate_screen());
        claw.wait_stopped();
        is_given_back(&claw);
        claw.signal(Signal::CONT);
        claw.wait("the same again", |screen| {
            screen.alternate_screen() && screen.bracketed_paste() && screen.contents() == before
        });
        assert!(!claw.is_cooked());
    }
    claw.press("x");
    claw.wait_for("fix it. More.x");
    quit(&mut claw);
    assert_eq!(clears(&claw.bytes()).1, 0, "never outside of a frame");
}

#[test]
fn a_program_that_was_stopped_unasked_draws_anew() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    let before = claw.contents();
    claw.signal(Signal::STOP);
    claw.wait_stopped();
    // The shell wrote across it meanwhile.
    let drawn = clears(&claw.bytes()).0;
    claw.signal(Signal::CONT);
    claw.wait_bytes("all of it again", |bytes| clears(bytes).0 > drawn);
    claw.wait("the same again", |screen| screen.contents() == before);
    quit(&mut claw);
}

#[test]
fn a_killed_session_says_so_and_lacks_no_result() {
    // While a question is open.
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    claw.press("\r");
    claw.wait("the question", |screen| armed(screen, "Edit calendar.sh"));
    claw.signal(Signal::KILL);
    assert_eq!(claw.exit_code(), 137);
    let mut claw = Terminal::start(&home, &scratch(&home), &["--resume", "latest"], WIDE);
    claw.wait_for("claw ended while it ran");
    claw.wait_for(IDLE);
    quit(&mut claw);
    assert_eq!(ends(&log(&home)), [StopReason::Interrupted]);

    // While a command runs.
    let home = Home::new();
    let input = json!({"command": "echo begun > begun; read < hold", "description": "wait"});
    let server =
        Server::start(vec![Reply::tool("t1", "bash", &input), Reply::text("and on it goes")]);
    let mut claw = with_model(&home, &server, "go");
    let project = home.path().join("project");
    let made = Command::new("mkfifo").arg(project.join("hold")).status().unwrap();
    assert!(made.success());
    claw.press("\r");
    answer(&claw, "Run a shell command", "y");
    claw.wait("the command to run", |_| project.join("begun").exists());
    claw.signal(Signal::KILL);
    assert_eq!(claw.exit_code(), 137);
    // Whatever is left of the command ends here.
    let hold = rustix::fs::open(
        project.join("hold"),
        rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK,
        rustix::fs::Mode::empty(),
    );
    drop(hold);

    let (key, url) = ("ANTHROPIC_API_KEY", server.url());
    let env = [(key, "k"), ("ANTHROPIC_BASE_URL", url.as_str())];
    let mut claw = Terminal::start_with(&home, &project, &["--resume", "latest"], &env, WIDE);
    claw.wait_for("claw ended while it ran");
    claw.press("go on\r");
    claw.wait_for("and on it goes");
    claw.wait_for(IDLE);
    quit(&mut claw);
    assert_eq!(ends(&log(&home)), [StopReason::Interrupted, StopReason::EndTurn]);
}
