//! Terminals that can little: no colours, no mouse, no newer keyboard, no Unicode.

use serde_json::json;

use super::*;
use crate::support::messages::Reply;

/// The story from its first question to its end.
#[track_caller]
fn walk(args: &[&str], env: &[(&str, &str)], armed: &str) -> String {
    let home = Home::new();
    let args: Vec<_> = ["demo", "--fast"].iter().chain(args).copied().collect();
    let mut claw = Terminal::start_with(&home, home.path(), &args, env, WIDE);
    claw.wait_for(STORY);
    claw.press("\r");
    let questions = [
        "Edit calendar.sh  +1 -1",
        "\"Run the tests\"",
        "Edit calendar.sh  +2 -2",
        "Edit test.sh  +2 -0",
        "and clean up\"",
    ];
    for question in questions {
        let stands = |screen: &vt100::Screen| {
            let text = screen.contents();
            text.contains(armed) && text.contains(question)
        };
        claw.wait(question, stands);
        claw.press("y");
        claw.wait("the question to leave", |screen| !stands(screen));
    }
    claw.wait_for("takes it all back.");
    quit(&mut claw);
    assert_eq!(
        git(&scratch(&home), &["status", "--porcelain"]),
        " M calendar.sh\n M test.sh\n",
        "{env:?}"
    );
    String::from_utf8_lossy(&claw.bytes()).into_owned()
}

/// Colours that were set: `38;`, `48;` and the sixteen.
fn colours(text: &str) -> Vec<&str> {
    let all = regex::Regex::new("\x1b\\[[0-9;:]*m").unwrap();
    let colour = regex::Regex::new(r"(^|[\[;])([34]8[;:]|3[0-7]|4[0-7]|9[0-7]|10[0-7])").unwrap();
    all.find_iter(text).map(|found| found.as_str()).filter(|one| colour.is_match(one)).collect()
}

#[test]
fn without_colours_the_story_is_the_same() {
    for env in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let text = walk(&[], &env, "armed ▰▰▰▰");
        assert_eq!(colours(&text), Vec::<&str>::new(), "{env:?}");
    }
    let coloured = walk(&[], &[], "armed ▰▰▰▰");
    assert!(!colours(&coloured).is_empty(), "the check sees colours");
}

#[test]
fn without_a_mouse_none_is_asked_for() {
    let text = walk(&["--no-mouse"], &[], "armed ▰▰▰▰");
    for mode in ["1000h", "1002h", "1003h", "1006h"] {
        assert!(!text.contains(&format!("\x1b[?{mode}")), "{mode}");
    }
}

#[test]
fn with_sixteen_colours_and_no_more_signs_than_ascii_it_is_all_there() {
    let home = Home::new();
    let own = home.path().join("claw");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), "[ui]\nglyphs = \"ascii\"\n").unwrap();
    let call = Reply::tool("t1", "bash", &json!({"command": "touch made"}));
    let server = Server::start(vec![call, Reply::text("**It** is `made`:\n\n- one\n- two")]);
    let url = server.url();
    let env = [
        ("ANTHROPIC_API_KEY", "k"),
        ("ANTHROPIC_BASE_URL", url.as_str()),
        ("TERM", "xterm"),
        ("COLORTERM", ""),
    ];
    let project = home.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    let mut claw = Terminal::start_with(&home, &project, &["go"], &env, WIDE);
    claw.wait_for("go");
    claw.press("\r");
    claw.wait("the question", |screen| screen.contents().contains("armed ####"));
    let ascii = |claw: &Terminal| {
        let shown = claw.contents();
        let foreign = shown.chars().find(|c| !c.is_ascii());
        assert_eq!(foreign, None, "{shown}");
    };
    ascii(&claw);
    claw.press("y");
    claw.wait_for("two");
    claw.wait_for(IDLE);
    ascii(&claw);
    quit(&mut claw);
    assert!(project.join("made").exists());
    let text = String::from_utf8_lossy(&claw.bytes()).into_owned();
    assert!(!text.contains("38;2;"), "sixteen colours only");
}
