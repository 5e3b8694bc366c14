//! What stands on the command line, and what it means.

use clap::CommandFactory as _;

use super::*;
use crate::cli::args::rules;
use crate::cli::words::FormatArg;
use crate::protocol::Mode;

fn parse(line: &str) -> Result<Line, clap::Error> {
    Line::try_parse_from(["claw"].into_iter().chain(line.split_whitespace()))
}

#[test]
fn the_command_line_holds_together() {
    Line::command().debug_assert();
}

#[rustfmt::skip]
#[test]
fn modes_by_all_their_names() {
    let table = [
        ("",                                       None),
        ("--mode default",                         Some(Mode::Default)),
        ("--mode accept-edits",                    Some(Mode::AcceptEdits)),
        ("--permission-mode acceptEdits",          Some(Mode::AcceptEdits)),
        ("--permission-mode workspace-write",      Some(Mode::AcceptEdits)),
        ("--mode plan",                            Some(Mode::Plan)),
        ("--permission-mode read-only",            Some(Mode::Plan)),
        ("--mode auto",                            Some(Mode::Auto)),
        ("--mode bypass",                          Some(Mode::Bypass)),
        ("--permission-mode bypassPermissions",    Some(Mode::Bypass)),
        ("--permission-mode danger-full-access",   Some(Mode::Bypass)),
        ("--dangerously-skip-permissions",         Some(Mode::Bypass)),
        ("demo --fast --mode plan",                Some(Mode::Plan)),
        ("--mode plan demo --fast",                Some(Mode::Plan)),
    ];
    for (line, mode) in table {
        assert_eq!(parse(line).unwrap().flags.mode(), mode, "{line}");
    }
}

#[rustfmt::skip]
#[test]
fn lines() {
    let line = parse("-p hello --output-format stream-json --include-partial-messages").unwrap();
    assert_eq!(line.prompt.as_deref(), Some("hello"));
    assert!(line.flags.print && line.flags.check().is_ok());
    assert_eq!(line.flags.output_format, Some(FormatArg::StreamJson));

    let line = parse("hello -p").unwrap();
    assert!(line.flags.print && line.prompt.is_some());

    let line = parse("demo -p --fast").unwrap();
    assert!(matches!(line.command, Some(Command::Demo { fast: true })));
    assert!(line.flags.print && line.flags.check_demo().is_ok());

    let line = parse("-r 0197 --cwd /tmp --max-turns 3 --verbose --trust").unwrap();
    assert_eq!(line.flags.resume.as_deref(), Some("0197"));
    assert_eq!(line.flags.max_turns.map(u32::from), Some(3));

    let line = parse("-c --allowedTools Read,Edit --disallowedTools WebFetch").unwrap();
    assert!(line.flags.continue_last);
    assert_eq!(rules(&line.flags.allowed_tools), ["Read", "Edit"]);
    assert_eq!(rules(&line.flags.disallowed_tools), ["WebFetch"]);
}

#[rustfmt::skip]
#[test]
fn wrong_usage_has_code_2_and_a_sentence() {
    let table = [
        ("--mode yolo",                                   "possible values"),
        ("--max-turns 0",                                 "--max-turns"),
        ("--max-turns many",                              "--max-turns"),
        ("--output-format xml -p x",                      "--output-format"),
        ("--mode plan --dangerously-skip-permissions",    "cannot be used with"),
        ("-c -r latest",                                  "cannot be used with"),
        ("-r",                                            "--resume"),
        ("two prompts",                                   "unexpected argument"),
        ("--no-such-flag",                                "unexpected argument"),
        ("--output-format json x",                        "add -p"),
        ("-p x --include-partial-messages",               "stream-json"),
        ("-p --cwd /no/such/directory x",                 "finding /no/such/directory"),
        ("demo -p --model opus",                          "no use for --model"),
        ("--json-schema s.json x",                        "add -p"),
        ("--record a --replay b x",                       "cannot be used with"),
        ("--replay-speed 2 x",                            "--replay"),
        ("--replay b --replay-speed -1 x",                "from 0 on"),
        ("demo --record a -p",                            "no use for --record"),
        ("demo -p -r latest",                             "no use for --resume"),
    ];
    for (line, expected) in table {
        let (text, code) = match parse(line) {
            Err(error) => (error.to_string(), error.exit_code()),
            Ok(parsed) => match run(parsed) {
                Err(Wrong::Usage(error)) => (format!("{error:#}"), 2),
                other => panic!("{line} gave {other:?}"),
            },
        };
        assert_eq!(code, 2, "{line}");
        assert!(text.contains(expected), "{line}: {text}");
    }
}

#[rustfmt::skip]
#[test]
fn rules_are_split_outside_of_parentheses() {
    let table: [(&[&str], &[&str]); 6] = [
        (&["Read,Edit"],                          &["Read", "Edit"]),
        (&["Read Edit", "Write"],                 &["Read", "Edit", "Write"]),
        (&["Bash(git log, git diff),Edit"],       &["Bash(git log, git diff)", "Edit"]),
        (&["Bash(echo (a) b) Edit"],              &["Bash(echo (a) b)", "Edit"]),
        (&[" , ,"],                               &[]),
        (&["Bash(", "Edit)"],                     &["Bash(", "Edit)"]),
    ];
    for (texts, expected) in table {
        let texts: Vec<_> = texts.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(rules(&texts), expected, "{texts:?}");
    }
}
