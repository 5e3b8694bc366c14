//! Traces that are written here, and played again.

use super::*;
use crate::session::State;
use crate::ui::keymap::Chord;
use crate::ui::model::Setting;
use crate::ui::trace::{Head, Line, Opening, What};

fn facts() -> Facts {
    Facts {
        themes: Shelf::default(),
        theme: Theme::dark(),
        depth: Depth::True,
        home: None,
        window: |_| None,
        offers: Arc::default(),
        efforts: |_| Vec::new(),
        price: |_, _| None,
        size: None,
    }
}

/// A trace in which each letter was typed and drawn, a second apart.
fn typed(text: &str) -> Vec<u8> {
    let model = Model::new(State::new("s1".into()), Theme::dark(), Setting::default());
    let opening = Opening { now: Millis(1000), ..Opening::default() };
    let head = Head::new(&model, &opening, (80, 24), String::new(), Vec::new());
    let mut out = serde_json::to_string(&head).unwrap() + "\n";
    for (at, c) in (1..).zip(text.chars()) {
        for what in [What::Key(c.to_string()), What::Frame(80, 24)] {
            let line = Line { at: Millis(1000 + at * 1000), what };
            out += &(serde_json::to_string(&line).unwrap() + "\n");
        }
    }
    out.into_bytes()
}

fn reel(bytes: &[u8]) -> (Reel, Vec<String>) {
    let (tape, notes) = read(bytes, "t").unwrap();
    let (reel, more) = Reel::new(tape, facts()).unwrap();
    (reel, [notes, more].concat())
}

#[test]
fn each_frame_is_as_it_was_forwards_and_backwards() {
    let text: String = ('a'..='z').cycle().take(70).collect();
    let (mut reel, notes) = reel(&typed(&text));
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(reel.times().len(), 70);
    for number in [70, 1, 65, 64, 66, 7] {
        let shown = reel.text(Some(number)).unwrap();
        assert!(shown.contains(&text[..number]), "{number}: {shown}");
        assert!(!shown.contains(&text[..=number.min(69)]) || number == 70, "{number}: {shown}");
    }
    assert!(reel.text(Some(71)).unwrap_err().to_string().contains("from 1 to 70"));
}

#[test]
fn a_trace_is_played_up_to_what_is_broken_and_the_line_is_named() {
    let mut bytes = typed("abc");
    bytes.truncate(bytes.len() - 3);
    let (reel, notes) = reel(&bytes);
    assert_eq!(reel.times().len(), 2);
    assert!(notes[0].starts_with("t:7: ") && notes[0].contains("cut off"), "{notes:?}");
    for (bytes, said) in [
        (&b""[..], "t is empty"),
        (b"hello\n", "t:1: neither"),
        (b"{\"trace\":99}\n", "version 99"),
        (b"{\"a\":1}\n", "t:1: neither"),
    ] {
        let error = read(bytes, "t").unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn the_players_keys_move_it_within_what_there_is() {
    let times = (0..30).map(|at| Millis(at * 60_000)).collect();
    let mut player = Player::new(times, false, None);
    let mut press = |keys: &str| {
        for key in keys.split(' ') {
            player.press(Chord::parse(key).unwrap());
        }
        (player.at, player.pause().map(|pause| pause.as_millis()))
    };
    let table = [
        ("Left", (0, None)),
        ("Right ]", (11, None)),
        ("[ [", (0, None)),
        ("End Right", (29, None)),
        ("Space", (0, Some(2000))),
        ("+", (0, Some(1000))),
        ("- -", (0, Some(4000))),
        ("Space", (0, None)),
        ("] Home", (0, None)),
    ];
    for (keys, expected) in table {
        assert_eq!(press(keys), expected, "{keys}");
    }
    assert_eq!(player.press(Chord::parse("q").unwrap()), Press::Quit);
}
