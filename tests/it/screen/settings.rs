//! Settings of the screen: changed in the list, saved, and there again at the next start.

use super::*;

#[test]
fn a_setting_that_is_changed_holds_at_the_next_start() {
    let home = Home::new();
    let server = Server::start(vec![]);
    let config = home.path().join("claw/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "# mine\n\n[ui] # the screen\nmouse = false\n").unwrap();
    let mut claw = with_model(&home, &server, "");
    claw.press("\x18,");
    claw.wait_for("config.toml:4");
    claw.press("ui.vim ");
    claw.wait_for("ui.vim: on, saved in");
    claw.press("\x1b");
    claw.wait("the settings to go", |screen| !screen.contents().contains("Settings in"));
    claw.wait_for("INSERT");
    quit(&mut claw);
    let text = std::fs::read_to_string(&config).unwrap();
    assert_eq!(text, "# mine\n\n[ui] # the screen\nvim = true\nmouse = false\n");

    let mut claw = with_model(&home, &server, "");
    claw.wait_for("INSERT");
    quit(&mut claw);
}

#[test]
fn the_demo_looks_as_the_user_wants_and_keeps_no_prompt_for_others() {
    let home = Home::new();
    let config = home.path().join("claw/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "mode = \"plan\"\n\n[ui]\nvim = true\n").unwrap();
    let mut claw = demo(&home, WIDE);
    claw.wait_for("INSERT");
    claw.wait_for("ASK");
    claw.press("\r");
    answer(&claw, "Edit calendar.sh  +1 -1", "n");
    claw.wait_for("no file has changed");
    quit(&mut claw);
    assert!(!home.path().join("claw/prompts.jsonl").exists());
}
