//! Back to before a turn, by keys: what a command did to a file is undone and done again.

use serde_json::json;

use super::*;
use crate::support::messages::Reply;

#[test]
fn the_list_shows_the_change_takes_it_back_and_a_key_brings_it_again() {
    let home = Home::new();
    let file = home.path().join("project/notes.txt");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "the first line\n").unwrap();
    let text = || std::fs::read_to_string(&file).unwrap();
    let input = json!({"command": "echo of the command > notes.txt", "description": "write it"});
    let server = Server::start(vec![
        Reply::tool("b", "bash", &input),
        Reply::text("All is done."),
        Reply::text("And again."),
    ]);
    let url = server.url();
    let env = [("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", url.as_str())];
    let (project, args) = (home.path().join("project"), ["--mode", "bypass", "change it"]);
    let mut claw = Terminal::start_with(&home, &project, &args, &env, WIDE);
    claw.wait_for("› change it");
    claw.press("\r");
    claw.wait_for("All is done.");
    claw.wait_for(IDLE);
    assert_eq!(text(), "of the command\n");

    claw.press("\x18B");
    claw.wait_for("1 file would change");
    claw.wait_for("- of the command");
    claw.wait_for("+ the first line");
    claw.press("\r");
    claw.wait_for("Rewind to before #1");
    claw.press("\r");
    claw.wait_for("back before turn 1 · 1 file");
    claw.wait_for("› change it");
    assert_eq!(text(), "the first line\n");
    assert!(!claw.contents().contains("All is done."), "{}", claw.contents());

    claw.press("\x18R");
    claw.wait_for("All is done.");
    claw.wait_for(IDLE);
    assert_eq!(text(), "of the command\n");

    // The user's own edit since is not overwritten: it is listed, and nothing else happens.
    std::fs::write(&file, "mine\n").unwrap();
    claw.press("\x18B");
    claw.wait_for("stays as it is");
    claw.wait_for("it was changed since, not by this session");
    claw.press("\r");
    claw.wait_for("Rewind to before #1");
    claw.press("f");
    claw.wait_for("notes.txt stays as it is");
    assert_eq!(text(), "mine\n");
    quit(&mut claw);
}
