//! No question is answered before it is armed, nor by anything but a key that means it.

use super::*;

const QUESTION: &str = "Edit calendar.sh  +1 -1";

/// A left click at the first cell of `text`, as the terminal reports it.
#[track_caller]
fn clicked(claw: &Terminal, text: &str) -> String {
    let contents = claw.contents();
    let found = contents.lines().enumerate().find_map(|(y, line)| {
        let at = line.find(text)?;
        Some((line[..at].chars().count() + 1, y + 1))
    });
    let (x, y) = found.unwrap_or_else(|| panic!("{text} is not in sight:\n{contents}"));
    format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m")
}

/// Nothing was decided so far, and nothing was changed.
#[track_caller]
fn undecided(home: &Home) {
    let dir = home.path().join("claw/sessions");
    let logs: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|project| project.unwrap().path())
        .filter(|project| project.is_dir())
        .flat_map(|project| std::fs::read_dir(project).unwrap())
        .map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap_or_default())
        .collect();
    let log = logs.concat();
    assert!(log.contains("permission_requested"), "it was asked: {log}");
    assert!(!log.contains("permission_resolved"), "it was answered: {log}");
    assert_eq!(git(&scratch(home), &["status", "--porcelain"]), "");
}

#[test]
fn what_was_typed_ahead_answers_nothing() {
    for (ahead, draft) in [("y\n", "› y"), ("a", "› a"), ("y\ny\n", "› y"), (" ", "› ")] {
        let home = Home::new();
        let mut claw = demo(&home, WIDE);
        // In one piece with the key that sends the prompt: it is there before the question is.
        claw.press(&format!("\r{ahead}"));
        claw.wait("the question", |screen| armed(screen, QUESTION));
        undecided(&home);
        assert!(claw.contents().contains(draft), "{ahead:?}:\n{}", claw.contents());
        claw.press("n");
        claw.wait_for("no file has changed");
        quit(&mut claw);
        assert_eq!(git(&scratch(&home), &["status", "--porcelain"]), "");
    }
}

#[test]
fn a_paste_the_focus_and_a_click_answer_nothing() {
    let home = Home::new();
    let mut claw = demo(&home, WIDE);
    // Pasted before it is asked, and again while it waits for its pause.
    claw.press(&format!("\r{}", pasted("y\n")));
    claw.wait_for("Permission 1 of 1");
    claw.press(&pasted("y1"));
    claw.wait_for("y1");
    claw.wait("the question", |screen| armed(screen, QUESTION));
    undecided(&home);
    // Armed: a paste is said, not answered, and arming begins again.
    claw.press(&pasted("y2\n"));
    claw.wait("the paste in the draft", |screen| screen.contents().contains("y2"));
    claw.wait("the question again", |screen| armed(screen, QUESTION));
    undecided(&home);
    // A click on an answer only selects it, and one that brings the focus not even that.
    claw.press(&clicked(&claw, "Deny and say why"));
    claw.wait("the choice to move", |screen| screen.contents().contains("› d  Deny and say why"));
    let click = clicked(&claw, "Apply it");
    claw.press(&format!("\x1b[O\x1b[I{click}{click}"));
    undecided(&home);
    claw.press(" ");
    claw.wait("the question still", |screen| armed(screen, QUESTION));
    undecided(&home);
    claw.press("n");
    claw.wait_for("no file has changed");
    quit(&mut claw);
    assert_eq!(git(&scratch(&home), &["status", "--porcelain"]), "");
}
