//! What a person, a file, a service or a model gets wrong: one sentence that says what to do, the
//! right exit code, and nothing lost.

use std::time::Duration;

use claw::base::clock;
use serde_json::{Value, json};

use crate::support::messages::{Reply, Server};
use crate::support::run::{Place, Ran, claw, ran, ran_with, service};
use crate::support::terminal::Terminal;

/// Nothing listens on this port.
const CLOSED: &str = "http://127.0.0.1:1";

/// The last line is the sentence; the ones before it say that something is tried again.
#[track_caller]
fn check_told(name: &str, ran: &Ran, retries: usize, words: &[&str]) {
    let told: Vec<_> = ran.err.lines().collect();
    assert_eq!(told.len(), retries + 1, "{name}: {ran:?}");
    let (last, before) = told.split_last().unwrap();
    assert!(told.iter().all(|line| line.starts_with("claw: ")), "{name}: {told:?}");
    assert!(before.iter().all(|line| line.contains("(retry ")), "{name}: {told:?}");
    for word in words {
        assert!(last.contains(word), "{name}: no {word:?} in {last}");
    }
    for noise in ["panicked", "backtrace", "\u{1b}", "error: error"] {
        assert!(!ran.err.contains(noise), "{name}: {}", ran.err);
    }
}

#[rustfmt::skip]
#[test]
fn wrong_command_lines() {
    let table: [(&[&str], i32, &[&str]); 20] = [
        // arguments                                    code  what is wrong, what to do
        (&["--frobnicate"],                              2, &["'--frobnicate'", "claw --help"]),
        (&["-p", "hi", "--modle", "x"],                  2, &["'--modle'", "'--mode'", "claw --help"]),
        (&["-p", "--model"],                             2, &["'--model <NAME>'", "claw --help"]),
        (&["-p", "hi", "--mode", "yolo"],                2, &["'yolo'", "accept-edits"]),
        (&["-p", "hi", "--output-format", "xml"],        2, &["'xml'", "stream-json"]),
        (&["-p", "hi", "--max-turns", "0"],              2, &["'0'", "'--max-turns <N>'", "number from 1"]),
        (&["-p", "hi", "--max-turns", "-1"],             2, &["--max-turns", "number from 1"]),
        (&["-p", "hi", "-c", "--resume", "x"],           2, &["'--continue'", "'--resume <ID>'"]),
        (&["--output-format", "json", "hi"],             2, &["--output-format", "add -p"]),
        (&["-p", "hi", "--include-partial-messages"],    2, &["--include-partial-messages", "stream-json"]),
        (&["hi"],                                        2, &["needs a terminal", "claw -p"]),
        (&["demo"],                                      2, &["needs a terminal"]),
        (&["-p", ""],                                    2, &["nothing to do", "give a prompt"]),
        (&["-p"],                                        2, &["nothing to do", "give a prompt"]),
        (&["-p", "hi", "--cwd", "/no/such/place"],       2, &["finding /no/such/place", "--cwd"]),
        (&["-p", "hi", "--cwd", "/dev/null"],            2, &["/dev/null is no directory", "--cwd"]),
        (&["-p", "hi", "--resume", "0000"],              2, &["\"0000\"", "`claw sessions`"]),
        (&["-p", "hi", "--resume", "latest"],            2, &["no session", "start one"]),
        (&["-p", "hi", "--continue"],                    2, &["no session", "--continue"]),
        (&["-p", "hi", "--disallowed-tools", "Bash("],   2, &["Bash(", "the command line"]),
    ];
    let place = Place::new();
    for (args, code, words) in table {
        let ran = ran(claw(&place.home, &place.project, args).envs(service(CLOSED)));
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{args:?}: {ran:?}");
        check_told(&format!("{args:?}"), &ran, 0, words);
    }
    let listed = ran(&mut claw(&place.home, &place.project, &["sessions"]));
    assert_eq!(listed.code, Some(0));
    check_told("sessions", &listed, 0, &["no sessions"]);
}

#[rustfmt::skip]
#[test]
fn wrong_surroundings() {
    type Row<'a> = (&'a [(&'a str, &'a str)], i32, &'a [&'a str]);
    let table: [Row; 9] = [
        (&[],                                                    1, &["there is no key", "ANTHROPIC_API_KEY", "claw demo"]),
        (&[("ANTHROPIC_API_KEY", "two words")],                  1, &["ANTHROPIC_API_KEY", "set it anew"]),
        (&[("ANTHROPIC_BASE_URL", "api.example.com")],           2, &["$ANTHROPIC_BASE_URL", "https://"]),
        (&[("CLAW_MODE", "bypass")],                             2, &["$CLAW_MODE", "choose another"]),
        (&[("CLAW_MAX_TURNS", "many")],                          2, &["$CLAW_MAX_TURNS", "`many`", "from 1 on"]),
        (&[("CLAW_HOME", "relative")],                           2, &["CLAW_HOME is relative", "absolute"]),
        // No user may make a directory below a file, not even root.
        (&[("CLAW_HOME", "/dev/null/claw")],                     2, &["/dev/null/claw", "set CLAW_HOME"]),
        (&[("CLAW_LOG", "=?=")],                                 2, &["log filter", "claw=debug"]),
        (&[("ANTHROPIC_API_KEY", "k"), ("HTTPS_PROXY", CLOSED), ("ANTHROPIC_BASE_URL", "https://service.invalid")],
                                                                 1, &["service.invalid", "proxy", "HTTPS_PROXY"]),
    ];
    let place = Place::new();
    for (env, code, words) in table {
        let ran = ran(claw(&place.home, &place.project, &["-p", "hi"]).envs(env.iter().copied()));
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{env:?}: {ran:?}");
        let retries = if env.len() > 1 { 3 } else { 0 };
        check_told(&format!("{env:?}"), &ran, retries, words);
    }
}

#[test]
fn wrong_settings() {
    let place = Place::new();
    let file = place.home.path().join("claw").join("config.toml");
    let check = |name: &str, words: &[&str]| {
        let ran = ran(claw(&place.home, &place.project, &["-p", "hi"]).envs(service(CLOSED)));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{name}: {ran:?}");
        check_told(name, &ran, 0, words);
    };
    std::fs::create_dir_all(&file).unwrap();
    check("a directory", &["config.toml", "not a regular file", "make it a file"]);
    std::fs::remove_dir(&file).unwrap();
    let table: [(&[u8], &[&str]); 6] = [
        (b"modle = 'x'", &["config.toml:1: ", "`modle`", "did you mean `model`"]),
        (b"\n\nmodel = ", &["config.toml:3: ", "correct this line"]),
        (b"# ok\nmodel = 3", &["config.toml:2: ", "integer `3`", "correct this line"]),
        (b"mode = 'yolo'", &["config.toml:1: ", "`yolo`", "accept_edits"]),
        (b"\n[permissions]\nallow = ['Bash(']", &["config.toml:3: ", "Bash("]),
        (b"model = '\xff'", &["config.toml", "not UTF-8", "save it"]),
    ];
    for (content, words) in table {
        std::fs::write(&file, content).unwrap();
        check(&String::from_utf8_lossy(content), words);
    }
}

/// What the service refuses ends the run, and the prompt is still there for the next one.
#[test]
fn a_run_that_failed_can_be_gone_on_with() {
    let table = [
        (
            Reply::error(401, "authentication_error", "invalid x-api-key"),
            &["401", "key was not accepted", "ANTHROPIC_API_KEY"][..],
        ),
        (
            Reply::error(404, "not_found_error", "model: nope"),
            &["unknown model \"nope\"", "--model"],
        ),
        (Reply::status(404).body("nothing here"), &["no Messages API", "ANTHROPIC_BASE_URL"]),
        (Reply::error(400, "invalid_request_error", "prompt is too long: 9 > 8"), &["window"]),
    ];
    for (refusal, words) in table {
        let server = Server::start(vec![refusal, Reply::text("done")]);
        let place = Place::new();
        let args = ["-p", "the first prompt", "--model", "nope", "--output-format", "json"];
        let failed = ran(&mut place.claw(&server, &args));
        assert_eq!(failed.code, Some(1), "{failed:?}");
        check_told(words[0], &failed, 0, words);
        assert!(!failed.err.contains("test-key"), "{failed:?}");
        let result = failed.result();
        assert_eq!((&result["is_error"], &result["num_turns"]), (&json!(true), &json!(0)));
        assert!(result["error"].as_str().unwrap().contains(words[0]), "{result}");

        let again = ran(&mut place.claw(&server, &["-p", "the second", "--continue"]));
        assert_eq!((again.code, again.out.as_str()), (Some(0), "done\n"), "{again:?}");
        let sent = String::from_utf8(server.requests()[1].body.clone()).unwrap();
        assert!(sent.contains("the first prompt") && sent.contains("the second"), "{sent}");
    }
}

/// Without a network a run ends in seconds, and can be gone on with when there is one.
#[test]
fn without_a_network() {
    let place = Place::new();
    let args = ["-p", "the first prompt"];
    let since = clock::instant();
    let failed = ran(claw(&place.home, &place.project, &args).envs(service(CLOSED)));
    assert!(since.elapsed() < Duration::from_secs(15), "{:?}", since.elapsed());
    assert_eq!((failed.code, failed.out.as_str()), (Some(1), ""), "{failed:?}");
    let words = ["127.0.0.1:1", "connection refused", "base URL", "gave up after 3 retries"];
    check_told("refused", &failed, 3, &words);

    let server = Server::start(vec![Reply::text("done")]);
    let again = ran(&mut place.claw(&server, &["-p", "the second", "--continue"]));
    assert_eq!((again.code, again.out.as_str()), (Some(0), "done\n"), "{again:?}");
    let sent = String::from_utf8(server.requests()[0].body.clone()).unwrap();
    assert!(sent.contains("the first prompt"), "{sent}");
}

/// What a model asks for that cannot be done is told to it, and the run goes on.
#[test]
fn wrong_calls_are_told_to_the_model() {
    let call = |n: usize, name: &str, input: Value| json!({"type": "tool_use", "id": format!("toolu_{n}"), "name": name, "input": input});
    let table = [
        ("teleport", json!({}), "There is no tool \"teleport\""),
        ("read", json!({}), "missing field `path`"),
        ("read", json!({"path": 7}), "`path`"),
        ("read", json!({"path": "a.txt", "colour": "red"}), "`colour`"),
        ("read", json!({"path": "none.txt"}), "none.txt"),
        ("read", json!({"path": "."}), "directory"),
        ("read", json!({"path": "a\u{0}b"}), "NUL"),
        ("grep", json!({"pattern": "("}), "("),
        ("edit", json!({"path": "a.txt", "old_string": "x", "new_string": "y"}), "read it first"),
        ("bash", json!({"command": ""}), "`command` is empty"),
    ];
    let blocks: Vec<_> = table
        .iter()
        .enumerate()
        .map(|(n, (name, input, _))| call(n, name, input.clone()))
        .collect();
    let server = Server::start(vec![Reply::message(&blocks), Reply::text("I see")]);
    let place = Place::new();
    place.write("a.txt", "x\n");
    let args = ["-p", "go", "--mode", "bypass", "--output-format", "json"];
    let ran = ran(&mut place.claw(&server, &args));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let result = ran.result();
    assert_eq!(result["result"], "I see");
    for (told, (name, input, words)) in result["tool_results"].as_array().unwrap().iter().zip(table)
    {
        let output = told["output"].as_str().unwrap();
        assert_eq!(told["is_error"], true, "{name} {input}: {output}");
        assert!(output.contains(words), "{name} {input}: {output}");
    }
}

/// Input that is no JSON: cut off, or none at all.
#[test]
fn a_call_with_broken_json_is_told_to_the_model() {
    let text =
        String::from_utf8(Reply::tool("toolu_1", "read", &json!({"path": "a"})).bytes().to_vec());
    let text = text.unwrap().replace("\\\"a\\\"}", "\\\"a");
    let server = Server::start(vec![Reply::stream(text), Reply::text("I see")]);
    let place = Place::new();
    let ran = ran(&mut place.claw(&server, &["-p", "go", "--output-format", "json"]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = &ran.result()["tool_results"][0];
    assert!(told["output"].as_str().unwrap().contains("no JSON object"), "{told}");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn large_and_odd_files_are_read_within_bounds() {
    let place = Place::new();
    place.write("large.txt", "a line of a large file, which is long\n".repeat((50 << 20) / 38));
    place.write("line.txt", "x".repeat(1 << 20));
    place.write("binary", [&b"\x7fELF\0\0"[..], &[0xff; 4096]].concat());
    // File, words in the result, most bytes of it.
    let table = [
        ("large.txt", "next: offset 2001", 128 << 10),
        ("line.txt", "cut: the line has 1048576 bytes", 16 << 10),
        ("binary", "is binary", 1 << 10),
    ];
    for (file, words, most) in table {
        let server = Server::start(vec![
            Reply::tool("toolu_1", "read", &json!({"path": file})),
            Reply::tool("toolu_2", "grep", &json!({"pattern": "nothing like it", "path": file})),
            Reply::text("done"),
        ]);
        let since = clock::instant();
        let ran = ran(&mut place.claw(&server, &["-p", "go", "--output-format", "json"]));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{file}: {ran:?}");
        let output = ran.result()["tool_results"][0]["output"].as_str().unwrap().to_owned();
        assert!(output.contains(words), "{file}: {}", &output[output.len().saturating_sub(200)..]);
        assert!(output.len() < most, "{file}: {}", output.len());
        // Generous, for a machine that is busy: it takes less than one.
        assert!(since.elapsed() < Duration::from_secs(20), "{file}: {:?}", since.elapsed());
    }
}

#[test]
fn a_long_prompt_is_sent_whole_and_an_endless_one_is_not() {
    let place = Place::new();
    let server = Server::start(vec![Reply::text("done")]);
    let prompt = format!("begin {} end", "ä".repeat(1 << 19));
    let done = ran_with(&mut place.claw(&server, &["-p"]), prompt.as_bytes());
    assert_eq!((done.code, done.out.as_str()), (Some(0), "done\n"), "{}", done.err);
    assert_eq!(server.requests()[0].json()["messages"][0]["content"][0]["text"], prompt.as_str());

    let ran = ran_with(&mut place.claw(&server, &["-p"]), &vec![b'x'; 11 << 20]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    check_told("too much", &ran, 0, &["standard input is longer than 10 MB", "put it into a file"]);
}

/// Nothing fits on it, but what is typed is not lost.
#[test]
fn a_tiny_terminal() {
    let server = Server::start(vec![Reply::text("The answer is here.")]);
    let place = Place::new();
    let url = server.url();
    let env = service(&url);
    let terminal = Terminal::start_with(&place.home, &place.project, &[], &env, (20, 5));
    terminal.wait_for("too small");
    // Each key by itself, with the screen at rest before it.
    for (at, key) in ["a", "s", "k", "!"].iter().enumerate() {
        terminal.press(key);
        terminal.wait_for(&"ask!"[..=at]);
    }
    terminal.resize(100, 30);
    terminal.wait("the screen is back, with the draft", |screen| {
        let contents = screen.contents();
        contents.contains("ask!") && !contents.contains("too small")
    });
    terminal.resize(20, 5);
    terminal.wait_for("too small");
    terminal.press("\r");
    terminal.resize(100, 30);
    terminal.wait_for("The answer is here.");
}
