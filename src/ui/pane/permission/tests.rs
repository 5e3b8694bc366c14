//! The question, from the keys' side: never answered before it is armed and read, and only once.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

use super::*;
use crate::protocol::{
    Access, Changed, Covered, Op, PermissionOutcome, Reach, Resolved, RuleScope, RuleTried,
    SandboxState, ToolCall, ToolOutcome, ToolStatus,
};
use crate::ui::effect::{Effect, Effects};
use crate::ui::pane::Pane;
use crate::ui::pane::tests::{area, asks, change, edit, event, golden, happened, look, run};
use crate::ui::pane::tests::{session, theme, view};
use crate::ui::row::Row;

const BUILD: &str = "cargo build --release 2>&1 | tail -n 20 && rm -rf ./target/tmp";

/// A session with one question, asked at 10,000 ms.
fn asked(call: ToolCall, rule: Option<&str>, risky: bool) -> (PermissionPane, State) {
    let (mut pane, mut session) = (PermissionPane::default(), session());
    asks(&mut session, &mut pane, 10_000, call, rule, risky);
    (pane, session)
}

/// Seen on a screen and armed.
fn arm(pane: &mut PermissionPane, session: &State, now: u64, area: Rect) {
    let theme = theme();
    pane.tick(Millis(now), session);
    pane.arrange(session, &look(&theme, now), area);
    pane.tick(Millis(now + 1_000), session);
    assert!(pane.armed());
}

fn sent(effects: &Effects) -> Option<PermissionOutcome> {
    match effects.as_slice() {
        [] => None,
        [Effect::Send(_, Op::Decide { request, hash, outcome })] => {
            assert_eq!(*hash, format!("hash of {request}"), "the answer is to what was shown");
            Some(outcome.clone())
        }
        other => unreachable!("{other:?}"),
    }
}

fn resolve(session: &mut State, pane: &mut PermissionPane, at: u64, id: &str) {
    let outcome = PermissionOutcome::AllowOnce;
    happened(session, pane, at, Event::PermissionResolved { request: id.into(), outcome });
}

/// The inside of the border that the pane asks for on a screen.
fn inner(pane: &PermissionPane, session: &State, width: u16, height: u16) -> Rect {
    inside(pane.size(session, area(width, height)))
}

fn picture(pane: &mut PermissionPane, session: &State, width: u16, height: u16) -> String {
    let inside = inner(pane, session, width, height);
    let theme = theme();
    pane.arrange(session, &look(&theme, 12_000), inside);
    // The picture begins at the corner, where no question would be drawn on a wide screen.
    let mut drawn = pane.clone();
    drawn.small = false;
    view(&mut drawn, session, 12_000, area(inside.width, inside.height))
}

fn edited() -> ToolCall {
    let rows: Vec<String> = (0..30).map(|n| format!("+    let line_{n} = {n};")).collect();
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    rows.insert(0, " fn main() {");
    let first: &[&str] = &[
        " for attempt in 0..MAX {",
        "-    sleep(HALF).await;",
        "+\tsleep(d + jitter(d)).await;  ",
        " }",
    ];
    edit("c1", change("/w/src/net/client.rs", &[(39, 39, first), (88, 88, &rows)]))
}

#[test]
fn looks() {
    let (mut pane, session) = asked(run("c1", BUILD), Some("Bash(cargo build:*)"), false);
    pane.tick(Millis(10_000), &session);
    pane.tick(Millis(10_080), &session);
    golden("permission_waiting", &picture(&mut pane, &session, 120, 40));
    pane.tick(Millis(11_000), &session);
    golden("permission_shell", &picture(&mut pane, &session, 120, 40));
    golden("permission_shell_80x24", &picture(&mut pane, &session, 80, 24));
    golden("permission_40x12", &picture(&mut pane, &session, 40, 12));

    let (mut pane, session) = asked(run("c1", BUILD), None, true);
    let inside = inner(&pane, &session, 120, 40);
    arm(&mut pane, &session, 10_000, inside);
    golden("permission_risky", &picture(&mut pane, &session, 120, 40));
    let _ = pane.act(Action::DenyWithWords, &session);
    pane.paste("keep ./target/tmp\nit is needed");
    golden("permission_deny_with_words", &picture(&mut pane, &session, 120, 40));
    let _ = pane.act(Action::Confirm, &session);
    golden("permission_sent", &picture(&mut pane, &session, 120, 40));

    let (mut pane, session) = asked(edited(), Some("Edit(src/net/**)"), false);
    pane.tick(Millis(10_000), &session);
    pane.tick(Millis(11_000), &session);
    golden("permission_edit", &picture(&mut pane, &session, 120, 40));
    golden("permission_edit_80x24", &picture(&mut pane, &session, 80, 24));
}

#[test]
fn looks_of_what_leaves_the_sandbox() {
    let (mut pane, mut session) = (PermissionPane::default(), session());
    let call = run("c1", "npm publish");
    let (request, hash) = (call.id.as_str().into(), "hash of c1".into());
    let request = PermissionRequest {
        hash,
        risky: true,
        cwd: Some("/w".into()),
        sandbox: Some(SandboxState::Outside),
        ..PermissionRequest::new(request, call.id.clone(), "it would run OUTSIDE the sandbox")
    };
    happened(&mut session, &mut pane, 10_000, Event::ToolCallStarted { call: Arc::new(call) });
    happened(&mut session, &mut pane, 10_000, Event::PermissionRequested { request });
    let inside = inner(&pane, &session, 120, 40);
    arm(&mut pane, &session, 10_000, inside);
    golden("permission_outside", &picture(&mut pane, &session, 120, 40));
    assert_eq!(pane.act(Action::Always, &session), [], "there is no always");
    assert_eq!(pane.act(Action::Confirm, &session), [], "Enter is off");
    assert!(sent(&pane.act(Action::AllowOnce, &session)).is_some());
}

#[test]
fn each_part_that_asks_is_shown_with_what_it_touches() {
    let (mut pane, session) = asked(run("c1", BUILD), None, true);
    arm(&mut pane, &session, 10_000, area(120, 40));
    let all: Vec<_> = pane.content.rows.iter().map(Row::text).collect();
    for want in [
        "Parts   ?  cargo build --release",
        "!  rm -rf ./target/tmp",
        "no rule covers it: Bash(rm:*), from .claw/config.toml:14 · deletes /w/target/tmp",
        "tail -n 20  needs no question",
    ] {
        assert!(all.iter().any(|row| row.trim() == want), "{want} in {all:#?}");
    }
}

#[rustfmt::skip]
#[test]
fn what_holds_it_back_is_said_in_words() {
    let confined = |roots: &[&str], network: Reach| SandboxState::Confined {
        roots: roots.iter().map(Into::into).collect(),
        network,
    };
    let table = [
        (SandboxState::Off, "!  no sandbox holds it back: it may do whatever you may"),
        (SandboxState::Outside, "!! OUTSIDE the sandbox, as the model asks, this once: it may do whatever you may"),
        (SandboxState::Unavailable { why: "namespaces: ENOSYS".into() },
            "!  no sandbox holds it back: it is not available here, namespaces: ENOSYS"),
        (confined(&["/w"], Reach::Nothing), "confined: keeps only what it writes in the project, no network"),
        (confined(&["/w", "/x\u{202e}"], Reach::All), "confined: keeps only what it writes in the project, /x<U+202E>, your whole network"),
        (confined(&["/w"], Reach::Hosts(vec!["crates.io".into(), "*.x.org".into()])), "confined: keeps only what it writes in the project, reaches only crates.io, *.x.org"),
        (confined(&["/a", "/b", "/c", "/d", "/e", "/f"], Reach::Nothing), "confined: keeps only what it writes in /a, /b, /c, /d and 2 more, no network"),
    ];
    for (state, words) in table {
        assert_eq!(found::sandbox(&state, "/w".as_ref()).text(), words);
    }
}

#[test]
fn looks_of_a_queue() {
    let (mut pane, mut session) = asked(run("c1", "cargo test"), Some("Bash(cargo test)"), false);
    asks(&mut session, &mut pane, 10_001, edited_as("c2"), None, false);
    asks(&mut session, &mut pane, 10_002, run("c3", "ls"), None, false);
    asks(&mut session, &mut pane, 10_003, run("c4", "ls -l"), None, false);
    let inside = inner(&pane, &session, 120, 40);
    arm(&mut pane, &session, 10_000, inside);
    golden("permission_queue", &picture(&mut pane, &session, 120, 40));
}

fn edited_as(id: &str) -> ToolCall {
    ToolCall { id: id.into(), ..edited() }
}

#[test]
fn hostile_content_is_shown_and_nothing_is_cut() {
    let mut command = String::from("echo \u{1b}[2Jx\u{202e}y\r\n\techo a\u{200b}b  \n");
    for n in 0..10_000 {
        command.push_str("echo line-");
        command.push_str(&n.to_string());
        command.push('\n');
    }
    let mut call = run("c1\u{1b}", &command);
    call.verb = "Run\u{7}".into();
    call.access.push(Access::Read { path: Resolved::plain("/etc/\u{202e}shadow") });
    let (mut pane, session) = asked(call, Some("Bash(\u{1b}]0;x)"), true);
    arm(&mut pane, &session, 10_000, area(80, 24));
    let all: Vec<_> = pane.content.rows.iter().map(Row::text).collect();
    assert!(pane.content.rows.iter().all(|row| row.width() <= 80));
    let all = all.join("\n");
    for want in [
        "echo <U+001B>[2Jx<U+202E>y<U+000D>",
        "→   echo a<U+200B>b··",
        "  echo line-9999",
        "OUTSIDE the project",
        "/etc/<U+202E>shadow",
    ] {
        assert!(all.contains(want), "{want} in {}", &all[..2_000]);
    }
    assert!(!all.chars().any(|c| c != '\n' && crate::base::text::is_hidden(c)));
    let drawn = view(&mut pane, &session, 12_000, area(80, 24));
    assert!(drawn.contains("rows 1-17 of 100"), "{drawn}");
    assert!(!drawn.chars().any(|c| c != '\n' && crate::base::text::is_hidden(c)));
}

#[test]
fn what_was_not_seen_to_its_end_is_not_answered() {
    let (mut pane, session) = asked(edited(), None, false);
    arm(&mut pane, &session, 10_000, area(78, 22));
    for action in [Action::AllowOnce, Action::Confirm, Action::Deny, Action::DenyWithWords] {
        assert_eq!(pane.act(action, &session), [], "{action:?}");
    }
    assert!(!pane.hints().contains(&Action::AllowOnce));
    assert!(!pane.wants_text());
    let _ = pane.act(Action::NextHunk, &session);
    let theme = theme();
    let _ = acts(&mut pane, &session, &[Action::PageDown, Action::PageDown]);
    assert_eq!(pane.act(Action::AllowOnce, &session), [], "it was not drawn yet");
    pane.arrange(&session, &look(&theme, 12_000), area(78, 22));
    let _ = pane.act(Action::Top, &session);
    assert!(pane.hints().contains(&Action::AllowOnce));
    let effects = pane.act(Action::AllowOnce, &session);
    assert_eq!(sent(&effects), Some(PermissionOutcome::AllowOnce));
}

#[test]
fn full_screen_shows_it_whole() {
    let (mut pane, session) = asked(edited(), None, false);
    let theme = theme();
    let at = |pane: &mut PermissionPane| {
        let inside = inner(pane, &session, 120, 52);
        pane.arrange(&session, &look(&theme, 10_000), inside);
    };
    at(&mut pane);
    assert!(!pane.read);
    let _ = pane.act(Action::FullScreen, &session);
    assert_eq!(pane.size(&session, area(120, 52)), area(120, 52));
    at(&mut pane);
    assert!(pane.read);
}

/// Actions, the rule, whether it is risky, and what is sent.
type Case<'a> = (&'a [Action], Option<&'a str>, bool, Option<PermissionOutcome>);

#[rustfmt::skip]
#[test]
fn answers() {
    let deny = |message: Option<&str>| PermissionOutcome::Deny { message: message.map(Into::into) };
    let table: &[Case<'_>] = &[
        // actions                                    rule       risky  what is sent
        (&[Action::AllowOnce],                        None,      true,  Some(PermissionOutcome::AllowOnce)),
        (&[Action::Always],                           Some("r"), false, None),
        (&[Action::Always, Action::Confirm],          Some("r"), false, None),
        (&[Action::Always, Action::Confirm, Action::Confirm], Some("r"), false, Some(PermissionOutcome::AllowSession)),
        (&[Action::Always, Action::Confirm, Action::Escape, Action::Confirm], Some("r"), false, Some(PermissionOutcome::AllowOnce)),
        (&[Action::Always, Action::AllowOnce],        Some("r"), false, None),
        (&[Action::Answer(1)],                        None,      true,  Some(PermissionOutcome::AllowOnce)),
        (&[Action::Answer(3)],                        None,      false, Some(deny(None))),
        (&[Action::Answer(5)],                        None,      false, None),
        (&[Action::Answer(0)],                        None,      false, None),
        (&[Action::ChangeFirst, Action::Confirm],     None,      false, None),
        (&[Action::AllowAlike, Action::AllowAlike],   None,      false, None),
        (&[Action::Always],                           None,      false, None),
        (&[Action::Deny],                             None,      false, Some(deny(None))),
        (&[Action::DenyWithWords],                    None,      false, None),
        (&[Action::DenyWithWords, Action::Confirm],   None,      true,  Some(deny(None))),
        (&[Action::Confirm],                          None,      false, Some(PermissionOutcome::AllowOnce)),
        (&[Action::Confirm],                          None,      true,  None),
        (&[Action::Down, Action::Confirm],            Some("r"), false, None),
        (&[Action::Down, Action::Down, Action::Confirm], None,   false, Some(deny(None))),
        (&[Action::Down, Action::Down, Action::Down, Action::Down, Action::Up, Action::Confirm], None, false, Some(deny(None))),
        (&[Action::Toggle],                           None,      false, None),
        (&[Action::Send],                             None,      false, None),
        (&[Action::Escape, Action::AllowOnce],        None,      false, None),
    ];
    for (actions, rule, risky, want) in table {
        let (mut pane, session) = asked(run("c1", "ls"), *rule, *risky);
        arm(&mut pane, &session, 10_000, area(100, 30));
        let effects: Effects = actions.iter().flat_map(|action| pane.act(*action, &session)).collect();
        assert_eq!(sent(&effects), *want, "{actions:?} {rule:?} {risky}");
    }
}

#[test]
fn it_is_answered_once_and_closes_when_the_engine_says_so() {
    let (mut pane, mut session) = asked(run("c1", "ls"), None, false);
    asks(&mut session, &mut pane, 10_001, run("c2", "rm -rf x"), None, false);
    arm(&mut pane, &session, 10_000, area(100, 30));
    assert!(sent(&pane.act(Action::AllowOnce, &session)).is_some());
    for now in 11_000..13_000 {
        pane.tick(Millis(now), &session);
        assert!(!pane.armed());
        assert_eq!(pane.act(Action::AllowOnce, &session), []);
    }
    assert!(pane.is_open(&session));
    resolve(&mut session, &mut pane, 13_000, "c1");
    assert!(pane.is_quiet(Millis(13_200)) && !pane.is_quiet(Millis(13_300)));
    let theme = theme();
    for now in 13_000..13_300 {
        pane.tick(Millis(now), &session);
        pane.arrange(&session, &look(&theme, now), area(100, 30));
        assert!(!pane.armed(), "{now}");
        assert_eq!(pane.act(Action::AllowOnce, &session), []);
    }
    pane.tick(Millis(13_300), &session);
    assert!(pane.armed());
    resolve(&mut session, &mut pane, 13_400, "c2");
    assert!(!pane.is_open(&session) && !pane.armed());
    assert_eq!(pane.next_tick(), None);
}

#[test]
fn an_answer_that_was_not_taken_can_be_given_again() {
    let (mut pane, session) = asked(run("c1", "ls"), None, false);
    arm(&mut pane, &session, 10_000, area(100, 30));
    assert!(sent(&pane.act(Action::Deny, &session)).is_some());
    pane.not_sent();
    assert_eq!(pane.act(Action::Deny, &session), [], "it is armed anew");
    arm(&mut pane, &session, 20_000, area(100, 30));
    assert!(sent(&pane.act(Action::Deny, &session)).is_some());
}

#[test]
fn a_request_that_is_swapped_under_the_finger_is_not_answered() {
    let (mut pane, mut session) = asked(run("c1", "ls"), None, false);
    arm(&mut pane, &session, 10_000, area(100, 30));
    // The pane hears nothing of it: the state alone says that another question is in front.
    let outcome = PermissionOutcome::Cancelled;
    let gone = event(&session, 11_000, Event::PermissionResolved { request: "c1".into(), outcome });
    session.apply(&gone);
    asks(&mut session, &mut PermissionPane::default(), 11_000, run("c2", "rm -rf x"), None, false);
    assert_eq!(pane.act(Action::AllowOnce, &session), []);
    assert!(!pane.armed());
}

#[test]
fn later_and_back() {
    let (mut pane, mut session) = asked(run("c1", "ls"), None, false);
    arm(&mut pane, &session, 10_000, area(100, 30));
    let _ = pane.act(Action::Escape, &session);
    assert!(!pane.is_open(&session) && !pane.armed());
    assert_eq!(session.pending.len(), 1);
    asks(&mut session, &mut pane, 12_000, run("c2", "ls -l"), None, false);
    assert!(pane.is_open(&session), "a new question opens itself");
    let _ = pane.act(Action::Escape, &session);
    pane.typed(Millis(13_000));
    let _ = pane.act(Action::NextWaiting, &session);
    assert!(pane.is_open(&session) && pane.armed());
    assert_eq!(pane.asked.as_ref().unwrap().id, "c1".into());
    assert_eq!(pane.act(Action::AllowOnce, &session), [], "it was not drawn yet");
}

#[test]
fn a_call_that_is_not_known_can_only_be_denied() {
    let (mut pane, mut session) = (PermissionPane::default(), session());
    let (rule, hash) = (Some("Bash".into()), "hash of r".into());
    let request =
        PermissionRequest { rule, hash, ..PermissionRequest::new("r".into(), "none".into(), "?") };
    happened(&mut session, &mut pane, 10_000, Event::PermissionRequested { request });
    arm(&mut pane, &session, 10_000, area(100, 30));
    assert_eq!(pane.act(Action::AllowOnce, &session), []);
    assert_eq!(pane.act(Action::Always, &session), []);
    assert!(!pane.hints().contains(&Action::AllowOnce));
    assert!(sent(&pane.act(Action::Deny, &session)).is_some());
}

#[test]
fn words_go_with_the_refusal() {
    let (mut pane, session) = asked(run("c1", "ls"), None, true);
    arm(&mut pane, &session, 10_000, area(100, 30));
    let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let _ = pane.act(Action::DenyWithWords, &session);
    assert!(pane.wants_text());
    for c in "y n".chars() {
        assert_eq!(pane.input(key(KeyCode::Char(c)), &session), []);
    }
    pane.paste("!");
    assert!(pane.cursor(&session, area(100, 30)).is_some_and(|at| at.x == 4));
    let effects = pane.input(key(KeyCode::Enter), &session);
    assert_eq!(sent(&effects), Some(PermissionOutcome::Deny { message: Some("y n!".into()) }));
    assert!(!pane.wants_text());
    assert_eq!(pane.input(key(KeyCode::Enter), &session), []);
}

/// What can reach the screen around a question's appearance.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stray {
    Key(Action),
    Paste,
    Tick,
}

/// As the core does: while the question is armed keys are its own, else they go to the message.
fn stray(pane: &mut PermissionPane, session: &State, now: u64, what: Stray) -> Effects {
    match what {
        Stray::Tick => pane.tick(Millis(now), session),
        Stray::Paste if pane.wants_text() => pane.paste("y"),
        Stray::Key(action) if pane.armed() => return pane.act(action, session),
        Stray::Paste | Stray::Key(_) => pane.typed(Millis(now)),
    }
    Effects::new()
}

fn strays() -> impl Strategy<Value = Stray> {
    // y, a, n, Enter, what Space and 1 may be bound to, a paste, time.
    prop::sample::select(vec![
        Stray::Key(Action::AllowOnce),
        Stray::Key(Action::Always),
        Stray::Key(Action::Deny),
        Stray::Key(Action::Confirm),
        Stray::Key(Action::Toggle),
        Stray::Key(Action::Send),
        Stray::Paste,
        Stray::Tick,
    ])
}

#[test]
fn a_key_at_any_millisecond_around_its_appearance_is_not_an_answer() {
    let keys = [
        Action::AllowOnce,
        Action::Always,
        Action::Deny,
        Action::Confirm,
        Action::Send,
        Action::Toggle,
        Action::Answer(1),
        Action::ChangeFirst,
        Action::DenyAlike,
    ];
    let theme = theme();
    for key in keys {
        for offset in 0..=700u64 {
            // Someone types each 200 ms; the question appears `offset` ms after a key.
            let (mut pane, mut session) = (PermissionPane::default(), session());
            let appears = 10_000 + offset % 200;
            let mut answered = false;
            for now in 9_000..=appears + offset {
                if now == appears {
                    asks(&mut session, &mut pane, now, run("c1", "ls"), Some("r"), false);
                    pane.arrange(&session, &look(&theme, now), area(100, 30));
                }
                pane.tick(Millis(now), &session);
                if now % 200 == 0 || now == appears + offset {
                    answered |= !stray(&mut pane, &session, now, Stray::Key(key)).is_empty();
                }
            }
            assert!(!answered, "{key:?} at {offset} ms");
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_answered_before_a_pause(
        events in prop::collection::vec((0u64..700, strays()), 1..30),
        started in 0u64..700,
    ) {
        let theme = theme();
        let (mut pane, mut session) = (PermissionPane::default(), session());
        pane.typed(Millis(10_000));
        let appears = 10_000 + started;
        asks(&mut session, &mut pane, appears, run("c1", "ls"), Some("r"), false);
        pane.tick(Millis(appears), &session);
        pane.arrange(&session, &look(&theme, appears), area(100, 30));
        let (mut now, mut last_key, mut ticked) = (appears, 10_000, appears);
        for (wait, what) in events {
            now += wait;
            let effects = stray(&mut pane, &session, now, what);
            if !effects.is_empty() {
                // The last tick was late enough after the last key that went elsewhere.
                prop_assert!(ticked >= last_key + 600 && ticked >= appears + 150);
                break;
            }
            match what {
                Stray::Tick => ticked = now,
                _ if !pane.armed() => last_key = now,
                _ => {}
            }
        }
    }

    #[test]
    fn no_size_is_too_small(
        width in 0u16..130,
        height in 0u16..50,
        actions in prop::collection::vec(prop::sample::select(vec![
            Action::Down, Action::PageDown, Action::Bottom, Action::NextHunk, Action::PreviousHunk,
            Action::DenyWithWords, Action::FullScreen, Action::Up, Action::Escape, Action::NextWaiting,
        ]), 0..8),
        diff: bool,
    ) {
        let call = if diff { edited() } else { run("c1", "echo 日本語 \u{1b}[2J | wc") };
        let (mut pane, mut session) = asked(call, Some("Bash(echo:*)"), true);
        asks(&mut session, &mut pane, 10_001, run("c2", "ls"), None, false);
        let screen = area(width, height);
        arm(&mut pane, &session, 10_000, area(120, 50));
        for action in actions {
            let _ = pane.act(action, &session);
            let size = pane.size(&session, screen);
            prop_assert_eq!(size.intersection(screen), size);
            let _ = view(&mut pane, &session, 12_000, area(width, height));
            if let Some(at) = pane.cursor(&session, screen) {
                prop_assert!(screen.contains(at), "{:?}", at);
            }
            let _ = pane.click(Position { x: width / 2, y: height.saturating_sub(1) }, screen, &session);
        }
    }
}

#[test]
fn the_agent_cannot_hide_a_call_by_finishing_it() {
    let (mut pane, mut session) = asked(run("c1", "ls"), None, false);
    let outcome = Arc::new(ToolOutcome::new(ToolStatus::Done, ""));
    let call = "c1".into();
    happened(
        &mut session,
        &mut pane,
        10_001,
        Event::ToolCallFinished { call, outcome, changes: vec![] },
    );
    assert!(pane.is_open(&session));
}

fn three_hunks() -> ToolCall {
    let first: &[&str] = &[
        " for attempt in 0..MAX {",
        "-    sleep(Duration::from_millis(500)).await;",
        "+    let d = BASE * 2u32.pow(attempt.min(6));",
        "+    sleep(d + jitter(d)).await;",
        " }",
    ];
    let second: &[&str] = &[
        "-    timeout: Duration::from_secs(30),",
        "+    timeout: Duration::from_secs(300),",
        "-    pool: 8,",
        "+    pool: 64,",
    ];
    let third: &[&str] =
        &["+#[test]", "+fn caps_at_six() {", "+    assert_eq!(delay(9), BASE * 64);", "+}"];
    edit(
        "c1",
        change("/w/src/net/client.rs", &[(39, 39, first), (63, 64, second), (88, 89, third)]),
    )
}

fn acts(pane: &mut PermissionPane, session: &State, actions: &[Action]) -> Effects {
    actions.iter().flat_map(|action| pane.act(*action, session)).collect()
}

fn types(pane: &mut PermissionPane, session: &State, text: &str) -> Effects {
    let keys = text.chars().map(|c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
    keys.flat_map(|code| pane.input(KeyEvent::new(code, KeyModifiers::NONE), session)).collect()
}

/// The second hunk is left out, with a comment to a line of it.
fn chosen() -> (PermissionPane, State) {
    let (mut pane, session) = asked(three_hunks(), Some("Edit(src/net/**)"), false);
    let inside = inner(&pane, &session, 120, 40);
    arm(&mut pane, &session, 10_000, inside);
    let keys = [Action::NextHunk, Action::Toggle, Action::Down, Action::Down, Action::Comment];
    assert_eq!(acts(&mut pane, &session, &keys), []);
    assert_eq!(types(&mut pane, &session, "keep 30 s, the gateway cuts at 60\n"), []);
    (pane, session)
}

#[test]
fn looks_of_an_edit_of_which_a_part_is_chosen() {
    let (mut pane, session) = chosen();
    golden("permission_hunks", &picture(&mut pane, &session, 120, 40));
    golden("permission_hunks_80x24", &picture(&mut pane, &session, 80, 24));
    let _ = acts(&mut pane, &session, &[Action::Split]);
    golden("permission_hunks_split", &picture(&mut pane, &session, 120, 40));
    let keys = [Action::Split, Action::NextHunk, Action::Down, Action::SelectLines, Action::Down];
    let _ = acts(&mut pane, &session, &keys);
    golden("permission_lines", &picture(&mut pane, &session, 120, 40));
}

#[test]
fn what_is_chosen_is_what_is_allowed() {
    let (mut pane, session) = chosen();
    assert_eq!(acts(&mut pane, &session, &[Action::Always]), [], "a rule allows all of it");
    let Some(PermissionOutcome::AllowPart { part }) = sent(&pane.act(Action::AllowOnce, &session))
    else {
        unreachable!("a part is chosen")
    };
    assert_eq!(
        part.left_out.iter().map(|at| (at.hunk, at.line)).collect::<Vec<_>>(),
        [(1, 0), (1, 1), (1, 2), (1, 3)]
    );
    assert_eq!(part.comments[0].text, "keep 30 s, the gateway cuts at 60");
    let (mut pane, session) = chosen();
    let keys = [
        Action::PreviousHunk,
        Action::PreviousHunk,
        Action::Toggle,
        Action::NextHunk,
        Action::NextHunk,
        Action::Toggle,
    ];
    let _ = acts(&mut pane, &session, &keys);
    assert_eq!(acts(&mut pane, &session, &[Action::AllowOnce, Action::Confirm]), []);
    assert_eq!(pane.refused, Some("nothing is chosen: n denies, A chooses all"));
    let _ = acts(&mut pane, &session, &[Action::ChooseAll]);
    assert!(sent(&pane.act(Action::Confirm, &session)).is_some(), "with its comment");
}

fn renew(session: &mut State, pane: &mut PermissionPane, at: u64, call: ToolCall, edited: bool) {
    let mut request = session.pending[0].clone();
    request.hash = format!("new hash of {}", request.id);
    request.edited = edited;
    let why = if edited { "you changed the command" } else { "src/net/client.rs changed on disk" };
    let (call, why) = (Some(Arc::new(call)), why.to_owned());
    happened(session, pane, at, Event::PermissionRenewed { request, call, why });
}

#[test]
fn a_question_that_asks_something_else_is_armed_and_read_anew() {
    let (mut pane, mut session) = chosen();
    assert!(pane.can_answer());
    let mut call = three_hunks();
    if let Some(crate::protocol::Preview::Diff { change }) = &mut call.preview {
        change.hunks.remove(0);
    }
    renew(&mut session, &mut pane, 12_000, call, false);
    assert!(!pane.armed() && pane.is_quiet(Millis(12_299)));
    assert_eq!(acts(&mut pane, &session, &[Action::AllowOnce]), []);
    let inside = inner(&pane, &session, 120, 40);
    arm(&mut pane, &session, 12_400, inside);
    assert_eq!(pane.picks.count(), (1, 2), "what was said of a hunk that is the same holds");
    golden("permission_renewed", &picture(&mut pane, &session, 120, 40));
    let effects = pane.act(Action::AllowOnce, &session);
    let [Effect::Send(_, Op::Decide { hash, .. })] = &effects[..] else { unreachable!() };
    assert_eq!(hash, "new hash of c1");
}

#[test]
fn a_command_is_edited_and_asked_again() {
    let (mut pane, mut session) = asked(run("c1", "cargo test\nls"), None, false);
    let inside = inner(&pane, &session, 120, 40);
    arm(&mut pane, &session, 10_000, inside);
    let _ = pane.act(Action::ChangeFirst, &session);
    assert_eq!(pane.context(), Context::Command);
    pane.paste(" -l\n");
    golden("permission_command", &picture(&mut pane, &session, 120, 40));
    let effects = types(&mut pane, &session, "\n");
    let changed = Changed::Command { command: "cargo test\nls -l\n".into() };
    assert_eq!(sent(&effects), Some(PermissionOutcome::Change { changed }));
    assert!(!pane.armed(), "it waits for the new question");
    renew(&mut session, &mut pane, 12_000, run("c1", "cargo test\nls -l\n"), true);
    arm(&mut pane, &session, 12_400, inside);
    golden("permission_edited", &picture(&mut pane, &session, 120, 40));
}

#[test]
fn a_file_is_written_otherwise_and_asked_again() {
    let (mut pane, mut session) = chosen();
    let told = |hash: &str| Event::TextTold {
        request: "c1".into(),
        hash: hash.to_owned(),
        text: Some("all of it\n".into()),
    };
    let asks = [Effect::Send("s1".into(), Op::TellText { request: "c1".into() })];
    assert_eq!(acts(&mut pane, &session, &[Action::ChangeFirst]), asks);
    // Of something else, or not wanted any more: no editor opens under the user's hands.
    happened(&mut session, &mut pane, 11_000, told("another hash"));
    assert_eq!(pane.wanted(Millis(11_000)), []);
    let _ = acts(&mut pane, &session, &[Action::Explain]);
    happened(&mut session, &mut pane, 11_000, told("hash of c1"));
    assert_eq!(pane.wanted(Millis(11_000)), []);

    assert_eq!(acts(&mut pane, &session, &[Action::ChangeFirst]), asks);
    happened(&mut session, &mut pane, 11_000, told("hash of c1"));
    let effects = pane.wanted(Millis(11_000));
    let [Effect::EditText { key, text, suffix }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((text.as_str(), suffix.as_str()), ("all of it\n", ".rs"));
    assert_eq!(pane.wanted(Millis(11_000)), [], "once");
    assert_eq!(pane.written(key, None, &session), (Vec::new(), None), "left as it is");
    assert_eq!(pane.written("draft", Some("x"), &session), (Vec::new(), None), "not its own");
    let (mut late, mut later) = (pane.clone(), session.clone());

    let (effects, said) = pane.written(key, Some("mine\n"), &session);
    let changed = Changed::File { text: "mine\n".into() };
    assert_eq!((sent(&effects), said), (Some(PermissionOutcome::Change { changed }), None));
    assert!(!pane.armed(), "it waits for the new question");

    renew(&mut later, &mut late, 12_000, three_hunks(), false);
    let (effects, said) = late.written(key, Some("mine\n"), &later);
    assert_eq!(effects, [Effect::Copy("mine\n".into())], "it was made of another file");
    assert!(said.is_some());
}

fn piped() -> (PermissionPane, State) {
    let (mut pane, mut session) = (PermissionPane::default(), session());
    asks(&mut session, &mut pane, 10_000, run("c1", BUILD), None, true);
    let mut request = session.pending[0].clone();
    for part in &mut request.parts {
        let word = part.text.split(' ').next().unwrap_or_default();
        part.always = Some(format!("Bash({word}:*)"));
    }
    let (call, why) = (None, "?".into());
    happened(&mut session, &mut pane, 10_001, Event::PermissionRenewed { request, call, why });
    pane.renewed = None;
    (pane, session)
}

#[test]
fn a_rule_is_looked_at_before_it_is_kept() {
    let (mut pane, mut session) = piped();
    let inside = inner(&pane, &session, 120, 40);
    arm(&mut pane, &session, 11_000, inside);
    let _ = pane.act(Action::Always, &session);
    let effects = pane.wanted(Millis(12_500));
    let rules = ["Bash(cargo:*)", "Bash(rm:*)"].map(str::to_owned).to_vec();
    let wanted = Op::TryRules { request: "c1".into(), rules: rules.clone() };
    assert_eq!(effects, [Effect::Send("s1".into(), wanted)]);
    assert_eq!(acts(&mut pane, &session, &[Action::Confirm, Action::Confirm]), []);
    let rules = rules.into_iter().map(|rule| RuleTried {
        refused: rule.contains("rm").then(|| "it would cover every deletion".to_owned()),
        rule,
        covers: Covered { count: 7, examples: vec!["cargo test".into(), "cargo fmt".into()] },
        also: vec!["cargo publish".into(), "cargo run -- --delete".into()],
    });
    let tried = Event::RulesTried { request: "c1".into(), rules: rules.collect() };
    happened(&mut session, &mut pane, 12_600, tried);
    golden("permission_rules", &picture(&mut pane, &session, 120, 40));
    golden("permission_rules_80x24", &picture(&mut pane, &session, 80, 24));
    golden("permission_rules_40x12", &picture(&mut pane, &session, 40, 12));
    let _ = pane.act(Action::NextScope, &session);
    assert_eq!(acts(&mut pane, &session, &[Action::Confirm]), [], "first what it means");
    let rules = vec!["Bash(cargo:*)".into()];
    let want = PermissionOutcome::Always { rules, scope: RuleScope::Project };
    assert_eq!(sent(&pane.act(Action::Confirm, &session)), Some(want));
}

#[test]
fn the_same_answer_for_all_of_a_kind() {
    let queue = || {
        let (mut pane, mut session) = asked(run("c1", "cargo test"), None, false);
        asks(&mut session, &mut pane, 10_001, run("c2", "rm -rf x"), None, true);
        asks(&mut session, &mut pane, 10_002, edited_as("c3"), None, false);
        asks(&mut session, &mut pane, 10_003, run("c4", "ls -l\necho two"), None, false);
        let inside = inner(&pane, &session, 120, 40);
        arm(&mut pane, &session, 10_000, inside);
        (pane, session)
    };
    let ids = |effects: Effects| -> Vec<String> {
        let id = |effect: Effect| match effect {
            Effect::Send(_, Op::Decide { request, hash, .. }) => {
                assert_eq!(hash, format!("hash of {request}"));
                request.to_string()
            }
            other => unreachable!("{other:?}"),
        };
        effects.into_iter().map(id).collect()
    };
    let (mut pane, session) = queue();
    assert_eq!(acts(&mut pane, &session, &[Action::AllowAlike, Action::AllowAlike]), [], "unseen");
    golden("permission_alike", &picture(&mut pane, &session, 120, 40));
    assert_eq!(acts(&mut pane, &session, &[Action::DenyAlike, Action::AllowOnce]), []);
    assert_eq!(ids(pane.act(Action::AllowAlike, &session)), ["c1", "c4"], "nothing risky");
    assert!(!pane.armed());
    let (mut pane, session) = queue();
    let _ = pane.act(Action::DenyAlike, &session);
    let _ = picture(&mut pane, &session, 120, 40);
    assert_eq!(ids(pane.act(Action::DenyAlike, &session)), ["c1", "c2", "c4"]);
    let (mut pane, session) = queue();
    let _ = acts(&mut pane, &session, &[Action::AllowAlike, Action::Escape]);
    assert!(sent(&pane.act(Action::AllowOnce, &session)).is_some(), "back to the one in front");
}

#[test]
fn the_reasons_are_spelled_out() {
    let (mut pane, session) = asked(run("c1", BUILD), None, true);
    arm(&mut pane, &session, 10_000, area(100, 60));
    let _ = pane.act(Action::Explain, &session);
    let drawn = view(&mut pane, &session, 12_000, area(100, 60));
    for want in [
        "2  rm -rf ./target/tmp  asked",
        "by the rule Bash(rm:*) · from .claw/config.toml:14",
        "3  tail -n 20  allowed",
    ] {
        assert!(drawn.contains(want), "{want} in {drawn}");
    }
}

#[test]
fn a_key_that_is_held_down_answers_nothing() {
    use crate::ui::msg::Msg;
    use crate::ui::tests::Stage;
    use crate::ui::update::update;
    use crossterm::event::KeyEventKind;
    let mut stage = Stage::new((120, 40));
    stage.turn("one");
    stage.ask();
    stage.drawn();
    stage.wait(1200);
    stage.drawn();
    let mut key = KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE);
    key.kind = KeyEventKind::Repeat;
    assert_eq!(update(&mut stage.model, Msg::Key(key)), []);
    assert_eq!(stage.keys(&["y"]), [], "within 40 ms of itself");
    stage.wait(39);
    assert_eq!(stage.keys(&["y"]), []);
    for other in ["Space", "v", "A", "c", "t", "w", "Tab", "?", "Space", "g", "PgDn"] {
        assert_eq!(stage.keys(&[other]), [], "{other}");
    }
    let _ = update(&mut stage.model, Msg::Paste("y\n".into()));
    assert!(stage.model.session.pending.len() == 1);
    stage.wait(1200);
    stage.drawn();
    let _ = stage.keys(&["Ctrl+X", "a"]);
    assert_eq!(stage.keys(&["y"]).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is pressed: nothing is answered before the question was armed, and nothing is
    /// allowed whose end was not drawn.
    #[test]
    fn no_keys_answer_what_was_not_shown(
        steps in prop::collection::vec((0u64..900, 0usize..34), 1..200),
        diff: bool,
        small: bool,
    ) {
        use crate::ui::tests::Stage;
        const KEYS: &[&str] = &[
            "y", "a", "e", "n", "d", "Enter", "Space", "1", "2", "3", "Y", "N", "j", "k", "PgDn",
            "g", "]", "c", "v", "A", "t", "w", "Tab", "?", "o", "Esc", "x", "Backspace", "Ctrl+J", "Up",
        ];
        let mut stage = Stage::new(if small { (60, 16) } else { (120, 40) });
        stage.turn("one");
        let call = if diff { edited() } else { run("c9", &"echo a\n".repeat(70)) };
        let request = PermissionRequest {
            hash: "h".into(),
            rule: Some("r".into()),
            covers: Some(Covered::default()),
            ..PermissionRequest::new("r9".into(), call.id.clone(), "?")
        };
        stage.event(Event::ToolCallStarted { call: Arc::new(call) });
        stage.event(Event::PermissionRequested { request });
        let mut seen = false;
        for (wait, at) in steps {
            stage.wait(wait);
            let armed = stage.model.panes.permission.armed();
            let effects = match KEYS.get(at) {
                Some(key) => stage.keys(&[key]),
                None => { stage.drawn(); Vec::new() }
            };
            for effect in effects {
                if let Effect::Send(_, Op::Decide { outcome, .. }) = effect {
                    prop_assert!(armed, "{outcome:?}");
                    prop_assert!(seen, "{outcome:?} was not read");
                    return Ok(());
                }
            }
            if at >= KEYS.len() {
                let pane = &stage.model.panes.permission;
                seen |= pane.page > 0 && pane.scroll + pane.page >= pane.content.rows.len();
            }
        }
    }
}
