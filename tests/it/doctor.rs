//! `claw doctor` and `claw theme`, in a pipe: what they say and how they end.

use std::process::Command;

use serde_json::Value;

use crate::support::run::{Place, claw};

fn ran(command: &mut Command) -> (i32, String, String) {
    let out = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

fn own(place: &Place, name: &str, text: &str) {
    let path = place.home.path().join("claw").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const THEME: &str =
    "schema = 1\nname = \"Own\"\nkind = \"dark\"\ninherits = \"claw-dark\"\n[palette]\n";

#[test]
fn the_doctor_says_what_is_set_and_shows_no_key() {
    let place = Place::new();
    own(&place, "themes/own.toml", "schema = 1\nkind = 3\n");
    own(&place, "keys.toml", "[global]\nquti = \"F9\"\n");
    let doctor = |key: &str, args: &[&str]| {
        let mut doctor = claw(&place.home, &place.project, args);
        ran(doctor.env("ANTHROPIC_API_KEY", key))
    };
    let key = "sk-ant-very-secret-0123456789";
    let (code, said, told) = doctor(key, &["doctor", "--json"]);
    assert_eq!((code, told.as_str()), (0, ""), "{said}");
    assert!(!said.contains(key), "{said}");
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["ok"], true);
    let finding = |what: &str| {
        let all = report["findings"].as_array().unwrap();
        let found = all.iter().find(|finding| finding["what"] == what);
        found.unwrap_or_else(|| panic!("nothing of {what}: {said}")).clone()
    };
    assert_eq!(finding("key")["said"], "a key is set");
    assert_eq!(finding("terminal")["state"], "note", "there is none");
    assert!(finding("theme")["said"].as_str().unwrap().contains("own.toml:2: "), "{said}");
    assert!(finding("keys")["said"].as_str().unwrap().contains("keys.toml:2: "), "{said}");
    for what in ["colours", "clipboard", "characters", "trust", "commands", "git", "address"] {
        finding(what);
    }

    let (code, said, _) = doctor("", &["doctor"]);
    assert_eq!(code, 1, "without a key nothing works: {said}");
    assert!(said.contains("FAIL  key"), "{said}");
    assert!(said.contains("export ANTHROPIC_API_KEY=..."), "{said}");
}

#[test]
fn the_doctor_finds_broken_settings_by_their_line() {
    let place = Place::new();
    own(&place, "config.toml", "model = \"m\"\nmodle = \"m\"\n");
    let mut doctor = claw(&place.home, &place.project, &["doctor"]);
    let (code, said, _) = ran(doctor.env("ANTHROPIC_API_KEY", "k"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("config.toml:2: there is no setting `modle`"), "{said}");
}

#[test]
fn themes_are_listed_shown_and_checked() {
    let place = Place::new();
    let theme = |args: &[&str]| ran(&mut claw(&place.home, &place.project, args));
    let (code, said, _) = theme(&["theme", "check"]);
    let ok = said.lines().filter(|line| line.ends_with(": ok")).count();
    assert_eq!((code, ok, said.lines().count()), (0, 10, 10), "{said}");

    own(&place, "themes/own.toml", &format!("{THEME}muted = \"#333333\"\n"));
    let (code, said, _) = theme(&["theme", "check", "paper", "own"]);
    assert_eq!(code, 1);
    assert!(said.starts_with("paper: ok\nown: ui.text.muted has 1.4"), "{said}");
    assert!(said.contains(", needs 4.5"), "{said}");
    let file = place.project.join("bad.toml");
    std::fs::write(&file, format!("{THEME}muted = \"#33\"\n")).unwrap();
    let (code, said, _) = theme(&["theme", "check", file.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(said.contains("bad.toml:6: `#33` is no colour; write #rrggbb"), "{said}");

    let (code, said, _) = theme(&["theme", "list", "--theme", "own"]);
    assert_eq!(code, 0);
    assert!(said.lines().any(|line| line.starts_with("* own") && line.contains("Own")), "{said}");
    assert!(said.contains("  midnight    dark   Midnight"), "{said}");
    let (code, said, _) = theme(&["theme", "show", "paper"]);
    assert_eq!((code, said.contains('\x1b')), (0, false), "a pipe gets words: {said}");
    assert!(said.contains("state.err          #9f1f1f"), "{said}");
    let (code, _, told) = theme(&["theme", "show", "nope"]);
    assert_eq!(code, 2);
    assert!(told.contains("there is no theme \"nope\": there are claw-dark, "), "{told}");
}

#[test]
fn a_projects_themes_are_there_once_its_folder_is_trusted() {
    let place = Place::new();
    std::fs::create_dir_all(place.project.join(".claw/themes")).unwrap();
    place.write(".claw/themes/theirs.toml", THEME);
    let list = |args: &[&str]| ran(&mut claw(&place.home, &place.project, args)).1;
    assert!(!list(&["theme", "list"]).contains("theirs"));
    assert!(list(&["theme", "list", "--trust"]).contains("theirs"));
}
