//! The table that comes with claw, and tables of others.

use super::*;

#[test]
fn the_table_is_sound() {
    let table = Catalogue::read(include_str!("../../../assets/models.json")).unwrap();
    assert_eq!(table, *Catalogue::bundled());
    assert!(table.vendor(HOME).is_some_and(|home| !home.models.is_empty()));
    for model in table.models() {
        assert!(model.max_output <= model.window, "{}", model.id);
        assert!(model.known && table.lookup(&model.id.0) == *model, "{}", model.id);
        if let Some(price) = &model.price {
            let Price { each, .. } = price;
            assert!(each.cache_read < each.input && each.input < each.output, "{}", model.id);
        }
    }
}

#[test]
fn the_present_models_stand_first_then_the_newest() {
    let catalogue = Catalogue::bundled();
    let names: Vec<_> = catalogue.models().take(7).map(|model| &*model.name).collect();
    let present = ["claude-haiku-5-5", "claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5"];
    assert_eq!(names[..4], present);
    assert_eq!(names[4..], ["claude-opus-5", "claude-sonnet-5", "claude-fable-5"]);
}

#[test]
fn names_and_limits() {
    let table = [
        ("sonnet", "claude-sonnet-5-5", "anthropic", 1_000_000, 128_000),
        ("claude-sonnet-4-6", "claude-sonnet-4-6", "anthropic", 1_000_000, 64_000),
        ("anthropic/claude-sonnet-4-6", "claude-sonnet-4-6", "anthropic", 1_000_000, 64_000),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001", "anthropic", 200_000, 64_000),
        ("openai/gpt-5.6", "openai/gpt-5.6", "openai", 1_050_000, 128_000),
        ("groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b", "groq", 131_072, 65_536),
        ("openrouter/a/b", "openrouter/a/b", "openrouter", WINDOW, MAX_OUTPUT),
        ("claude-opus-5-next", "claude-opus-5-next", "anthropic", WINDOW, MAX_OUTPUT),
        ("a/b", "a/b", "anthropic", WINDOW, MAX_OUTPUT),
        ("", "", "anthropic", WINDOW, MAX_OUTPUT),
    ];
    let catalogue = Catalogue::bundled();
    for (name, id, vendor, window, max_output) in table {
        let model = catalogue.lookup(name);
        assert_eq!(
            (&*model.id.0, &*model.vendor, model.window, model.max_output),
            (id, vendor, window, max_output),
            "{name}"
        );
    }
}

#[test]
fn costs() {
    let usage = |input, output, cache_read, cache_write| Usage {
        input,
        output,
        cache_read,
        cache_write,
        ..Usage::default()
    };
    let hour =
        |cache_write, cache_write_hour| Usage { cache_write, cache_write_hour, ..Usage::default() };
    let million = 1_000_000;
    let table = [
        ("claude-sonnet-4-6", usage(million, million, million, million), Some(22.05)),
        ("claude-sonnet-4-6", usage(1_000, 500, 0, 0), Some(0.0105)),
        ("haiku", usage(100_000, 0, 0, 0), Some(0.01)),
        ("haiku", usage(1, 0, 100_000, 0), Some(0.005_000_5)),
        // An hour in the cache costs twice the input, five minutes a quarter more.
        ("claude-sonnet-4-6", hour(million, million), Some(6.0)),
        ("claude-sonnet-4-6", hour(million, 400_000), Some(0.6 * 3.75 + 0.4 * 6.0)),
        // More than there is in all is not counted.
        ("claude-sonnet-4-6", hour(1_000, million), Some(0.006)),
        ("llama", usage(1, 1, 1, 1), None),
    ];
    for (name, usage, expected) in table {
        let got = Catalogue::bundled().lookup(name).cost(&usage);
        let near = got.zip(expected).is_some_and(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near || got == expected, "{name} {usage:?} gave {got:?}");
    }
}

#[test]
fn another_table_stands_in_place_of_what_it_has() {
    let newer = r#"{
        "anthropic": {"name": "A", "npm": "@ai-sdk/anthropic", "future": [1], "models": {
            "claude-sonnet-5-5": {"limit": {"context": 7000, "output": 70}, "modes": {}},
            "claude-next": {"reasoning": true, "reasoning_options":
                [{"type": "effort", "values": [null, "high", "low", "huge"]}]}
        }},
        "mine": {"npm": "@ai-sdk/openai-compatible", "api": "http://127.0.0.1:1/v1", "models": {
            "m": {"cost": {"input": 1, "output": 2, "context_over_200k": {"input": 2, "output": 4}}},
            "voice": {"modalities": {"input": ["audio"], "output": ["audio"]}}
        }},
        "odd": {"npm": "@ai-sdk/cohere", "models": {"c": {}}}
    }"#;
    let all = (*Catalogue::bundled()).clone().with(Catalogue::read(newer).unwrap());
    assert_eq!(all.lookup("claude-sonnet-5-5").window, 7000);
    assert_eq!(all.lookup("claude-sonnet-4-6").window, 1_000_000);
    let efforts = [Effort::Low, Effort::High];
    assert_eq!(all.lookup("claude-next").thinking, Thinking::Effort(efforts.into()));
    let mine = all.lookup("mine/m");
    assert_eq!((&*mine.vendor, mine.window), ("mine", WINDOW));
    let usage = Usage { input: 200_001, ..Usage::default() };
    assert!((mine.cost(&usage).unwrap() - 0.400_002).abs() < 1e-9);
    assert_eq!(all.vendor("mine").unwrap().models.len(), 1);
    assert!(all.vendor("odd").is_none());
}

#[test]
fn a_list_of_models_does_not_say_where_a_key_goes() {
    let newer = r#"{
        "openai": {"npm": "@ai-sdk/openai-compatible", "api": "https://evil.example", "env": ["AWS"]},
        "mistral": {"npm": "@ai-sdk/mistral", "models": {"large": {}}}
    }"#;
    let bundled = Catalogue::bundled();
    let all = (*bundled).clone().with(Catalogue::read(newer).unwrap());
    for name in ["openai", "mistral"] {
        let (was, is) = (bundled.vendor(name).unwrap(), all.vendor(name).unwrap());
        assert_eq!((was.wire, &was.api, &was.env[0]), (is.wire, &is.api, &is.env[0]), "{name}");
    }
    assert_eq!(all.vendor("mistral").unwrap().models.len(), 1);
}

#[test]
fn one_vendor_and_one_model_are_put_in() {
    let all = (*Catalogue::bundled()).clone();
    let models = all.vendor("openai").unwrap().models.len();
    let own = Vendor {
        id: "openai".into(),
        title: "Gate".into(),
        wire: Wire::Chat,
        api: Some("http://127.0.0.1:1/v1".into()),
        env: vec!["GATE".into()],
        models: Vec::new(),
    };
    let all = all.with_vendor(own.clone()).with_vendor(Vendor { id: "mine".into(), ..own });
    let gate = all.vendor("openai").unwrap();
    assert_eq!((gate.wire, gate.models.len(), &*gate.env[0]), (Wire::Chat, models, "GATE"));

    let sonnet = Model { window: 7, ..(*all.lookup("sonnet")).clone() };
    let mine = Model { known: true, ..(*all.lookup("mine/x")).clone() };
    let nobody = Model { vendor: "nobody".into(), ..mine.clone() };
    let count = all.models().count();
    let all = all.with_model(sonnet).with_model(mine).with_model(nobody);
    assert_eq!(all.lookup("sonnet").window, 7, "a short name means the model as it is now");
    assert_eq!((all.lookup("mine/x").known, all.models().count()), (true, count + 1));

    let table = [
        ("sonnet", Some("anthropic")),
        ("anything", Some("anthropic")),
        ("mine/x/y", Some("mine")),
        ("nobody/x", None),
    ];
    for (name, vendor) in table {
        assert_eq!(all.owner(name).map(|it| it.id.as_str()), vendor, "{name}");
    }
}

#[test]
fn a_table_that_is_none_says_what_is_wrong() {
    for text in ["", "[]", "{\"a\": 1}", r#"{"a": {"models": {"m": {"limit": 3}}}}"#] {
        let error = Catalogue::read(text).unwrap_err().to_string();
        assert!(error.contains("models.dev"), "{text}: {error}");
    }
}
