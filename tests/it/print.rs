//! The built program without a screen: outputs and exit codes, with the demo's story as the model.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::run::{self, ran_with};
use crate::support::terminal::Home;

/// claw in its home, which is all that it may touch.
fn claw(home: &Home, args: &[&str]) -> Command {
    run::claw(home, home.path(), args)
}

/// Exit code, standard output, standard error.
fn ran(home: &Home, args: &[&str]) -> (Option<i32>, String, String) {
    let ran = run::ran(&mut claw(home, args));
    (ran.code, ran.out, ran.err)
}

#[rustfmt::skip]
#[test]
fn the_demo_ends_as_its_mode_has_it() {
    let table: [(&[&str], i32, &str, &str); 7] = [
        (&[],                                                                   3, "**no file has changed**",        "needed a permission"),
        (&["--mode", "plan"],                                                   0, "**no file has changed**",        ""),
        (&["--mode", "accept-edits"],                                           3, "I have not seen the test pass.", "needed a permission"),
        (&["--mode", "accept-edits", "--allowed-tools", "Bash(./test.sh)"],     3, "since my last edit",             "needed a permission"),
        (&["--mode", "accept-edits", "--allowed-tools", "Bash"],                0, "All checks pass.",               ""),
        (&["--mode", "bypass"],                                                 0, "All checks pass.",               ""),
        (&["--mode", "bypass", "--max-turns", "2"],                             4, "**1900**",                       "--max-turns"),
    ];
    let home = Home::new();
    for (flags, code, words, told) in table {
        let args = [&["demo", "-p", "--fast"], flags].concat();
        let (got, out, err) = ran(&home, &args);
        assert_eq!(got, Some(code), "{flags:?}: {out}{err}");
        assert!(out.contains(words), "{flags:?}: {out}");
        let (before, last) = err.trim_end().rsplit_once('\n').unwrap_or(("", &err));
        assert!(last.contains("the demo's project is"), "{flags:?}: {err}");
        assert!(if told.is_empty() { before.is_empty() } else { before.contains(told) }, "{flags:?}: {err}");
    }
    let stays: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(stays.iter().all(|name| name.to_string_lossy().starts_with("claw")), "{stays:?}");
}

#[test]
fn every_line_of_stream_json_parses_and_the_last_is_the_result() {
    let home = Home::new();
    let args = ["demo", "-p", "--fast", "--output-format"];
    let (_, json, _) = ran(&home, &[&args[..], &["json"]].concat());
    let result: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(result["stop"], "permission_needed");
    assert_eq!(result["permission_denials"][0]["tool_name"], "edit");
    assert_eq!(result["tool_uses"].as_array().unwrap().len(), 4);
    assert_eq!(result["tool_results"].as_array().unwrap().len(), 4);
    assert!(result["tool_results"][1]["output"].as_str().unwrap().contains("is_leap_year"));
    assert!(result["usage"]["output_tokens"].as_u64().unwrap() > 0);

    let (_, lines, _) =
        ran(&home, &[&args[..], &["stream-json", "--include-partial-messages"]].concat());
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["type"], &lines[0]["subtype"]), (&"system".into(), &"init".into()));
    let last = lines.last().unwrap();
    assert_eq!((&last["type"], &last["result"]), (&"result".into(), &result["result"]));
    let said = lines.iter().filter(|line| line["event"]["type"] == "message_delta");
    let said: String = said.map(|line| line["event"]["text"].as_str().unwrap()).collect();
    assert!(said.contains("**no file has changed**"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_signal_stops_the_turn_and_is_the_exit_code() {
    let home = Home::new();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut claw = claw(&home, &["demo", "-p", "--output-format", "stream-json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(claw.stdout.take().unwrap());
        let mut first = String::new();
        // The first line says that signals are listened for.
        out.read_line(&mut first).unwrap();
        assert!(first.contains("init"), "{first}");
        let kill = Command::new("kill").args(["-s", signal, &claw.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(claw.wait().unwrap().code(), Some(code), "{rest}");
        let last: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
        assert_eq!(last["stop"], "cancelled");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let home = Home::new();
    let mut claw = claw(&home, &["demo", "-p", "--fast", "--output-format", "stream-json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(claw.stdout.take());
    let ended = claw.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(141));
    let err = String::from_utf8(ended.stderr).unwrap();
    assert!(err.lines().count() == 1 && err.contains("the demo's project is"), "{err}");
}

#[test]
fn a_prompt_may_be_piped_in_but_has_to_be_one() {
    let home = Home::new();
    for (piped, code, words) in [("  \n", 2, "nothing to do"), ("hello", 1, "there is no key")] {
        let mut command = claw(&home, &["-p"]);
        if code == 2 {
            command.env("ANTHROPIC_API_KEY", "k");
        }
        // Without a key it does not wait for the prompt.
        let ended = ran_with(&mut command, piped.as_bytes());
        assert_eq!(ended.code, Some(code), "{}", ended.err);
        assert!(ended.err.contains(words), "{}", ended.err);
    }
}
