//! What is typed outlives the program, and the user's own editor.

use rustix::process::Signal;

use super::*;
use crate::support::messages::Reply;

/// The draft that is kept of the only session; none where there is none.
fn kept(home: &Home) -> Option<String> {
    let projects = std::fs::read_dir(home.path().join("claw/sessions")).ok()?.flatten();
    let files =
        projects.flat_map(|project| std::fs::read_dir(project.path()).into_iter().flatten());
    let is_draft = |path: &PathBuf| path.to_string_lossy().ends_with(".draft.json");
    let path = files.flatten().map(|entry| entry.path()).find(is_draft)?;
    let text = std::fs::read_to_string(path).ok()?;
    let draft: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(draft["text"].as_str()?.to_owned())
}

/// claw in the project, with arguments and variables.
fn started(home: &Home, server: &Server, args: &[&str], more: &[(&str, &str)]) -> Terminal {
    let url = server.url();
    let mut env = vec![("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", url.as_str())];
    env.extend(more);
    let project = home.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    Terminal::start_with(home, &project, args, &env, WIDE)
}

/// Looks again after each frame: a file is written when the screen is at rest.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = claw::base::clock::instant();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 20, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_killed_program_loses_no_draft() {
    let home = Home::new();
    let server = Server::start(vec![Reply::text("the answer"), Reply::text("the second")]);
    let mut claw = started(&home, &server, &[], &[]);
    claw.wait_for(IDLE);
    claw.press("first\r");
    claw.wait_for("the answer");
    claw.wait_for(IDLE);
    claw.press("half a thought");
    claw.wait_for("half a thought");
    until("the draft is written", || kept(&home).as_deref() == Some("half a thought"));
    claw.signal(Signal::KILL);
    claw.exit_code();

    let mut claw = started(&home, &server, &["--continue"], &[]);
    claw.wait_for("your draft is back");
    claw.press(", done\r");
    claw.wait_for("the second");
    claw.wait_for(IDLE);
    until("what was sent is not kept", || kept(&home).is_none());
    claw.press("\x1b[A");
    claw.wait_for("› half a thought, done");
    claw.press("\x1b[A");
    claw.wait_for("› first");
    quit(&mut claw);
    assert_eq!(prompts(&log(&home)), ["first", "half a thought, done"]);
}

#[test]
fn the_users_editor_gets_the_terminal_and_gives_it_back() {
    let home = Home::new();
    let server = Server::start(vec![]);
    let script = home.path().join("editor.sh");
    std::fs::write(
        &script,
        "read key < /dev/tty\nprintf '%s\\nby %s' \"$(cat \"$1\")\" \"$key\" > \"$1\"\n",
    )
    .unwrap();
    let editor = format!("sh {}", script.display());
    let mut claw = started(&home, &server, &[], &[("VISUAL", &editor)]);
    claw.wait_for(IDLE);
    claw.press("a draft");
    claw.wait_for("› a draft");
    claw.press("\x07");
    claw.wait("the editor's screen", |screen| !screen.alternate_screen());
    claw.press("hand\n");
    claw.wait("our screen", vt100::Screen::alternate_screen);
    claw.wait_for("by hand");
    claw.press(", and typed");
    claw.wait_for("by hand, and typed");
    quit(&mut claw);
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let home = Home::new();
    let server = Server::start(vec![]);
    let mut claw = started(&home, &server, &[], &[("VISUAL", "false")]);
    claw.wait_for(IDLE);
    claw.press("a draft");
    claw.wait_for("› a draft");
    claw.press("\x07");
    claw.wait_for("nothing is changed");
    claw.press(" still");
    claw.wait_for("› a draft still");
    quit(&mut claw);
}
