//! A trace is the screen again.

use std::process::Output;

use super::*;

fn replay(home: &Home, args: &[&str]) -> Output {
    let mut claw = Command::new(env!("CARGO_BIN_EXE_claw"));
    claw.arg("replay").args(args).env_clear().envs(home.env()).current_dir(home.path());
    claw.output().unwrap()
}

fn trimmed(text: &str) -> String {
    text.trim_end().lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

#[test]
fn the_last_frame_of_a_trace_is_the_screen_and_the_log_has_its_turns() {
    let home = Home::new();
    let args = ["demo", "--fast", "--trace", "t.jsonl"];
    let mut claw = Terminal::start(&home, home.path(), &args, WIDE);
    claw.wait("all of it", |screen| {
        let text = screen.contents();
        text.contains(STORY) && text.contains(" main ")
    });
    claw.press("\r");
    claw.wait("the question", |screen| armed(screen, "calendar.sh"));
    claw.press("n");
    claw.wait_for("no file has changed");
    claw.wait_for(IDLE);
    // Killed, it leaves the terminal as the last frame was.
    claw.signal(rustix::process::Signal::KILL);
    claw.exit_code();
    let shown = trimmed(&claw.contents());

    let played = replay(&home, &["t.jsonl", "--text", "last"]);
    assert_eq!(String::from_utf8_lossy(&played.stderr), "");
    assert_eq!(trimmed(&String::from_utf8(played.stdout).unwrap()), shown);

    let turn = replay(&home, &["latest", "--text", "1"]);
    let turn = String::from_utf8(turn.stdout).unwrap();
    assert!(turn.contains("no file has changed"), "{turn}");
    let before = String::from_utf8(replay(&home, &["latest", "--text", "0"]).stdout).unwrap();
    assert!(!before.contains("no file has changed"), "{before}");
    let none = replay(&home, &["latest", "--text", "7"]);
    assert_eq!(none.status.code(), Some(2));

    let whole = std::fs::read(home.path().join("t.jsonl")).unwrap();
    std::fs::write(home.path().join("cut.jsonl"), &whole[..whole.len() - 4]).unwrap();
    let cut = replay(&home, &["cut.jsonl", "--text"]);
    let said = String::from_utf8_lossy(&cut.stderr).into_owned();
    assert!(
        cut.status.success() && said.contains("cut.jsonl:") && said.contains("cut off"),
        "{said}"
    );
    std::fs::write(home.path().join("other.txt"), "hello\n").unwrap();
    let other = replay(&home, &["other.txt", "--text"]);
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(2) && said.contains("other.txt:1: neither"), "{said}");
}
