//! The full-screen face, as a user meets it: the built program on a terminal of its own.

mod armed;
mod demo;
mod draft;
mod hostile;
mod inline;
mod keep;
mod leave;
mod poor;
mod question;
mod replay;
mod resize;
mod rewind;
mod settings;
mod terminal;
mod torture;
mod trust;
mod walk;

use std::path::{Path, PathBuf};
use std::process::Command;

use claw::protocol::{Content, Envelope, Event, StopReason, text_of};
use claw::session;

use crate::support::messages::Server;
use crate::support::session::check_laws;
use crate::support::terminal::{Home, Says, Terminal};

const WIDE: (u16, u16) = (120, 40);

/// What the composer says where nothing is written and nothing runs.
const IDLE: &str = "Type a task";
/// The story's prompt.
const STORY: &str = "The leap year test fails. Find out why and fix it.";

/// The demo without pauses, its prompt in the composer.
fn demo(home: &Home, size: (u16, u16)) -> Terminal {
    let claw = Terminal::start(home, home.path(), &["demo", "--fast"], size);
    // The branch comes last.
    claw.wait("all of it", |screen| {
        let text = screen.contents();
        text.contains(STORY) && text.contains(" main ")
    });
    claw
}

/// claw with a model that a test plays.
fn with_model(home: &Home, server: &Server, prompt: &str) -> Terminal {
    let (key, url) = ("ANTHROPIC_API_KEY", server.url());
    let env = [(key, "k"), ("ANTHROPIC_BASE_URL", url.as_str())];
    let project = home.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    let claw = Terminal::start_with(home, &project, &[prompt], &env, WIDE);
    claw.wait_for(if prompt.is_empty() { IDLE } else { prompt });
    claw
}

/// Is a question about `what` open that takes keys?
fn armed(screen: &vt100::Screen, what: &str) -> bool {
    let text = screen.contents();
    text.contains("armed ▰▰▰▰") && text.contains(what)
}

/// Answers the question about `what` when it takes keys.
#[track_caller]
fn answer(claw: &Terminal, what: &str, key: &str) {
    claw.wait(what, |screen| armed(screen, what));
    claw.press(key);
    claw.wait("the question to leave", |screen| !armed(screen, what));
}

/// The demo's project.
fn scratch(home: &Home) -> PathBuf {
    let made = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path());
    let is_demo =
        |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("claw-demo-");
    let mut found: Vec<_> = made.filter(is_demo).collect();
    assert_eq!(found.len(), 1, "one demo, one project");
    found.remove(0).join("calendar").canonicalize().unwrap()
}

/// What git says of a project.
fn git(project: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(project).args(args);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The log of the only session, which keeps the laws.
#[track_caller]
fn log(home: &Home) -> Vec<Envelope> {
    let below = |dir: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let projects = below(&home.path().join("claw/sessions"));
    let projects = projects.iter().filter(|project| project.is_dir());
    let logs: Vec<_> = projects.flat_map(|project| below(project)).collect();
    let logs: Vec<_> =
        logs.iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    assert_eq!(logs.len(), 1, "{logs:?}");
    let log = session::read(logs[0]).unwrap().envelopes;
    check_laws(&log);
    log
}

/// How the turns of a log ended.
fn ends(log: &[Envelope]) -> Vec<StopReason> {
    let ended = log.iter().filter_map(|envelope| match &envelope.event {
        Event::TurnFinished { stop, .. } => Some(stop.clone()),
        _ => None,
    });
    ended.collect()
}

/// What the user said, in order.
fn prompts(log: &[Envelope]) -> Vec<String> {
    let said = log.iter().filter_map(|envelope| match &envelope.event {
        Event::TurnStarted { prompt, .. } => Some(text_of(prompt)),
        _ => None,
    });
    said.collect()
}

/// The terminal is the shell's again: every mode is off that was on, and lines are edited by the
/// terminal.
#[track_caller]
fn is_given_back(claw: &Terminal) {
    let text = String::from_utf8_lossy(&claw.bytes()).into_owned();
    for mode in ["1049", "2004", "1004", "1000", "1002", "1003", "1006", "2026"] {
        let on = text.rfind(&format!("\x1b[?{mode}h"));
        let off = text.rfind(&format!("\x1b[?{mode}l"));
        assert!(on <= off, "mode {mode} is left on");
    }
    let (shown, hidden) = (text.rfind("\x1b[?25h"), text.rfind("\x1b[?25l"));
    assert!(shown > hidden, "the cursor is hidden");
    let (pushed, popped) = (text.matches("\x1b[>1u").count(), text.matches("\x1b[<1u").count());
    assert_eq!(pushed, popped, "the keyboard is as it was");
    let (kept, back) = (text.matches("\x1b[22;0t").count(), text.matches("\x1b[23;0t").count());
    assert_eq!(kept, back, "the title is as it was");
    assert!(claw.is_cooked(), "the terminal is left raw");
    claw.screen(|screen| {
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    });
}

/// Leaves an idle screen, whatever is in the composer.
#[track_caller]
fn quit(claw: &mut Terminal) {
    claw.press_to_end("\x15\x18q");
    assert_eq!(claw.exit_code(), 0, "{}", claw.contents());
    is_given_back(claw);
}

/// Where the screen was cleared: inside a synchronized update, and outside of all.
fn clears(bytes: &[u8]) -> (usize, usize) {
    let text = String::from_utf8_lossy(bytes);
    let count = |text: &str| text.matches("\x1b[2J").count() + text.matches("\x1b[3J").count();
    let (mut inside, mut outside) = (0, 0);
    for (at, part) in text.split("\x1b[?2026h").enumerate() {
        let (frame, rest) = part.split_once("\x1b[?2026l").unwrap_or((part, ""));
        let begins = at > 0;
        inside += if begins { count(frame) } else { 0 };
        outside += count(rest) + if begins { 0 } else { count(frame) };
    }
    (inside, outside)
}

/// A paste, as the terminal reports it.
fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// Everything that tools said in a log.
fn results(log: &[Envelope]) -> String {
    let all = log.iter().filter_map(|envelope| match &envelope.event {
        Event::ToolCallFinished { outcome, .. } => Some(outcome.text.as_str()),
        _ => None,
    });
    all.collect::<Vec<_>>().join("\n")
}

/// A reply's last words.
fn last_answer(log: &[Envelope]) -> String {
    let said = log.iter().rev().find_map(|envelope| match &envelope.event {
        Event::MessageFinished { message } => Some(&message.content),
        _ => None,
    });
    said.map(|content: &Vec<Content>| text_of(content)).unwrap_or_default()
}
