//! Completion by keys: what is offered, what is taken, and what stays the user's.

use crate::protocol::{Content, Mode, Op};
use crate::ui::composer::complete::{Files, Query};
use crate::ui::effect::{Effect, Effects};
use crate::ui::keymap::Context;
use crate::ui::msg::{Loaded, Msg};
use crate::ui::tests::{Stage, golden};
use crate::ui::update::update;

fn stage() -> Stage {
    Stage::new((120, 40))
}

/// A text key by key, and the question for files that it asked last.
fn write(stage: &mut Stage, text: &str) -> Option<Query> {
    let keys: Vec<String> = text.chars().map(|c| c.to_string().replace(' ', "Space")).collect();
    let mut asked = None;
    for key in keys {
        for effect in stage.keys(&[key.as_str()]) {
            if let Effect::FindFiles(query) = effect {
                asked = Some(query);
            }
        }
    }
    asked
}

fn answer(stage: &mut Stage, generation: u64, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let files = Files { generation, seen: names.len(), all: Some(40), names };
    let effects = update(&mut stage.model, Msg::Loaded(Loaded::Files(files)));
    assert_eq!(effects, []);
}

fn labels(stage: &Stage) -> Vec<&str> {
    let offer = stage.model.completer.offer();
    offer.map_or_else(Vec::new, |offer| offer.rows.iter().map(|row| row.label.as_str()).collect())
}

fn sent(op: Op) -> Effects {
    vec![Effect::Send("s1".into(), op)]
}

#[test]
fn a_command_is_found_completed_and_run() {
    let mut stage = stage();
    write(&mut stage, "/mod");
    assert_eq!(labels(&stage), ["/mode", "/model"]);
    let _ = stage.keys(&["Tab"]);
    assert_eq!(stage.model.composer.draft(), "/mode ");
    assert_eq!(labels(&stage), ["ask", "edits", "plan", "auto"]);
    let _ = stage.keys(&["Down", "Down"]);
    assert_eq!(stage.keys(&["Enter"]), sent(Op::SetMode { mode: Mode::Plan }));
    assert!(stage.model.composer.is_blank());
    assert_eq!(stage.model.context(), Context::Message);
}

#[test]
fn a_command_that_lacks_nothing_runs_by_enter() {
    let mut stage = stage();
    write(&mut stage, "/quit");
    assert_eq!(stage.keys(&["Enter"]), [Effect::Quit]);
}

#[test]
fn a_file_is_taken_in_place_of_what_was_written() {
    let mut stage = stage();
    let query = write(&mut stage, "see @cli").unwrap();
    assert_eq!((query.text.as_str(), query.root.to_str()), ("cli", Some("/home/u/src/api")));
    assert_eq!(labels(&stage), Vec::<&str>::new());
    answer(&mut stage, query.generation, &["src/client.rs", "src/cli/mod.rs"]);
    assert_eq!(labels(&stage), ["src/client.rs", "src/cli/mod.rs"]);
    let _ = stage.keys(&["Down", "Enter"]);
    assert_eq!(stage.model.composer.draft(), "see @src/cli/mod.rs ");
    let prompt = vec![Content::text("see @src/cli/mod.rs ")];
    assert_eq!(stage.keys(&["Enter"]), sent(Op::Prompt { content: prompt }));
}

#[test]
fn a_turn_is_offered_by_its_number_and_its_words() {
    let mut stage = stage();
    for text in ["make the delay double", "add a test", "see #1\nand more"] {
        stage.turn(text);
    }
    write(&mut stage, "undo #");
    assert_eq!(labels(&stage), ["#3", "#2", "#1"]);
    write(&mut stage, "Delay");
    assert_eq!(labels(&stage), ["#1"]);
    let _ = stage.keys(&["Enter"]);
    assert_eq!(stage.model.composer.draft(), "undo #1 ");
    stage.model.composer.editor.set_text("");
    for (text, offered) in [("#2", &["#2"][..]), ("#123", &[]), ("# Title", &[]), ("## ", &[])] {
        write(&mut stage, text);
        assert_eq!(labels(&stage), offered, "{text}");
        stage.model.composer.editor.set_text("");
    }
}

#[test]
fn the_turns_as_they_are_offered() {
    let mut stage = stage();
    for text in ["make the delay double", "add a test that a 429 with Retry-After wins over it"] {
        stage.turn(text);
    }
    write(&mut stage, "undo #");
    golden("complete-turns", &mut stage);
}

#[test]
fn an_answer_to_an_older_question_is_not_shown() {
    let mut stage = stage();
    let old = write(&mut stage, "@a").unwrap();
    let new = write(&mut stage, "b").unwrap();
    answer(&mut stage, old.generation, &["a.rs"]);
    assert_eq!(labels(&stage), Vec::<&str>::new());
    answer(&mut stage, new.generation, &["ab.rs"]);
    assert_eq!(labels(&stage), ["ab.rs"]);
}

#[test]
fn without_rows_the_keys_mean_what_they_always_mean() {
    let mut stage = stage();
    let query = write(&mut stage, "mail @nobody").unwrap();
    answer(&mut stage, query.generation, &[]);
    let prompt = vec![Content::text("mail @nobody")];
    assert_eq!(stage.keys(&["Enter"]), sent(Op::Prompt { content: prompt }));
}

#[test]
fn a_line_after_an_exclamation_mark_is_the_users_own_command() {
    let mut stage = stage();
    write(&mut stage, "!ls -l");
    assert_eq!(stage.keys(&["Enter"]), sent(Op::Shell { command: "ls -l".into() }));
    write(&mut stage, "!");
    assert_eq!(stage.keys(&["Enter"]), sent(Op::Prompt { content: vec![Content::text("!")] }));
}

#[test]
fn a_closed_list_leaves_the_draft() {
    let mut stage = stage();
    write(&mut stage, "/th");
    assert_eq!(stage.model.context(), Context::Completion);
    let _ = stage.keys(&["Esc"]);
    assert_eq!(stage.model.context(), Context::Message);
    assert_eq!(stage.model.composer.draft(), "/th");
    write(&mut stage, "e");
    assert_eq!(stage.model.context(), Context::Message, "it stays closed for its word");
}

#[test]
fn the_commands_at_three_sizes() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        let mut stage = Stage::new(size);
        write(&mut stage, "/");
        golden(&format!("complete-{}x{}", size.0, size.1), &mut stage);
    }
}
