//! The pane, by its keys and by its pictures.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::diff;
use crate::protocol::{Author, ChangeKind, Event, Hunk, LineKind};
use crate::ui::effect::Effect;
use crate::ui::layout::PaneId;
use crate::ui::model::Focus;
use crate::ui::msg::Msg;
use crate::ui::pane::tests::{area, change, event, golden, session, view};
use crate::ui::tests::{Stage, golden as screen};

fn three() -> Vec<FileChange> {
    let mut readme = change("/w/README.md", &[(3, 3, &[" # net", "+", "+Retries back off."])]);
    readme.author = Author::User;
    let mut client = change(
        "/w/src/net/client.rs",
        &[
            (
                39,
                39,
                &[
                    " for attempt in 0..MAX {",
                    "     if let Ok(r) = send().await {",
                    "-        sleep(Duration::from_millis(500)).await;",
                    "+        let d = BASE * 2u32.pow(attempt.min(6));",
                    "+        sleep(Duration::from_millis(d)).await;",
                    "     }",
                    " }",
                ],
            ),
            (
                88,
                89,
                &[" #[cfg(test)]", "+mod retry {", "+    #[test]", "+    fn caps_at_six() {}"],
            ),
        ],
    );
    client.staged = 2;
    let mut test = change("/w/tests/retry.rs", &[(0, 1, &["+#[test]", "+fn doubles() {}"])]);
    test.kind = ChangeKind::Added;
    test.author = Author::Command;
    let mut logo = change("/w/www/logo.png", &[]);
    (logo.from, logo.note) = (Some("/w/logo.png".into()), Some("binary".into()));
    vec![readme, client, test, logo]
}

pub(super) fn told(pane: &mut ChangesPane, session: &mut State, to: Vec<FileChange>, at: u64) {
    let (against, changes) = (session.live.against, Arc::new(to));
    let envelope = event(session, at, Event::FilesChanged { against, changes, unlisted: 0 });
    session.apply(&envelope);
    pane.observe(&envelope, session);
}

pub(super) fn seen(changes: Vec<FileChange>) -> (ChangesPane, State) {
    let (mut pane, mut session) = (ChangesPane::default(), session());
    let git = Event::GitChanged { branch: Some("main".into()), dirty: (2, 1) };
    let envelope = event(&session, 5_000, git);
    session.apply(&envelope);
    told(&mut pane, &mut session, changes, 10_000);
    (pane, session)
}

/// Where the cursor is: the file's name, and the line in the editor.
fn at(pane: &ChangesPane) -> String {
    let (path, line) = pane.place().unwrap();
    format!("{}:{line}", path.file_name().unwrap().display())
}

fn acts(pane: &mut ChangesPane, session: &State, actions: &[Action]) -> Effects {
    actions.iter().flat_map(|action| pane.act(*action, session)).collect()
}

#[test]
fn looks() {
    let (mut pane, session) = seen(three());
    golden("changes", &view(&mut pane, &session, 12_000, area(46, 24)));
    let _ = acts(&mut pane, &session, &[Action::Top, Action::NextSection, Action::NextHunk]);
    let _ = acts(&mut pane, &session, &[Action::Down, Action::Down, Action::Down]);
    golden("changes_small", &view(&mut pane, &session, 30_000, area(30, 9)));
    let _ = acts(&mut pane, &session, &[Action::SelectLines, Action::Down, Action::Revert]);
    golden("changes_revert", &view(&mut pane, &session, 30_000, area(60, 16)));
    let _ = acts(&mut pane, &session, &[Action::CloseAll]);
    golden("changes_folded", &view(&mut pane, &session, 30_000, area(46, 10)));
    pane.set_full(true);
    let _ = acts(&mut pane, &session, &[Action::OpenAll, Action::NextHunk]);
    golden("changes_side_by_side", &view(&mut pane, &session, 12_000, area(118, 26)));
    let (mut pane, session) = seen(Vec::new());
    golden("changes_empty", &view(&mut pane, &session, 20_000, area(46, 3)));
}

#[test]
fn follows_the_newest_change_until_the_user_moves() {
    let (mut pane, mut session) = seen(three());
    let _ = view(&mut pane, &session, 10_000, area(46, 12));
    assert_eq!(at(&pane), "README.md:4", "the first that is new");
    let mut next = three();
    next[1].hunks[1].lines.push(crate::ui::pane::tests::line("+more"));
    told(&mut pane, &mut session, next.clone(), 20_000);
    assert_eq!(at(&pane), "client.rs:90", "the hunk that is new");
    assert!(pane.known.is_fresh(Millis(29_999)) && !pane.known.is_fresh(Millis(30_000)));

    let _ = acts(&mut pane, &session, &[Action::Down, Action::Down, Action::Down]);
    assert_eq!(at(&pane), "client.rs:91");
    // Lines come above: the cursor stays on its line, and the line where it is on the screen.
    let below = pane.cursor - pane.top;
    next[0].hunks[0].lines.extend((0..5).map(|_| crate::ui::pane::tests::line("+x")));
    told(&mut pane, &mut session, next.clone(), 30_000);
    assert_eq!((at(&pane).as_str(), pane.cursor - pane.top), ("client.rs:91", below));
    // The file is as it was: the one after it is looked at.
    next.remove(1);
    told(&mut pane, &mut session, next, 40_000);
    assert_eq!(at(&pane), "retry.rs:1");
    let _ = acts(&mut pane, &session, &[Action::FollowLive]);
    assert_eq!(at(&pane), "README.md:4");
}

#[test]
fn a_paused_pane_stands_still_and_counts() {
    let (mut pane, mut session) = seen(three());
    let _ = acts(&mut pane, &session, &[Action::Top, Action::PauseWatch]);
    let mut next = three();
    next[0].added += 1;
    next.truncate(2);
    told(&mut pane, &mut session, next, 20_000);
    let _ = view(&mut pane, &session, 20_000, area(60, 20));
    let title = |pane: &ChangesPane, session: &State| {
        let theme = crate::ui::pane::tests::theme();
        pane.title(session, &crate::ui::pane::tests::look(&theme, 20_000)).1
    };
    assert_eq!(title(&pane, &session), "4 files +9 -1 · paused · 3 newer");
    let effects = acts(&mut pane, &session, &[Action::Revert, Action::Revert]);
    assert_eq!(effects, [], "what is shown is not what is there");
    assert_eq!(pane.word.as_deref(), Some("it changed since you paused: p shows how"));
    let _ = acts(&mut pane, &session, &[Action::PauseWatch]);
    assert_eq!(title(&pane, &session), "2 files +8 -1");
}

#[test]
fn another_baseline_is_shown_when_it_is_told() {
    let (mut pane, mut session) = seen(three());
    let _ = acts(&mut pane, &session, &[Action::Bottom, Action::SelectLines]);
    let head =
        Event::FilesChanged { against: Baseline::Head, changes: Arc::new(three()), unlisted: 0 };
    let envelope = event(&session, 20_000, head);
    session.apply(&envelope);
    pane.observe(&envelope, &session);
    assert_eq!((pane.cursor, pane.anchor, pane.against()), (0, None, Baseline::Head));
    assert!(!pane.known.is_fresh(Millis(20_001)) || pane.known.when(Path::new("/w/x")).is_none());
    let failed = format!("{}, because watching failed: limit", crate::engine::POLLING);
    let notice = Event::Notice { level: crate::protocol::Level::Warning, text: failed };
    let envelope = event(&session, 20_000, notice);
    pane.observe(&envelope, &session);
    let theme = crate::ui::pane::tests::theme();
    let (left, right) = pane.title(&session, &crate::ui::pane::tests::look(&theme, 50_000));
    assert_eq!(left, "since HEAD");
    assert!(right.ends_with("watch lost: polling 2 s"), "{right}");
}

/// Ops as a word, the file's name, and the lines of their hunks that differ.
fn told_of(effects: &[Effect]) -> String {
    let lines = |hunks: &[Hunk]| {
        let mut out = String::new();
        for line in hunks.iter().flat_map(|hunk| &hunk.lines) {
            let sign = match line.kind {
                LineKind::Context => continue,
                LineKind::Added => '+',
                LineKind::Removed => '-',
            };
            write!(out, " {sign}{}", line.text.trim()).unwrap();
        }
        out
    };
    let one = |effect: &Effect| match effect {
        Effect::Send(_, Op::Stage { path, hunks, unstage }) => {
            let word = if *unstage { "unstage" } else { "stage" };
            format!("{word} {}{}", path.file_name().unwrap().display(), lines(hunks))
        }
        Effect::Send(_, Op::Revert { path, hunks }) => {
            format!("revert {}{}", path.file_name().unwrap().display(), lines(hunks))
        }
        Effect::Send(_, op) => format!("{op:?}"),
        Effect::Copy(text) => format!("copy {text:?}"),
        other => format!("{other:?}"),
    };
    effects.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[rustfmt::skip]
#[test]
fn keys_and_what_is_asked() {
    let to_client: &[Action] = &[Action::Top, Action::NextSection];
    let to_line: &[Action] = &[Action::Top, Action::NextSection, Action::NextHunk, Action::Down, Action::Down, Action::Down];
    let table: [(&[Action], &[Action], &str); 14] = [
        (to_line, &[Action::Revert], ""),
        (to_line, &[Action::Revert, Action::Down, Action::Revert], ""),
        (to_line, &[Action::SelectLines, Action::Down, Action::Revert, Action::Revert],
            "revert client.rs +sleep(Duration::from_millis(500)).await; -let d = BASE * 2u32.pow(attempt.min(6));"),
        (to_line, &[Action::SelectLines, Action::Stage], "stage client.rs -sleep(Duration::from_millis(500)).await;"),
        (to_line, &[Action::NextHunk, Action::Unstage], "unstage client.rs +mod retry { +#[test] +fn caps_at_six() {}"),
        (to_line, &[Action::UndoRevert], "UndoRevert"),
        (to_line, &[Action::Copy], "copy \"        sleep(Duration::from_millis(500)).await;\\n\""),
        (to_client, &[Action::Copy], "copy \"src/net/client.rs\""),
        (&[Action::Top], &[Action::Stage], "stage README.md + +Retries back off."),
        (&[Action::Top], &[Action::Unstage], ""),
        (&[Action::Top, Action::NextHunk], &[Action::SelectHunk, Action::Copy], "copy \"# net\\n\\nRetries back off.\\n\""),
        (&[Action::Bottom], &[Action::Stage], ""),
        (&[Action::Top], &[Action::RefreshChanges], "Compare { baseline: SessionStart }"),
        (&[Action::Top], &[Action::MarkSeen], "Looked"),
    ];
    for (first, actions, expected) in table {
        let (mut pane, session) = seen(three());
        let _ = view(&mut pane, &session, 10_000, area(60, 30));
        let _ = acts(&mut pane, &session, first);
        assert_eq!(told_of(&acts(&mut pane, &session, actions)), expected, "{actions:?}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let (mut pane, mut session) = seen(three());
    let said = |pane: &mut ChangesPane, session: &State, actions: &[Action]| {
        assert_eq!(acts(pane, session, actions), []);
        pane.word.clone().unwrap_or_default()
    };
    let words = said(&mut pane, &session, &[Action::Bottom, Action::Revert]);
    assert_eq!(words, "binary: there are no lines to choose");
    let words = said(&mut pane, &session, &[Action::Top, Action::Revert]);
    assert_eq!(words, "x again takes 2 lines of README.md back");
    let words = said(&mut pane, &session, &[Action::Top, Action::Unstage]);
    assert_eq!(words, "nothing of it is staged");
    let line = [Action::Top, Action::NextHunk, Action::Down, Action::SelectLines, Action::Stage];
    assert_eq!(said(&mut pane, &session, &line), "no line here differs");
    session.live.branch = None;
    let words = said(&mut pane, &session, &[Action::SelectLines, Action::Stage]);
    assert_eq!(words, "there is no git repository here");
}

/// A stage whose project is that of the changes here, told of them.
fn stage(size: (u16, u16), changes: Vec<FileChange>) -> Stage {
    let mut stage = Stage::new(size);
    stage.event(Event::GitChanged { branch: Some("main".into()), dirty: (3, 1) });
    let at = |mut change: FileChange| {
        let inner = change.path.strip_prefix("/w").unwrap().to_owned();
        change.path = Path::new("/home/u/src/api").join(inner);
        change.from = change
            .from
            .map(|from| Path::new("/home/u/src/api").join(from.strip_prefix("/w").unwrap()));
        change
    };
    let changes = Arc::new(changes.into_iter().map(at).collect());
    stage.event(Event::FilesChanged { against: Baseline::SessionStart, changes, unlisted: 0 });
    stage.wait(2_000);
    stage
}

#[test]
fn screens() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut pane = stage(size, three());
        let _ = pane.keys(&["Ctrl+X", "3", "g", "]", "f"]);
        screen(&format!("changes-{}x{}", size.0, size.1), &mut pane);
        let _ = pane.keys(&["Enter"]);
        pane.model.arrange();
        let _ = pane.keys(&["]", "c", "]", "c"]);
        screen(&format!("changes-full-{}x{}", size.0, size.1), &mut pane);
    }
    let long: Vec<String> = (0..2_000).map(|n| format!("+let line_{n} = {n};")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let mut pane = stage((120, 40), vec![change("/w/long.rs", &[(7, 7, &long)])]);
    let _ = pane.keys(&["Ctrl+X", "d"]);
    pane.model.arrange();
    let _ = pane.keys(&["G"]);
    screen("changes-2000-lines", &mut pane);
    let _ = pane.keys(&["d"]);
    screen("changes-baselines", &mut pane);
    let mut pane = stage((120, 40), Vec::new());
    let _ = pane.keys(&["Ctrl+X", "3"]);
    screen("changes-empty", &mut pane);
}

#[test]
fn the_full_screen_is_left_step_by_step_and_what_was_in_it_is_seen() {
    let mut stage = stage((120, 40), three());
    assert_eq!(stage.keys(&["Ctrl+X", "d"]), []);
    assert!(stage.model.zoom);
    stage.model.arrange();
    let _ = stage.keys(&["v", "j"]);
    assert_eq!(stage.keys(&["Esc"]), [], "the selection goes first");
    assert!(stage.model.zoom);
    assert_eq!(told_of(&stage.keys(&["Esc"])), "Looked");
    assert_eq!((stage.model.zoom, stage.model.focus), (false, Focus::Pane(PaneId::Changes)));
    assert_eq!(stage.keys(&["Esc"]), []);
    assert_eq!(stage.model.focus, Focus::Message);
    let _ = stage.keys(&["Ctrl+X", "d"]);
    assert_eq!(told_of(&stage.keys(&["Ctrl+X", "z"])), "Looked");
    let _ = stage.keys(&["Enter"]);
    assert_eq!(told_of(&stage.keys(&["q"])), "Looked");
    assert!(!stage.model.zoom);
}

#[test]
fn another_baseline_is_chosen_from_a_list() {
    let mut stage = stage((120, 40), three());
    let _ = stage.keys(&["Ctrl+X", "3", "d", "Down", "Down", "Down"]);
    assert_eq!(told_of(&stage.keys(&["Enter"])), "Compare { baseline: Head }");
    assert_eq!(stage.model.panes.changes.against(), Baseline::SessionStart, "until it is told");
    stage.event(Event::GitChanged { branch: None, dirty: (0, 0) });
    let _ = stage.keys(&["d", "Down", "Down", "Down"]);
    assert_eq!(stage.keys(&["Enter"]), [], "there is no HEAD");
}

#[test]
fn lines_are_asked_about_in_the_draft() {
    let mut stage = stage((120, 40), three());
    stage.write("see ");
    let _ = stage.keys(&["Ctrl+X", "3", "g", "]", "f", "]", "c", "j", "j", "j", "v", "j", "c"]);
    assert_eq!(stage.model.focus, Focus::Message);
    stage.write("why?");
    let want = "see \nsrc/net/client.rs:41\n```diff\n-        sleep(Duration::from_millis(500)).await;\n+        let d = BASE * 2u32.pow(attempt.min(6));\n```\nwhy?";
    assert_eq!(stage.model.composer.text(), want);
}

#[test]
fn the_editor_opens_at_the_line() {
    let mut stage = stage((120, 40), three());
    let effects = stage.keys(&["Ctrl+X", "3", "g", "]", "f", "]", "c", "]", "c", "j", "j", "e"]);
    let path = "/home/u/src/api/src/net/client.rs".into();
    assert_eq!(effects, [Effect::OpenFile { path, line: 90 }]);
}

#[test]
fn why_names_the_turn_and_goes_to_it() {
    let mut stage = stage((120, 40), three());
    stage.turn("make the delay exponential");
    let mut made = three().swap_remove(1);
    made.path = "/home/u/src/api/src/net/client.rs".into();
    let call = crate::ui::pane::tests::edit("c1", made.clone());
    stage.event(Event::ToolCallStarted { call: Arc::new(call) });
    let outcome = crate::protocol::ToolOutcome::new(crate::protocol::ToolStatus::Done, "ok");
    let (call, outcome) = ("c1".into(), Arc::new(outcome));
    stage.event(Event::ToolCallFinished { call, outcome, changes: vec![made] });
    let _ = stage.keys(&["Ctrl+X", "d"]);
    stage.model.arrange();
    let _ = stage.keys(&["g", "]", "f", "W"]);
    screen("changes-why", &mut stage);
    assert_eq!(told_of(&stage.keys(&["Enter"])), "Looked");
    assert_eq!(stage.model.focus, Focus::Pane(PaneId::Transcript));
    assert!(stage.model.layers.is_empty() && !stage.model.zoom);
}

#[test]
fn a_click_points_and_a_second_one_opens() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut stage = stage((120, 40), three());
    stage.model.arrange();
    let diff = stage.model.panes.changes.parts.diff;
    let list = stage.model.panes.changes.parts.list;
    let mut click = |row: u16| {
        let event = MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: diff.x + 5,
            row,
            modifiers: KeyModifiers::NONE,
        };
        let _ = crate::ui::update::update(&mut stage.model, Msg::Mouse(event));
        stage.model.arrange();
        (at(&stage.model.panes.changes), stage.model.zoom)
    };
    assert_eq!(click(list.y + 1), ("client.rs:41".into(), false));
    assert_eq!(click(diff.y + 4), ("client.rs:41".into(), false));
    assert_eq!(click(diff.y + 4), ("client.rs:41".into(), true));
}

#[test]
fn no_size_is_too_small() {
    for width in (0..130).step_by(5) {
        for height in 0..14 {
            for full in [false, true] {
                let (mut pane, session) = seen([three(), three()].concat());
                pane.set_full(full);
                for action in [Action::Top, Action::NextSection, Action::Revert, Action::Bottom] {
                    let _ = pane.act(action, &session);
                    let _ = view(&mut pane, &session, 11_000, area(width, height));
                    let at = Position { x: width / 2, y: height / 2 };
                    let _ = pane.click(at, area(width, height), &session);
                }
            }
        }
    }
}

/// Two texts that share most of their lines.
fn texts() -> impl Strategy<Value = (String, String)> {
    let line = "[abc]{0,2}";
    let lines = proptest::collection::vec((line, line, 0..6u8), 0..40);
    (lines, any::<bool>(), any::<bool>()).prop_map(|(lines, old_end, new_end)| {
        let (mut old, mut new) = (String::new(), String::new());
        for (a, b, how) in lines {
            if how != 0 {
                old.push_str(&a);
                old.push('\n');
            }
            if how != 1 {
                new.push_str(if how == 2 { &b } else { &a });
                new.push('\n');
            }
        }
        old.push_str(if old_end { "" } else { "end" });
        new.push_str(if new_end { "" } else { "end" });
        (old, new)
    })
}

const KEYS: &[Action] = &[
    Action::Up,
    Action::Down,
    Action::Down,
    Action::NextHunk,
    Action::PreviousHunk,
    Action::NextSection,
    Action::PreviousSection,
    Action::PageDown,
    Action::PageUp,
    Action::ScrollDown,
    Action::ScrollUp,
    Action::Top,
    Action::Bottom,
    Action::SelectLines,
    Action::SelectHunk,
    Action::Stage,
    Action::Unstage,
    Action::Revert,
    Action::Revert,
    Action::Copy,
    Action::CopyPatch,
    Action::Toggle,
    Action::OpenAll,
    Action::CloseAll,
    Action::ToggleSplit,
    Action::ToggleWords,
    Action::PauseWatch,
    Action::FollowLive,
    Action::ScrollRight,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is pressed while whatever changes: nothing panics, the cursor is in sight, and the
    /// hunks of each op apply to the text that they are said to come from.
    #[test]
    fn ops_apply_to_the_texts_they_claim(
        pairs in proptest::collection::vec(texts(), 1..4),
        later in proptest::collection::vec(texts(), 1..4),
        keys in proptest::collection::vec(0..KEYS.len() * 2 + 2, 1..80),
        width in 20u16..140,
    ) {
        let changes = |pairs: &[(String, String)]| -> Vec<FileChange> {
            pairs.iter().enumerate().filter_map(|(at, (old, new))| {
                let path = format!("/w/{at}.rs");
                diff::change(Path::new(&path), Some(old.as_bytes()), Some(new.as_bytes()), Author::Agent)
            }).map(|mut change| { change.staged = 1; change }).collect()
        };
        let mut now = &pairs;
        let (mut pane, mut session) = seen(changes(now));
        for key in keys {
            if key >= KEYS.len() * 2 {
                now = if key % 2 == 0 { &later } else { &pairs };
                told(&mut pane, &mut session, changes(now), 20_000);
            }
            for effect in pane.act(KEYS[key % KEYS.len()], &session) {
                let (path, hunks, back) = match &effect {
                    Effect::Send(_, Op::Stage { path, hunks, .. }) => (path, hunks, false),
                    Effect::Send(_, Op::Revert { path, hunks }) => (path, hunks, true),
                    _ => continue,
                };
                let at: usize = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
                let text = if back { &now[at].1 } else { &now[at].0 };
                prop_assert!(diff::apply(text, hunks).is_some(), "{:?} on {:?}", hunks, text);
            }
            pane.set_full(key % 7 == 0);
            let _ = view(&mut pane, &session, 21_000, area(width, 12));
            let page = pane.page.max(1);
            prop_assert!((pane.top..pane.top + page).contains(&pane.cursor));
        }
    }
}
