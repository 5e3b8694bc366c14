//! The question whether a call may run, as a user meets it: what was shown is what runs.

use serde_json::json;

use super::*;
use crate::support::messages::Reply;

/// A program of the project that says what it was told, in a file.
const TOOL: &str = "#!/bin/sh\necho \"$1\" >> said\n";

/// A project with a program, and claw in it with a model that makes these calls one by one.
struct Asked {
    claw: Terminal,
    server: Server,
    home: Home,
}

impl Asked {
    /// The prompt is written and not sent.
    fn with(replies: Vec<Reply>) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let home = Home::new();
        let tool = home.path().join("project/tool");
        std::fs::create_dir_all(tool.parent().unwrap()).unwrap();
        std::fs::write(&tool, TOOL).unwrap();
        std::fs::set_permissions(&tool, PermissionsExt::from_mode(0o755)).unwrap();
        let server = Server::start(replies);
        let claw = with_model(&home, &server, "");
        claw.press("go");
        claw.wait_for("› go");
        Self { claw, server, home }
    }

    fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    /// A file of the project; nothing where it is not there.
    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.project().join(name)).unwrap_or_default()
    }

    /// Types, then waits for what that brings.
    #[track_caller]
    fn does(&self, keys: &str, seen: &str) {
        self.claw.press(keys);
        self.claw.wait_for(seen);
    }

    /// Waits until the question about `what` takes keys.
    #[track_caller]
    fn armed(&self, what: &str) {
        self.claw.wait(what, |screen| armed(screen, what));
    }

    /// The turn ends with these words; then claw does.
    #[track_caller]
    fn ends(mut self, last: &str) -> Vec<Envelope> {
        self.claw.wait_for(last);
        self.claw.wait_for(IDLE);
        quit(&mut self.claw);
        log(&self.home)
    }
}

fn run(id: &str, command: &str) -> Reply {
    Reply::tool(id, "bash", &json!({"command": command, "description": "say it"}))
}

fn done() -> Reply {
    Reply::text("All is done.")
}

/// How often it was asked.
fn questions(log: &[Envelope]) -> usize {
    let asked = |it: &&Envelope| matches!(it.event, Event::PermissionRequested { .. });
    log.iter().filter(asked).count()
}

#[test]
fn keys_that_are_typed_while_it_appears_are_the_drafts() {
    let it = Asked::with(vec![run("b", "./tool one"), done()]);
    // In one piece with the key that sends: the question comes while somebody types.
    it.claw.press("\rynaed1");
    it.claw.wait("the question and the draft", |screen| {
        let text = screen.contents();
        text.contains("Permission 1 of 1") && text.contains("› ynaed1")
    });
    it.armed("./tool one");
    assert_eq!(it.file("said"), "", "no key of these answered");
    it.claw.wait_for("› ynaed1");
    // The sentence goes on after a pause: its first letter answers nothing either.
    it.does("yes, deny", "› ynaed1yes, deny");
    assert_eq!(it.file("said"), "", "no word answered");
    it.armed("./tool one");
    it.claw.press("y");
    it.claw.wait_for("All is done.");
    assert_eq!(it.file("said"), "one\n");
    // What was typed is still there.
    it.claw.wait_for("› ynaed1yes, deny");
    let Asked { mut claw, home, .. } = it;
    quit(&mut claw);
    assert_eq!(questions(&log(&home)), 1);
}

#[test]
fn a_rule_that_is_kept_holds_for_that_call_and_for_no_other() {
    let it = Asked::with(vec![
        run("b1", "./tool one"),
        run("b2", "./tool one"),
        run("b3", "./tool two"),
        done(),
    ]);
    it.claw.press("\r");
    it.armed("./tool one");
    it.does("a", "matches none of the last 200 calls");
    it.claw.wait_for("[this session]");
    // What it would allow is found out as it is written.
    it.does("e", "The rule:");
    it.does("\x7f:*)", "would also allow: ./tool one --force");
    it.does("\x1b", "Allow always, without a question:");
    it.claw.wait("the rule as it was", |screen| {
        let text = screen.contents();
        text.contains("[x] Bash(./tool one)") && !text.contains("would also allow")
    });
    it.does("\t", "[this project (your own settings)]");
    it.does("\r", "Enter again keeps the rule for this project");
    assert_eq!(it.file("said"), "", "nothing ran before it was kept");
    // The same key so soon after itself is held down: another stands between.
    it.claw.press("k\r");
    it.armed("./tool two");
    assert_eq!(it.file("said"), "one\none\n", "the same call was not asked again");
    it.claw.press("n");
    let kept = std::fs::read_dir(it.home.path().join("claw/projects")).unwrap();
    let kept = kept.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default());
    let kept: String = kept.collect();
    assert!(kept.contains("Bash(./tool one)") && !kept.contains("one:*"), "{kept}");
    let said = it.project().join("said");
    let (said, log) = (std::fs::read_to_string(said).unwrap(), it.ends("All is done."));
    assert_eq!((said.as_str(), questions(&log)), ("one\none\n", 2));
}

#[test]
fn a_command_is_edited_and_what_is_shown_then_is_what_runs() {
    let it = Asked::with(vec![run("b", "./tool wrong"), done()]);
    it.claw.press("\r");
    it.armed("./tool wrong");
    it.does("e", "The command, as it is to be run:");
    it.does("\x7f\x7f\x7f\x7f\x7fright", "./tool right");
    it.does("\r", "Asked anew: you changed it");
    it.armed("./tool right");
    assert_eq!(it.file("said"), "", "an edit runs nothing");
    it.claw.press("y");
    it.claw.wait_for("All is done.");
    assert_eq!(it.file("said"), "right\n");
    let told = it.server.wait_for(2)[1].json().to_string();
    assert!(told.contains("The user changed this command. What was run is"), "{told}");
    it.ends("All is done.");
}

#[test]
fn a_question_that_is_put_off_waits_and_is_called_back() {
    let it = Asked::with(vec![run("b", "./tool one"), done()]);
    it.claw.press("\r");
    it.armed("./tool one");
    it.claw.press("\x1b");
    it.claw.wait("the question to wait", |screen| {
        let text = screen.contents();
        text.contains("1 waiting") && !text.contains("Permission 1 of 1")
    });
    // The keyboard is the draft's: nothing of it answers.
    it.claw.press_until("y", |screen| screen.contents().contains("› y"));
    assert_eq!(it.file("said"), "");
    it.claw.press("\x15\x18a");
    it.armed("./tool one");
    it.claw.press("y");
    it.claw.wait_for("All is done.");
    assert_eq!(it.file("said"), "one\n");
    assert_eq!(questions(&it.ends("All is done.")), 1);
}

#[test]
fn a_capital_answers_all_that_wait_of_a_kind() {
    let outside = tempfile::tempdir().unwrap();
    let read = |name: &str| {
        let path = outside.path().canonicalize().unwrap().join(name);
        std::fs::write(&path, format!("the words of {name}")).unwrap();
        json!({"type": "tool_use", "id": name, "name": "read", "input": {"path": path}})
    };
    let it = Asked::with(vec![Reply::message(&[read("first"), read("second")]), done()]);
    it.claw.press("\r");
    it.armed("Permission 1 of 2");
    // Before they are all shown, nothing is answered.
    it.does("N", "N again denies these 2");
    it.claw.wait_for("Deny all 2 of this kind");
    // The same key so soon after itself is held down: another stands between.
    it.claw.press("kN");
    let log = it.ends("All is done.");
    let denied = log.iter().filter(|it| {
        let denied = claw::protocol::PermissionOutcome::Deny { message: None };
        matches!(&it.event, Event::PermissionResolved { outcome, .. } if *outcome == denied)
    });
    assert_eq!((questions(&log), denied.count()), (2, 2));
    assert!(!results(&log).contains("the words of"), "{}", results(&log));
}

#[test]
fn a_file_that_changes_behind_the_question_is_asked_anew() {
    let edit = json!({"path": "f", "old_string": "two\n", "new_string": "zwei\n"});
    let it = Asked::with(vec![
        Reply::tool("r", "read", &json!({"path": "f"})),
        Reply::tool("w", "edit", &edit),
        done(),
    ]);
    let path = it.project().join("f");
    std::fs::write(&path, "one\ntwo\n").unwrap();
    it.claw.press("\r");
    it.armed("Edit f");
    // It does not fit any more: a yes writes nothing. Then it fits again, elsewhere.
    std::fs::write(&path, "all is new\n").unwrap();
    it.claw.wait_for("does not apply");
    std::fs::write(&path, "null\none\ntwo\n").unwrap();
    it.claw.wait("what fits again", |screen| {
        let text = screen.contents();
        text.contains("f changed on disk") && text.contains("made to fit again")
    });
    it.armed("null");
    assert_eq!(it.file("f"), "null\none\ntwo\n", "nothing was written so far");
    it.claw.press("y");
    it.claw.wait_for("All is done.");
    assert_eq!(it.file("f"), "null\none\nzwei\n");
    let log = it.ends("All is done.");
    let renewed = |it: &&Envelope| matches!(it.event, Event::PermissionRenewed { .. });
    assert!(log.iter().filter(renewed).count() >= 2 && questions(&log) == 1);
}

#[test]
fn a_yes_to_an_edit_that_fits_its_file_no_more_writes_nothing() {
    let edit = json!({"path": "f", "old_string": "two\n", "new_string": "zwei\n"});
    let it = Asked::with(vec![
        Reply::tool("r", "read", &json!({"path": "f"})),
        Reply::tool("w", "edit", &edit),
        done(),
    ]);
    let path = it.project().join("f");
    std::fs::write(&path, "one\ntwo\n").unwrap();
    it.claw.press("\r");
    it.armed("Edit f");
    // The answer and the change cross: whichever comes first, the file stays the user's.
    std::fs::write(&path, "all is new\n").unwrap();
    it.claw.press("y");
    it.claw.wait("the renewal, or the end", |screen| {
        let text = screen.contents();
        text.contains("All is done.") || armed(screen, "does not apply")
    });
    if !it.claw.contents().contains("All is done.") {
        it.claw.press("y");
    }
    it.claw.wait_for("All is done.");
    assert_eq!(it.file("f"), "all is new\n");
    // A key that came between the two questions is the draft's.
    it.claw.press_until("\x15", |screen| screen.contents().contains(IDLE));
    it.ends("All is done.");
}
