//! The list of sessions, as it is seen.

use super::*;
use crate::ui::library::Answer;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::tests::{Stage, golden, started, text};
use crate::ui::update::update;

const DAY: u64 = 86_400_000;
/// Noon of a day.
const NOON: u64 = 20 * DAY + DAY / 2;

fn one(id: &str, title: &str, ago: u64) -> Overview {
    let mut one = Overview::of(&State::new(id.into()), |_, _| Some(0.0));
    one.cwd = "/home/u/src/api".into();
    one.path = format!("/s/{id}.jsonl").into();
    (one.title, one.touched, one.turns) = (title.to_owned(), Millis(NOON - ago), 3);
    (one.context, one.dollars) = (68_000, Some(0.42));
    one
}

/// Sessions of all kinds.
pub(crate) fn sessions() -> Vec<Overview> {
    let minute = 60_000;
    let mut release = one("a1", "cut the release", 3 * DAY);
    (release.pinned, release.name) = (true, Some("release checklist".to_owned()));
    let mut retry = one("a4", "make the retry delay exponential and add a test", 8 * minute);
    retry.files = vec!["src/net/client.rs".into(), "tests/retry.rs".into(), "README.md".into()];
    (retry.added, retry.removed) = (51, 2);
    let mut fork = one("a5", "make the retry delay exponential and add a test", 60 * minute);
    fork.forked = Some("a4".into());
    fork.name = Some("retry, second idea".to_owned());
    let mut broken = one("a7", "error types\u{1b}[2J", 4 * DAY);
    broken.damage = Some("2 lines of this session's log could not be read.".to_owned());
    vec![
        release,
        retry,
        fork,
        one("a6", "http client review", 22 * 60 * minute),
        broken,
        one("a8", "ci: cache cargo", 12 * DAY),
    ]
}

pub(crate) fn listed(size: (u16, u16), sessions: Vec<Overview>) -> Stage {
    let mut stage = Stage::new(size);
    stage.wait(NOON - stage.model.now.0);
    for (id, asks) in [("b1", false), ("b2", true)] {
        let mut seq = 0;
        let mut happened = |event| {
            seq += 1;
            let (session, at) = (id.into(), stage.model.now);
            let envelope = crate::protocol::Envelope { session, seq, at, event };
            let _ = update(&mut stage.model, Msg::Event(envelope.into()));
        };
        happened(started());
        let prompt = if asks { "write the docs" } else { "migrate sqlx" };
        let prompt = vec![crate::protocol::Content::text(prompt)];
        happened(crate::protocol::Event::TurnStarted { turn: "t".into(), prompt });
        if asks {
            let request = crate::protocol::PermissionRequest::new("r".into(), "c".into(), "why");
            happened(crate::protocol::Event::PermissionRequested { request });
        }
    }
    let _ = stage.keys(&["Ctrl+X", "s"]);
    stage.drawn();
    let answer = Answer::Listed { all: false, sessions };
    let _ = update(&mut stage.model, Msg::Loaded(Loaded::Library(answer)));
    stage
}

#[test]
fn golden_lists() {
    for (columns, rows) in [(200, 60), (120, 40), (80, 24)] {
        let mut stage = listed((columns, rows), sessions());
        stage.model.panes.sessions.select(&"a4".into());
        golden(&format!("sessions-{columns}x{rows}"), &mut stage);
    }
    let mut stage = listed((120, 40), sessions());
    stage.model.panes.sessions.select(&"a7".into());
    golden("sessions-damaged-120x40", &mut stage);

    let mut stage = listed((120, 40), sessions());
    let _ = stage.keys(&["/"]);
    stage.write("retry");
    let text = "…the RETRY loop has no backoff, see…".to_owned();
    let marks = text.find("RETRY").map(|at| at..at + 5).into_iter().collect();
    let hits = vec![("a6".into(), Snippet { text, marks })];
    let generation = stage.model.panes.sessions.generation;
    stage.model.panes.sessions.found(generation, hits, false);
    golden("sessions-search-120x40", &mut stage);

    let mut stage = Stage::new((120, 40));
    let _ = stage.keys(&["Ctrl+X", "s", "/"]);
    stage.write("nothing");
    stage.drawn();
    let answer = Answer::Listed { all: false, sessions: Vec::new() };
    let _ = update(&mut stage.model, Msg::Loaded(Loaded::Library(answer)));
    golden("sessions-empty-120x40", &mut stage);
}

#[test]
fn golden_preview() {
    let mut stage = listed((120, 40), sessions());
    stage.model.panes.sessions.select(&"a4".into());
    stage.drawn();
    let _ = stage.keys(&["Space"]);
    let turn = |number, prompt: &str, tools| crate::session::TurnLine {
        number,
        // The one time that the pictures know.
        at: Millis(1_000_000),
        prompt: prompt.to_owned(),
        answer: "I'll look at the client first.".to_owned(),
        tools,
        added: 9 * tools,
        removed: 2 * tools,
    };
    let turns =
        Ok(vec![turn(1, "read the net module", 0), turn(2, "make the delay exponential", 1)]);
    let answer = Answer::Turns { session: "a4".into(), turns };
    let _ = update(&mut stage.model, Msg::Loaded(Loaded::Library(answer)));
    golden("sessions-preview-120x40", &mut stage);
}

#[test]
fn the_cursor_walks_over_five_hundred_and_stays_in_sight() {
    let many =
        (0..500).map(|at| one(&format!("c{at:03}"), &format!("title {at:03}"), at * 600_000));
    let mut stage = listed((120, 40), many.collect());
    let _ = stage.keys(&["g"]);
    stage.drawn();
    let mut walked = 0;
    for key in ["j", "Ctrl+D", "Space", "}", "G", "k", "{", "Ctrl+U", "g"] {
        // `Space` is the preview here: it is closed again.
        let _ = stage.keys(&[key]);
        if key == "Space" {
            let _ = stage.keys(&["Esc"]);
        }
        let title = stage.model.panes.sessions.selected().unwrap().called().to_owned();
        let screen = text(&stage.drawn().0);
        assert!(
            screen
                .lines()
                .any(|line| line.contains("› ") && line.contains(title.get(..8).unwrap_or(&title))),
            "{key}: {title}\n{screen}"
        );
        walked += 1;
    }
    assert_eq!(walked, 9);
    assert_eq!(stage.model.panes.sessions.placed.len(), 503);
}

#[test]
fn groups_keep_their_order_whatever_comes_first() {
    let stage = |sessions| {
        let mut stage = listed((120, 60), sessions);
        text(&stage.drawn().0)
    };
    let mut turned = sessions();
    turned.reverse();
    assert_eq!(stage(sessions()), stage(turned));
}
