//! The list of models: what is chosen, and with which effort.

use super::*;
use crate::ui::action::Edit;
use crate::ui::tests::offers;

fn local() -> Vec<Offer> {
    use crate::provider::local::{Found, Served};
    use crate::provider::{Catalogue, offers};
    let server = Found {
        vendor: "ollama",
        base_url: "http://127.0.0.1:11434/v1".to_owned(),
        models: vec![Served::new("qwen3:8b", Some(40_960))],
    };
    offers::found(&Catalogue::bundled(), vec![server])
}

fn layer() -> ModelsLayer {
    let offers: Arc<[Offer]> = offers().into();
    let present = rows(&offers, &[]).into_iter().find(|row| &*row.id.0 == "sonnet-4.5").unwrap();
    ModelsLayer::new(offers, &[], present, None)
}

fn session() -> State {
    State::new("s".into())
}

fn names(layer: &ModelsLayer) -> Vec<&str> {
    layer.rows.iter().map(|row| &*row.id.0).collect()
}

#[test]
fn what_can_be_asked_stands_above_the_rest() {
    let mut layer = layer();
    assert_eq!(names(&layer), ["opus", "sonnet-4.5", "openai/gpt-6-sol", "groq/fast"]);
    assert_eq!(layer.current().map(|row| &*row.id.0), Some("sonnet-4.5"));
    assert!(layer.loaded(&Loaded::Models(1, local())));
    assert_eq!(
        names(&layer),
        ["opus", "sonnet-4.5", "openai/gpt-6-sol", "ollama/qwen3:8b", "groq/fast"]
    );
    assert_eq!(layer.current().map(|row| &*row.id.0), Some("sonnet-4.5"));
    let qwen = &layer.rows[3];
    assert_eq!((qwen.window.as_str(), qwen.price.as_str()), ("40k", "local, free"));
}

#[rustfmt::skip]
#[test]
fn keys_choose_a_model_and_an_effort() {
    let model = |id: &str| Msg::Chosen(Chosen::Model(id.into()));
    let effort = |effort| Msg::Chosen(Chosen::Effort(Some(effort)));
    let (more, less) = (Action::MoreEffort, Action::LessEffort);
    let table: [(&str, &[Action], Vec<Msg>); 8] = [
        ("",         &[],                 vec![]),
        ("",         &[more],             vec![effort(Effort::Low)]),
        ("",         &[more, less],       vec![]),
        ("",         &[less],             vec![effort(Effort::High)]),
        ("opus",     &[],                 vec![model("opus")]),
        ("opus",     &[more, more],       vec![model("opus"), effort(Effort::Medium)]),
        // By its vendor; it takes no effort.
        ("openai",   &[more],             vec![model("openai/gpt-6-sol")]),
        ("gpt6sol",  &[],                 vec![model("openai/gpt-6-sol")]),
    ];
    for (filter, actions, expected) in table {
        let mut layer = layer();
        if !filter.is_empty() {
            let _ = layer.write(filter);
        }
        for action in actions {
            let _ = layer.act(*action, &session());
        }
        let answer = layer.act(Action::Confirm, &session());
        assert!(answer.close, "{filter} {actions:?}");
        assert_eq!(answer.msgs, expected, "{filter} {actions:?}");
    }
}

#[test]
fn one_without_a_key_says_what_to_set_and_stays() {
    let mut layer = layer();
    let _ = layer.write("groq");
    let answer = layer.act(Action::Confirm, &session());
    assert!(!answer.close);
    let [Msg::Loaded(Loaded::Failed(why))] = answer.msgs.as_slice() else { panic!("{answer:?}") };
    assert!(why.contains("set GROQ_API_KEY"), "{why}");
    let _ = layer.act(Action::Edit(Edit::DeleteToStart), &session());
    let _ = layer.write("zzzz");
    assert!(layer.act(Action::Confirm, &session()).msgs.is_empty(), "nothing is found");
}

#[test]
fn a_model_that_nobody_offers_stands_first() {
    let offers: Arc<[Offer]> = offers().into();
    let mut present = rows(&offers, &[]).remove(0);
    present.id = "elsewhere/x".into();
    let layer = ModelsLayer::new(offers, &[], present, None);
    assert_eq!(names(&layer)[0], "elsewhere/x");
    assert_eq!(layer.current().map(|row| &*row.id.0), Some("elsewhere/x"));
}

#[test]
fn a_click_on_the_row_under_the_cursor_chooses_it_and_one_below_the_list_does_nothing() {
    let (mut layer, session) = (layer(), session());
    let area = Rect::new(0, 0, 90, 20);
    layer.arrange(&session, area);
    // Filter, legend, heading, then the first row.
    assert!(layer.click(Position::new(4, 3), area, &session).msgs.is_empty());
    assert_eq!(layer.current().map(|row| &*row.id.0), Some("opus"));
    assert!(!layer.click(Position::new(4, 19), area, &session).close);
    let answer = layer.click(Position::new(4, 3), area, &session);
    assert_eq!(answer.msgs, [Msg::Chosen(Chosen::Model("opus".into()))]);
}
