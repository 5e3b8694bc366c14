//! Providers as a user reaches them: by config tables, on this machine, by a list that was fetched.

use serde_json::{Value, json};

use crate::support::messages::{Reply, Server};
use crate::support::run::{Place, Ran, claw, ran};

const CHAT: [&str; 3] = [
    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"Yes."}}]}"#,
    r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    "[DONE]",
];

fn own(place: &Place, name: &str, text: &str) {
    let path = place.home.path().join("claw").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// claw with no key in its environment but these variables.
fn run(place: &Place, vars: &[(&str, &str)], args: &[&str]) -> Ran {
    let mut command = claw(&place.home, &place.project, args);
    // No server of the machine that the tests run on is asked for its models.
    command.env("OLLAMA_HOST", "127.0.0.1:9").envs(vars.iter().copied());
    ran(&mut command)
}

fn chat() -> Reply {
    let mut stream = String::new();
    for line in CHAT {
        stream.push_str("data: ");
        stream.push_str(line);
        stream.push_str("\n\n");
    }
    Reply::stream(stream)
}

fn body(value: &Value) -> Reply {
    Reply::status(200).header("content-type", "application/json").body(value.to_string())
}

#[test]
fn a_service_of_a_config_table_gets_its_key_from_a_command() {
    let refused = Reply::status(401)
        .header("content-type", "application/json")
        .body(json!({"error": {"message": "no"}}).to_string());
    let server = Server::start(vec![refused, chat()]);
    let place = Place::new();
    let config = format!(
        "[provider.gate]\nwire = \"chat\"\nbase_url = \"{}/v1\"\n\
         key_command = \"echo x >> runs; echo key-$WHO-number-$(wc -l < runs | tr -d ' ')\"\n\
         headers = {{ x-team = \"team ${{WHO}}\" }}\n\n\
         [models.\"gate/large\"]\nwindow = 50000\nprice = {{ input = 1, output = 2 }}\n",
        server.url()
    );
    own(&place, "config.toml", &config);
    let vars = [("WHO", "blue")];
    let got = run(&place, &vars, &["-p", "hello", "--model", "gate/large"]);
    assert_eq!((got.code, got.out.trim()), (Some(0), "Yes."), "{got:?}");
    let requests = server.requests();
    let keys: Vec<_> = requests.iter().map(|it| it.headers["authorization"].as_str()).collect();
    assert_eq!(keys, ["Bearer key-blue-number-1", "Bearer key-blue-number-2"]);
    assert_eq!(requests[1].headers["x-team"], "team blue");
    assert_eq!(
        (&*requests[1].path, &requests[1].json()["model"]),
        ("/v1/chat/completions", &json!("large"))
    );

    // Nobody chose a model: what the user described is asked, and a variable has to be there.
    let got = run(&place, &[], &["-p", "hello"]);
    assert_eq!(got.code, Some(1), "{got:?}");
    assert!(got.err.contains("$WHO is not set"), "{}", got.err);
    let got = run(&place, &[], &["models", "large", "--json"]);
    let listed: Value = serde_json::from_str(&got.out).unwrap();
    let [row] = listed.as_array().unwrap().as_slice() else { panic!("{got:?}") };
    assert_eq!(
        (&row["id"], &row["window"], &row["usable"]),
        (&json!("gate/large"), &json!(50_000), &json!(true))
    );
}

#[test]
fn a_key_of_a_command_goes_where_the_wire_has_it() {
    let server = Server::start(vec![Reply::text("done")]);
    let place = Place::new();
    let config = format!(
        "[provider.anthropic]\nbase_url = \"{}\"\nkey_command = \"echo own-key-0123\"\n",
        server.url()
    );
    own(&place, "config.toml", &config);
    let got = run(&place, &[], &["-p", "hello"]);
    assert_eq!((got.code, got.out.trim()), (Some(0), "done"), "{got:?}");
    assert_eq!(server.requests()[0].headers["x-api-key"], "own-key-0123");
}

type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, i32, &'a [&'a str]);

#[test]
fn what_cannot_be_asked_says_what_to_do() {
    let place = Place::new();
    own(&place, "models.json", "{");
    let key = [("ANTHROPIC_API_KEY", "k")];
    let table: &[Row<'_>] = &[
        (
            &key,
            "nobody/x",
            2,
            &["no provider \"nobody\"", "anthropic, ", "openai", "[provider.nobody]"],
        ),
        (&key, "gpt-5.6", 2, &["is one of openai: say openai/gpt-5.6"]),
        (
            &key,
            "openai/gpt-5.6",
            1,
            &["no key for OpenAI", "set OPENAI_API_KEY", "[provider.openai]"],
        ),
        (&[], "sonnet", 1, &["no key for Anthropic", "ANTHROPIC_API_KEY", "claw demo"]),
    ];
    for (vars, model, code, words) in table {
        let got = run(&place, vars, &["-p", "hello", "--model", model]);
        assert_eq!(got.code, Some(*code), "{model}: {got:?}");
        for word in *words {
            assert!(got.err.contains(word), "{model}: {}", got.err);
        }
    }
    let got = run(&place, &[], &["models", "haiku"]);
    assert_eq!(got.code, Some(0), "a damaged list is left out: {got:?}");
    assert!(got.err.contains("models.json") && got.err.contains("--refresh"), "{}", got.err);
    assert!(got.out.contains("claude-haiku-5-5") && got.out.contains("no key"), "{}", got.out);

    let bad = |text: &str| {
        own(&place, "config.toml", text);
        run(&place, &key, &["-p", "hello", "--model", "gate/x"])
    };
    own(&place, "ca.pem", "words\n");
    let url = "wire = 'chat'\nbase_url = 'http://127.0.0.1:9'";
    let got = bad(&format!("[provider.gate]\n{url}\nca_file = 'ca.pem'\n"));
    assert_eq!(got.code, Some(2), "{got:?}");
    assert!(got.err.contains("[provider.gate]"), "{}", got.err);
    assert!(got.err.contains("claw/ca.pem: there is no certificate (PEM) in it"), "{}", got.err);
    let got = bad("\n[provider.gate]\nwire = 'chat'\n");
    assert_eq!(got.code, Some(2), "{got:?}");
    assert!(got.err.contains("config.toml:2: claw does not know gate"), "{}", got.err);
    let got = bad(&format!("[provider.gate]\n{url}\n[models.\"gat/x\"]\nwindow = 1\n"));
    assert!(got.err.contains("config.toml:4: there is no provider \"gat\""), "{}", got.err);
}

#[test]
fn without_a_key_a_server_on_this_machine_is_asked() {
    let server = Server::answering(|request| match request.path.as_str() {
        "/v1/models" => body(&json!({"data": [{"id": "nomic-embed"}, {"id": "qwen3:8b"}]})),
        "/api/show" => {
            body(&json!({"model_info": {"general.architecture": "q", "q.context_length": 4096}}))
        }
        _ => chat(),
    });
    let place = Place::new();
    let host = server.url().replace("http://", "");
    let vars = [("OLLAMA_HOST", host.as_str())];
    // 150 ms may be short where all cores are busy.
    let mut tries = (0..5).map(|_| run(&place, &vars, &["-p", "hello"]));
    let got = tries.find(|got| got.code == Some(0)).unwrap();
    assert_eq!(got.out.trim(), "Yes.", "{got:?}");
    assert!(
        got.err.contains("there is no key: qwen3:8b is asked, which Ollama serves here"),
        "{}",
        got.err
    );
    let mut tries = (0..5).map(|_| run(&place, &vars, &["models", "qwen3"]));
    let got = tries.find(|got| got.out.contains("4096")).unwrap();
    assert!(got.out.contains("ollama/qwen3:8b") && got.out.contains("4096"), "{}", got.out);
    let asked = server.requests().len();
    // Where there is a key nobody is looked for.
    let got = run(
        &place,
        &[
            vars[0],
            ("ANTHROPIC_API_KEY", "k"),
            ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
            ("CLAW_MODEL", "openai/x"),
        ],
        &["-p", "hello"],
    );
    assert!(got.err.contains("OPENAI_API_KEY"), "{}", got.err);
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn the_list_of_models_is_fetched_and_kept_only_where_it_is_one() {
    let list = json!({
        "anthropic": {"npm": "@ai-sdk/anthropic", "models": {"claude-fresh": {"limit": {"context": 7000, "output": 70}}}},
        "fresh": {"npm": "@ai-sdk/openai-compatible", "api": "https://fresh.example/v1", "env": ["FRESH_API_KEY"], "models": {"one": {}}},
    });
    let moved = Reply::status(302).header("location", "https://elsewhere.example");
    let none = Reply::status(200).body("<html>");
    let server = Server::start(vec![body(&list), moved, none, body(&json!({}))]);
    let place = Place::new();
    let url = format!("{}/api.json", server.url());
    let refresh = || run(&place, &[], &["models", "--refresh", &url]);
    let got = refresh();
    assert_eq!(got.code, Some(0), "{got:?}");
    assert!(got.out.starts_with("2 models of 2 vendors, kept in /"), "{}", got.out);
    let kept = || std::fs::read_to_string(place.home.path().join("claw/models.json")).unwrap();
    assert_eq!(kept(), list.to_string());
    for words in ["elsewhere now: https://elsewhere.example", "models.dev", "no model in it"] {
        let got = refresh();
        assert_eq!(got.code, Some(1), "{got:?}");
        assert!(got.err.contains(words), "{}", got.err);
        assert_eq!(kept(), list.to_string());
    }
    let got = run(&place, &[], &["models", "--refresh", "http://far.example/api.json"]);
    assert!(got.err.contains("comes by https:// alone"), "{}", got.err);

    let got = run(&place, &[("FRESH_API_KEY", "k-secret-0123")], &["models", "fresh"]);
    assert!(
        got.out.contains("claude-fresh") && got.out.contains("fresh: key in FRESH_API_KEY"),
        "{}",
        got.out
    );
    assert!(got.out.contains("fresh/one") && !got.out.contains("k-secret"), "{}", got.out);
}
