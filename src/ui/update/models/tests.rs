//! Models and effort: what keys and commands ask for, and what is said of it.

use super::*;
use crate::protocol::{Message, SessionId, StopReason, Usage};
use crate::ui::keymap::Context;
use crate::ui::msg::Msg;
use crate::ui::tests::{Stage, golden};
use crate::ui::update::update;

fn sent(op: Op) -> Vec<Effect> {
    vec![Effect::Send(SessionId::from("s1"), op)]
}

fn effort(effort: Option<Effort>) -> Vec<Effect> {
    sent(Op::SetEffort { effort })
}

/// What was written is taken as it is, whatever is offered for it.
fn as_written(stage: &mut Stage) {
    if stage.model.context() == Context::Completion {
        let _ = stage.keys(&["Esc"]);
    }
}

/// Requests of two models in two turns.
fn spent(stage: &mut Stage) {
    stage.model.setting.price = |model, usage| {
        (&*model.0 == "sonnet-4.5").then(|| usage.prompt() as f64 / 1e6 + usage.output as f64 / 1e5)
    };
    let mut said = |id: &str, model: &str, input, cache_read, output| {
        let cache_write = input / 2;
        let usage = Usage { input, output, cache_read, cache_write, ..Usage::default() };
        let (content, stop) = (Vec::new(), StopReason::EndTurn);
        let message = Message { id: id.into(), model: model.into(), content, stop, usage };
        stage.event(Event::MessageFinished { message: message.into() });
    };
    said("m1", "sonnet-4.5", 9_200, 0, 1_400);
    said("m2", "sonnet-4.5", 800, 68_000, 2_100);
    said("m3", "openai/gpt-6-sol", 12_000, 41_000, 900);
    stage.turn("and now the test");
    let (cache_read, output) = (81_000, 3_300);
    let usage = Usage { input: 640, cache_read, cache_write: 900, output, ..Usage::default() };
    let (content, stop) = (Vec::new(), StopReason::EndTurn);
    let message = Message { id: "m4".into(), model: "sonnet-4.5".into(), content, stop, usage };
    stage.event(Event::MessageFinished { message: message.into() });
}

#[rustfmt::skip]
#[test]
fn commands() {
    let table: [(&str, Vec<Effect>, &str, &str); 8] = [
        ("/model m2",       sent(Op::SetModel { model: "m2".into() }),                "", ""),
        ("/model sonnet",   sent(Op::SetModel { model: "claude-sonnet-5-5".into() }), "", ""),
        ("/effort high",    effort(Some(Effort::High)),                               "", ""),
        ("/effort auto",    effort(None),                                             "", ""),
        ("/effort huge",    vec![],                   "/effort huge", "auto, low, medium, high"),
        ("/effort",         vec![],                                                   "", ""),
        ("/cost",           vec![],                                                   "", ""),
        ("/model",          vec![Effect::FindModels(1)],                              "", ""),
    ];
    for (draft, effects, left, said) in table {
        let mut stage = Stage::new((120, 40));
        stage.write(draft);
        as_written(&mut stage);
        assert_eq!(stage.keys(&["Enter"]), effects, "{draft}");
        assert_eq!(stage.model.composer.draft(), left, "{draft}");
        let toasts = stage.model.toasts.texts().collect::<Vec<_>>().join("\n");
        assert!(toasts.contains(said), "{draft}: {toasts}");
    }
}

#[test]
fn a_model_that_takes_no_effort_says_so() {
    for keys in [vec!["Ctrl+X", "e"], vec!["Enter"]] {
        let mut stage = Stage::new((120, 40));
        stage.event(Event::ModelChanged { model: "openai/gpt-6-sol".into() });
        if keys.len() == 1 {
            stage.write("/effort high");
            as_written(&mut stage);
        }
        assert_eq!(stage.keys(&keys), []);
        assert!(stage.model.layers.is_empty());
        assert!(
            stage.model.toasts.texts().any(|text| text.contains("takes no effort")),
            "{keys:?}"
        );
    }
}

#[test]
fn what_is_set_is_said_and_shown() {
    let table = [
        (Some(Effort::High), "effort: high", "sonnet-4.5·high"),
        (Some(Effort::Max), "effort: max, which this model takes as high", "sonnet-4.5·high"),
        (None, "effort: auto", "sonnet-4.5 "),
    ];
    for (effort, said, shown) in table {
        let mut stage = Stage::new((120, 40));
        stage.event(Event::EffortChanged { effort });
        assert!(stage.model.toasts.texts().any(|text| text == said), "{effort:?}");
        let screen = crate::ui::tests::text(&stage.drawn().0);
        assert!(screen.lines().last().unwrap().contains(shown), "{effort:?}: {screen}");
    }
    let mut stage = Stage::new((120, 40));
    stage.event(Event::ModelChanged { model: "opus".into() });
    assert!(stage.model.toasts.texts().any(|text| text == "model: opus"));
}

#[test]
fn only_the_last_look_for_servers_counts() {
    let mut stage = Stage::new((120, 40));
    assert_eq!(stage.keys(&["Ctrl+X", "m"]), [Effect::FindModels(1)]);
    let _ = stage.keys(&["Esc"]);
    assert_eq!(stage.keys(&["Ctrl+X", "m"]), [Effect::FindModels(2)]);
    let here = |vendor: &str| Offer {
        vendor: vendor.to_owned(),
        title: vendor.to_owned(),
        standing: crate::provider::offers::Standing::Local,
        models: vec![Catalogue::bundled().lookup(&format!("{vendor}/llama"))],
    };
    for (asked, vendor, seen) in [(1, "vllm", false), (2, "ollama", true)] {
        let _ = update(&mut stage.model, Msg::Loaded(Loaded::Models(asked, vec![here(vendor)])));
        let name = format!("{vendor}/llama");
        assert_eq!(ready(&stage.model).contains(&name), seen, "{name}");
        let screen = crate::ui::tests::text(&stage.drawn().0);
        assert_eq!(screen.contains("local, free"), seen, "{screen}");
    }
    // Where one story is played, nothing is looked for.
    let mut stage = Stage::new((120, 40));
    stage.model.setting.offers = [].into();
    assert_eq!(stage.keys(&["Ctrl+X", "m"]), []);
}

#[test]
fn names_and_levels_complete_the_command() {
    for (draft, taken) in
        [("/model gpt", "/model openai/gpt-6-sol"), ("/effort hi", "/effort high")]
    {
        let mut stage = Stage::new((120, 40));
        stage.write(draft);
        let _ = stage.keys(&["Tab"]);
        assert_eq!(stage.model.composer.draft(), taken);
    }
    // Alone they are whole: Enter opens the list.
    for draft in ["/model", "/eff"] {
        let mut stage = Stage::new((120, 40));
        stage.write(draft);
        let _ = stage.keys(&["Enter"]);
        assert_eq!(stage.model.layers.len(), 1, "{draft}");
    }
}

#[test]
fn golden_models() {
    for size in [(120, 40), (80, 24)] {
        let mut stage = Stage::new(size);
        stage.event(Event::EffortChanged { effort: Some(Effort::Medium) });
        let _ = stage.keys(&["Ctrl+X", "m"]);
        stage.wait(10_000);
        golden(&format!("models-{}x{}", size.0, size.1), &mut stage);
    }
}

#[test]
fn golden_efforts_and_cost() {
    let mut stage = Stage::new((80, 24));
    let _ = stage.keys(&["Ctrl+X", "e"]);
    golden("efforts-80x24", &mut stage);
    for size in [(120, 40), (80, 24), (40, 12)] {
        let mut stage = Stage::new(size);
        spent(&mut stage);
        let _ = stage.keys(&["Ctrl+X", "$"]);
        golden(&format!("cost-{}x{}", size.0, size.1), &mut stage);
    }
}
