//! Notes: which there are, and where a line goes.

use super::*;
use crate::ui::effect::Effect;
use crate::ui::tests::{Stage, text};
use crate::ui::update::window::tests::window;

fn told_window() -> Window {
    Window {
        outside: vec!["/srv/shared.md".into()],
        unread: vec![("/home/u/src/api/GEMINI.md".into(), "the project has others".into())],
        targets: vec!["/home/u/src/api/AGENTS.md".into(), "/home/u/.config/claw/CLAW.md".into()],
        ..window()
    }
}

fn ops(effects: Effects) -> Vec<Op> {
    let op = |effect| match effect {
        Effect::Send(_, op) => Some(op),
        _ => None,
    };
    effects.into_iter().filter_map(op).collect()
}

#[test]
fn which_drafts_are_notes() {
    let table = [
        ("# use tabs", Some("use tabs")),
        ("  #  use tabs  ", Some("use tabs")),
        ("#3 is wrong", None),
        ("#", None),
        ("# ", None),
        ("# A plan\n\n- one", None),
        ("## A heading", None),
    ];
    for (draft, expected) in table {
        assert_eq!(note(draft).as_deref(), expected, "{draft:?}");
    }
}

#[test]
fn a_line_is_added_where_the_user_says() {
    let table = [
        (vec!["Enter"], Some("/home/u/src/api/AGENTS.md")),
        (vec!["Down", "Enter"], Some("/home/u/.config/claw/CLAW.md")),
        (vec!["Esc"], None),
    ];
    for (keys, expected) in table {
        let mut stage = Stage::new((120, 40));
        stage.write("# use tabs");
        assert_eq!(ops(stage.keys(&["Enter"])), [Op::TellContext]);
        stage.event(Event::ContextTold { window: told_window().into() });
        assert!(text(&stage.drawn().0).contains("Add `- use tabs` under `## Notes` of"));
        let sent = ops(stage.keys(&keys));
        let add = |path: &str| Op::AddNote { path: path.into(), text: "use tabs".to_owned() };
        assert_eq!(sent, expected.map(add).into_iter().collect::<Vec<_>>(), "{keys:?}");
        assert_eq!(stage.model.composer.is_blank(), expected.is_some(), "{keys:?}");
    }
}

#[test]
fn the_list_names_every_layer() {
    let mut stage = Stage::new((120, 40));
    stage.write("/memory");
    assert_eq!(ops(stage.keys(&["Enter"])), [Op::TellContext]);
    stage.event(Event::ContextTold { window: told_window().into() });
    let seen = text(&stage.drawn().0);
    for words in [
        "~/.config/claw/AGENTS.md",
        "~/src/api/src/net/AGENTS.md",
        "/srv/shared.md",
        "Not read",
        "CLAW.md",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    stage.write("shared");
    let import = Op::AllowImport { path: "/srv/shared.md".into() };
    assert_eq!(ops(stage.keys(&["Enter"])), [import]);
}
