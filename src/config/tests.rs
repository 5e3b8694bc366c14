//! Files, layers and trust, as a user meets them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::paths::write_private;
use super::*;
use crate::exec::Network;
use crate::protocol::{Budget, Effort, LineKind, Mode};

const ALL: &str = r#"
model = "m"
mode = "plan"
theme = "t"
max_turns = 3
fallback = ["a", "b/c"]
budget = { usd = 2, tokens = 900 }

[ui]
mouse = false
motion = "none"
glyphs = "ascii"
notify = false
osc7501 = true
tmux_passthrough = true
vim = true

[permissions]
allow = ["Bash(a)"]
ask = [
  "Bash(b)",
  "Bash(c)",
]
deny = [{ rule = "Read(d)", match = ["d"], not_match = ["e", "f"] }]

[provider]
base_url = "http://127.0.0.1:1"
key_env = "K"

[sandbox]
mode = "off"
network = true

[provider.gate]
wire = "chat"
base_url = "https://gate.example/v1"
key_command = "pass show gate"
headers = { x-team = "blue", Authorization = "Token ${GATE_TOKEN}" }
idle_timeout = 30
ca_file = "ca.pem"
client_cert = "/etc/me.pem"
client_key = "../me.key"

[provider.anthropic]
headers = { x-a = "b" }

[models]
catalogue = "api.json"

[models."gate/large"]
window = 1000
max_output = 100
price = { input = 1, output = 2.5, cache_read = 0.1 }
images = true
pdf = false
tools = true
effort = ["high", "low"]
"#;

fn parse(text: &str) -> Layer {
    Layer::parse(Path::new("c.toml"), text).unwrap()
}

#[test]
fn a_theme_is_a_name_or_one_for_each_ground() {
    let theme = |text: &str| parse(text).theme.unwrap().value;
    assert_eq!(theme("theme = 'paper'"), ThemeChoice::One("paper".to_owned()));
    let pair = |dark: &str, light: &str, mode| {
        ThemeChoice::Pair(ThemePair { dark: dark.to_owned(), light: light.to_owned(), mode })
    };
    let both = theme("theme = { dark = 'midnight', light = 'paper', mode = 'auto' }");
    assert_eq!(both, pair("midnight", "paper", ThemeMode::Auto));
    let one = theme("[theme]\ndark = 'midnight'\nmode = 'light'\n");
    assert_eq!(one, pair("midnight", "claw-light", ThemeMode::Light));
    for (text, said) in [
        (
            "theme = { drak = 'x' }",
            "c.toml:1: there is no setting `drak` in [theme]; did you mean `dark`?",
        ),
        ("theme = 3", "c.toml:1: theme is a name, or"),
        ("theme = { mode = 'dim' }", "c.toml:1: theme is a name, or"),
    ] {
        let error = Layer::parse(Path::new("c.toml"), text).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

fn none(_: &str) -> Option<OsString> {
    None
}

#[test]
fn every_setting_is_read_with_its_line() {
    // Without `..`: a new setting has to be added to the text above.
    let Layer {
        model,
        fallback,
        budget_usd,
        budget_tokens,
        mode,
        theme,
        max_turns,
        mouse,
        vim,
        motion,
        glyphs,
        notify,
        osc7501,
        tmux_passthrough,
        copy_on_select: _,
        print_on_exit: _,
        base_url,
        key_env,
        services,
        catalogue,
        models,
        sandbox,
        network,
        rules,
        unknown,
    } = parse(ALL);
    assert_eq!(unknown, []);
    let examples = Examples { matches: vec!["d".into()], not: vec!["e".into(), "f".into()] };
    assert_eq!((&rules[0].examples, &rules[3].examples), (&Examples::default(), &examples));
    let line = |line| Source::File { file: "c.toml".into(), line };
    assert_eq!(model, Some(Said { value: "m".into(), at: line(2) }));
    let names = vec!["a".to_owned(), "b/c".to_owned()];
    assert_eq!(fallback, Some(Said { value: names, at: line(6) }));
    assert_eq!(budget_usd, Some(Said { value: 2.0, at: line(7) }));
    assert_eq!(budget_tokens, Some(Said { value: 900, at: line(7) }));
    assert_eq!(mode, Some(Said { value: Mode::Plan, at: line(3) }));
    assert_eq!(theme, Some(Said { value: ThemeChoice::One("t".to_owned()), at: line(4) }));
    assert_eq!(max_turns.unwrap().value.get(), 3);
    assert_eq!(mouse, Some(Said { value: false, at: line(10) }));
    assert_eq!(vim, Some(Said { value: true, at: line(16) }));
    assert_eq!(motion.unwrap().value, Motion::None);
    assert_eq!(glyphs.unwrap().value, Glyphs::Ascii);
    assert_eq!(notify, Some(Said { value: false, at: line(13) }));
    assert_eq!((osc7501.unwrap().value, tmux_passthrough.unwrap().value), (true, true));
    assert_eq!(base_url.unwrap().value, "http://127.0.0.1:1");
    assert_eq!(sandbox, Some(Said { value: false, at: line(31) }));
    assert_eq!(network, Some(Said { value: Network::All, at: line(32) }));
    assert_eq!(key_env, Some(Said { value: "K".into(), at: line(28) }));
    let text = |text: &str| Some(text.to_owned());
    let empty = ServiceText {
        wire: None,
        base_url: None,
        key_env: None,
        key_command: None,
        headers: [("x-a".to_owned(), "b".to_owned())].into(),
        idle: None,
        ca_file: None,
        client: None,
        oauth: None,
        at: line(44),
    };
    let headers = [("x-team", "blue"), ("Authorization", "Token ${GATE_TOKEN}")];
    let gate = ServiceText {
        wire: Some(Wire::Chat),
        base_url: text("https://gate.example/v1"),
        key_command: text("pass show gate"),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        idle: Some(std::time::Duration::from_secs(30)),
        ca_file: Some("ca.pem".into()),
        client: Some(("/etc/me.pem".into(), "../me.key".into())),
        at: line(34),
        ..empty.clone()
    };
    let both = [("gate".to_owned(), gate), ("anthropic".to_owned(), empty)];
    assert_eq!(services, both.into());
    assert_eq!(catalogue, Some(Said { value: "api.json".into(), at: line(48) }));
    let price = PriceText { input: 1.0, output: 2.5, cache_read: Some(0.1), cache_write: None };
    let large = ModelText {
        window: Some(1000),
        max_output: Some(100),
        price: Some(price),
        images: Some(true),
        pdf: Some(false),
        tools: Some(true),
        effort: Some(vec![Effort::Low, Effort::High]),
        at: line(50),
    };
    assert_eq!(models, [("gate/large".to_owned(), large)].into());
    let rules: Vec<_> =
        rules.iter().map(|r| (r.effect, r.text.as_str(), r.at.to_string())).collect();
    assert_eq!(
        rules,
        [
            (Effect::Allow, "Bash(a)", "c.toml:19".into()),
            (Effect::Ask, "Bash(b)", "c.toml:21".into()),
            (Effect::Ask, "Bash(c)", "c.toml:22".into()),
            (Effect::Deny, "Read(d)", "c.toml:24".into()),
        ]
    );
}

#[rustfmt::skip]
#[test]
fn a_wrong_file_is_said_in_one_sentence() {
    let table = [
        ("\nmodle = 'x'",                "c.toml:2: there is no setting `modle`; did you mean `model`?"),
        ("[permissions]\nalow = []",     "c.toml:2: there is no setting `alow` in [permissions]; did you mean `allow`?"),
        ("[permission]\nallow = []",     "c.toml:1: there is no setting `permission`; did you mean `permissions`?"),
        ("mode = 'bypass'",              "c.toml:1: only a start flag switches all checks off; choose another"),
        ("\n\nmode = 'yolo'",            "c.toml:3: there is no mode `yolo`; choose default, accept_edits, plan or auto"),
        ("[provider]\nbase_url = 'ftp'", "c.toml:2: the base URL `ftp` has to begin with https:// or http://"),
        ("[provider]\nkey_env = 'a=b'",  "c.toml:2: `a=b` is no name of an environment variable"),
        ("model = 1",                    "c.toml:1: invalid type: integer `1`, expected a string; correct this line"),
        ("ui = 1",                       "c.toml:1: invalid type: integer `1`, expected struct Ui; correct this line"),
        ("permissions.deny = [1]",       "c.toml:1: a rule is a text, or a table of `rule`, `match` and `not_match`; correct this line"),
        ("permissions.deny = [{rule = 'Bash', math = []}]", "c.toml:1: a rule is a text, or a table of `rule`, `match` and `not_match`; correct this line"),
        ("[provider]\nheaders = {}",     "c.toml:2: there is no setting `headers` in [provider]; did you mean `anthropic.headers`?"),
        ("[provider]\nbase_urk = 'x'",   "c.toml:2: there is no setting `base_urk` in [provider]; did you mean `base_url`?"),
        ("[provider.a]\nbase_urk = 'x'", "c.toml:2: there is no setting `base_urk` in [provider.a]; did you mean `base_url`?"),
        ("[provider.a]\nbase_url = 'x'", "c.toml:2: the base URL `x` has to begin with https:// or http://"),
        ("[provider.a]\nkey_env = 'x'\nkey_command = 'y'", "c.toml:3: a has a key_env and a key_command; say one of them"),
        ("[provider.a]\nkey_command = ' '", "c.toml:2: key_command is empty: write a command line"),
        ("[provider.a]\nidle_timeout = 9999", "c.toml:2: idle_timeout is at most 3600 seconds"),
        ("[provider.a]\nheaders = {'a b' = 'x'}", "c.toml:2: `a b` cannot be such a header"),
        ("[provider.a]\nheaders = {a = '${x'}", "c.toml:2: `${` begins the name of a variable, as in ${NAME}"),
        ("[provider.a]\nclient_key = 'x'", "c.toml:1: a client certificate needs both client_cert and client_key"),
        ("[provider.'a/b']\nwire = 'chat'", "c.toml:1: `a/b` cannot be a provider's name: it stands before the `/` of a model's"),
        ("[provider]\nkey_env = 'A'\n[provider.anthropic]\nkey_env = 'B'", "c.toml:4: `key_env` of anthropic was said before, in c.toml:2; say it once"),
        ("[models]\ncatalog = 'x'",      "c.toml:2: there is no setting `catalog` in [models]; did you mean `catalogue`?"),
        ("[models.'a/b']\nwindov = 1",   "c.toml:2: there is no setting `windov` in [models.\"a/b\"]; did you mean `window`?"),
        ("[models.a]\nprice = {inptu = 1}", "c.toml:2: there is no setting `inptu` in [models.a.price]; did you mean `input`?"),
        ("[models.a]\nprice = {input = -1, output = 1}", "c.toml:2: a price is a number of US dollars from 0 on"),
        ("[models.a]\neffort = ['hard']", "c.toml:2: \"hard\" is no effort: none, minimal, low, medium, high, xhigh or max"),
        ("budget.usd = 0.0",             "c.toml:1: budget.usd is a number of US dollars above 0"),
        ("budget = {dollars = 1}",       "c.toml:1: there is no setting `dollars` in [budget]; did you mean `tokens`?"),
        ("max_turns = 0",                "c.toml:1: invalid value: integer `0`, expected a nonzero u32; correct this line"),
    ];
    for (text, expected) in table {
        let got = Layer::parse(Path::new("c.toml"), text).unwrap_err().to_string();
        assert_eq!(got, expected, "{text:?}");
    }
    let broken = Layer::parse(Path::new("c.toml"), "a = 1\nmodel = \n").unwrap_err().to_string();
    assert!(broken.starts_with("c.toml:2: ") && !broken.contains('\n'), "{broken}");
}

#[rustfmt::skip]
#[test]
fn a_later_layer_wins_and_a_project_only_tightens() {
    use Scope::{Environment, Flags, Project, User};
    type Table<'a> = &'a [(&'a [(Scope, &'a str)], &'a str, usize)];
    let table: Table<'_> = &[
        // layers                                                                what holds                        notices
        (&[],                                                                    "None Default None None 0",            0),
        (&[(User, "model = 'a'"), (Flags, "model = 'b'")],                       "b Default None None 0",               0),
        (&[(User, "model = 'a'"), (Project, "model = 'b'")],                     "a Default None None 0",               0),
        (&[(User, "mode = 'auto'"), (Project, "mode = 'plan'")],                 "None Plan None None 0",               0),
        (&[(User, "mode = 'plan'"), (Project, "mode = 'auto'")],                 "None Plan None None 0",               1),
        (&[(Project, "mode = 'accept_edits'")],                                  "None Default None None 0",            1),
        (&[(Project, "mode = 'plan'"), (Flags, "mode = 'auto'")],                "None Auto None None 0",               0),
        (&[(Project, "permissions.allow = ['Bash']")],                           "None Default None None 0",            0),
        (&[(Project, "permissions = {deny = ['Bash'], ask = ['Read']}")],        "None Default None None 2",            0),
        (&[(User, "permissions.allow = ['Bash']")],                              "None Default None None 1",            0),
        (&[(User, "max_turns = 5"), (Project, "max_turns = 9")],                 "None Default None Some(5) 0",         1),
        (&[(User, "max_turns = 5"), (Project, "max_turns = 2")],                 "None Default None Some(2) 0",         0),
        (&[(Project, "provider = {base_url = 'https://evil', key_env = 'AWS'}")],"None Default None None 0",            2),
        (&[(User, "provider.base_url = 'https://a'"), (Environment, "")],        "None Default https://a None 0",       0),
        (&[(Project, "provider.x = {base_url = 'https://evil'}\nprovider.anthropic.headers = {a = 'b'}\nmodels.catalogue = 'x'\nmodels.haiku.window = 1")], "None Default None None 0", 4),
        (&[(Project, "theme = 'x'\nui = {mouse = false, motion = 'none', glyphs = 'ascii'}")], "None Default None None 0", 4),
    ];
    for (layers, expected, notices) in table {
        let got = merge(layers.iter().map(|(scope, text)| (*scope, parse(text))));
        let text = |text: &Option<String>| text.clone().unwrap_or("None".into());
        let model = text(&got.model.as_ref().map(ToString::to_string));
        let held = format!("{model} {:?} {} {:?} {}", got.mode, text(&got.base_url), got.max_turns, got.rules.len());
        assert_eq!(held, *expected, "{layers:?}");
        assert_eq!(got.notices.len(), *notices, "{layers:?} {:?}", got.notices);
        assert_eq!((got.theme, got.mouse, got.motion), (None, None, Motion::Full), "{layers:?}");
        assert!(got.services.is_empty() && got.models.is_empty() && got.catalogue.is_none());
    }
}

#[test]
fn a_project_proposes_models_and_only_lowers_the_budget() {
    use Scope::{Environment, Project, User};
    let mine = "fallback = ['a']\nbudget = { usd = 5, tokens = 10 }";
    let theirs = "model = 'x'\nfallback = ['y']\nbudget = { usd = 9.0, tokens = 3 }";
    let got = merge([(User, parse(mine)), (Project, parse(theirs))]);
    assert_eq!(got.budget, Budget { usd: Some(5.0), tokens: Some(3) });
    assert_eq!((got.model, got.fallback), (None, vec!["a".into()]));
    assert_eq!(got.project.model.unwrap().value, "x");
    assert_eq!(got.project.fallback.unwrap().value, ["y"]);
    assert!(matches!(&got.notices[..], [one] if one.contains("budget.usd, which is higher")));

    let around = Layer::from_env(&|name| (name == "CLAW_MODEL").then(|| "z".into())).unwrap();
    let got = merge([(Project, parse(theirs)), (Environment, around)]);
    assert_eq!((got.model, got.project.model), (Some("z".into()), None), "the later one wins");
    assert_eq!(got.budget, Budget { usd: Some(9.0), tokens: Some(3) });
}

#[test]
fn a_home_vendors_table_says_the_same_as_the_old_keys() {
    let got = merge([
        (Scope::User, parse("provider.anthropic = {base_url = 'https://a', key_env = 'K'}")),
        (Scope::User, parse("provider.g = {key_env = 'K', headers = {a = '1'}, idle_timeout = 5}")),
        (Scope::User, parse("provider.g = {key_command = 'c', headers = {b = '2'}}")),
    ]);
    assert_eq!((got.base_url.as_deref(), got.key_env.as_deref()), (Some("https://a"), Some("K")));
    let gate = &got.services["g"];
    assert_eq!((gate.key_env.as_deref(), gate.key_command.as_deref()), (None, Some("c")));
    assert_eq!((gate.headers.len(), gate.idle.is_some()), (2, true));
}

#[test]
fn variables_in_a_value() {
    let env = |name: &str| (name == "A_1").then(|| "one".into());
    let table = [
        ("plain $A_1 {x}", Ok("plain $A_1 {x}")),
        ("<${A_1}${A_1}>", Ok("<oneone>")),
        ("${B}", Err("$B is not set")),
        ("${", Err("begins the name of a variable")),
        ("${a b}", Err("begins the name of a variable")),
    ];
    for (text, expected) in table {
        match (expand(text, &env), expected) {
            (Ok(got), Ok(expected)) => assert_eq!(got, expected),
            (Err(why), Err(expected)) => assert!(why.to_string().contains(expected), "{why}"),
            (got, _) => panic!("{text}: {got:?}"),
        }
    }
}

#[test]
fn the_environment_is_a_layer() {
    let env = |name: &str| match name {
        "CLAW_MODE" => Some("auto".into()),
        "CLAW_MAX_TURNS" => Some("7".into()),
        "ANTHROPIC_BASE_URL" => Some("http://b".into()),
        "REDUCE_MOTION" => Some("1".into()),
        "CLAW_MODEL" => Some(OsString::new()),
        _ => None,
    };
    let got = merge([(Scope::Environment, Layer::from_env(&env).unwrap())]);
    assert_eq!((got.mode, got.motion), (Mode::Auto, Motion::Reduced));
    assert_eq!((got.base_url.as_deref(), got.model), (Some("http://b"), None));
    assert_eq!(got.max_turns.unwrap().get(), 7);

    let wrong = |name: &str| (name == "CLAW_MAX_TURNS").then(|| "many".into());
    let error = Layer::from_env(&wrong).unwrap_err().to_string();
    assert_eq!(error, "$CLAW_MAX_TURNS: `many` is no number from 1 on");
}

#[test]
fn a_project_has_a_say_only_where_its_folder_is_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, root) = (Paths::under(&dir.path().join("home")), dir.path().join("p"));
    paths.create().unwrap();
    fs::create_dir_all(root.join(".claw")).unwrap();
    let file = root.join(".claw/config.toml");
    fs::write(&file, "permissions.deny = ['Bash']").unwrap();
    fs::write(&paths.config_file, "model = 'mine'").unwrap();

    let held = |trusted| load(&paths, &root, trusted, &none, Layer::default());
    assert_eq!(held(false).unwrap().rules, []);
    let trusted = held(true).unwrap();
    assert_eq!(trusted.rules[0].at, Source::File { file: file.clone(), line: 1 });
    assert_eq!(trusted.model, Some("mine".into()));

    fs::write(&file, "[").unwrap();
    assert!(held(false).is_ok(), "not a byte of it is read");
    assert!(held(true).is_err());

    #[cfg(unix)]
    {
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(&paths.config_file, &file).unwrap();
        let error = held(true).unwrap_err().to_string();
        assert!(error.contains("leads out of the project"), "{error}");
    }
}

/// The user trusts the folder as it is.
#[track_caller]
fn keep(trust: &Trust, root: &Path) {
    trust.trust(root, &trust.look(root).unwrap()).unwrap();
}

#[test]
fn trust_is_kept_for_exactly_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let trust = Trust::new(dir.path().join("made/trust.json"));
    let root = dir.path().join("p");
    fs::create_dir_all(root.join("inner")).unwrap();
    let stands = |root: &Path| trust.look(root).unwrap().standing;
    assert_eq!(stands(&root), Standing::Unknown(vec![]));

    keep(&trust, &root.join("inner/.."));
    keep(&trust, &root);

    assert_eq!(stands(&root), Standing::Trusted);
    assert_eq!(stands(&root.join("inner")), Standing::Unknown(vec![]));
    assert_eq!(stands(dir.path()), Standing::Unknown(vec![]));

    // Another folder in its place is another folder.
    fs::rename(&root, dir.path().join("moved")).unwrap();
    fs::create_dir(&root).unwrap();
    assert_eq!(stands(&root), Standing::Changed(vec![]));
    assert_eq!(stands(&dir.path().join("moved")), Standing::Unknown(vec![]));

    fs::write(dir.path().join("made/trust.json"), "{").unwrap();
    let error = trust.look(&root).unwrap_err().to_string();
    assert!(error.contains("trust.json: ") && error.contains("delete it"), "{error}");
}

/// The changes in one line each: kind, name, and the lines that differ or why there are none.
fn shown(standing: &Standing) -> Vec<String> {
    let Standing::Changed(changes) = standing else { panic!("{standing:?}") };
    let line = |change: &crate::protocol::FileChange| {
        let lines = change.hunks.iter().flat_map(|hunk| &hunk.lines);
        let lines = lines.map(|line| match line.kind {
            LineKind::Context => format!(" {}", line.text),
            LineKind::Added => format!("+{}", line.text),
            LineKind::Removed => format!("-{}", line.text),
        });
        let note = change.note.as_deref().unwrap_or_default();
        let name = change.path.display();
        format!("{:?} {name} {note}{}", change.kind, lines.collect::<Vec<_>>().join("|"))
    };
    changes.iter().map(line).collect()
}

#[test]
fn trust_ends_where_the_configuration_changes_and_says_what_did() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (root, trust) = (dir.path().join("p"), Trust::new(dir.path().join("trust.json")));
    let write = |name: &str, text: &str| {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), text).unwrap();
    };
    write(".claw/config.toml", "a\nb\nc\n");
    write(".claude/hooks/pre.sh", "a\n");
    write(".claude/worktrees/big", "a");
    write(".git/hooks/pre-commit.sample", "a");
    write(".git/config", "[core]\nbare = false\n");
    write("AGENTS.md", "a");
    write("shared.toml", "a\n");
    write("skills/x", "a\n");
    symlink("../shared.toml", root.join(".claw/linked.toml")).unwrap();
    symlink("../skills", root.join(".claude/skills")).unwrap();
    symlink("..", root.join(".claude/hooks/up")).unwrap();
    let Standing::Closed(why) = trust.look(&root).unwrap().standing else { panic!("a circle") };
    assert!(why.contains("too deep"), "{why}");
    assert!(trust.trust(&root, &trust.look(&root).unwrap()).is_err());
    fs::remove_file(root.join(".claude/hooks/up")).unwrap();
    let names = [
        ".claude/hooks/pre.sh",
        ".claude/skills",
        ".claude/skills/x",
        ".claw/config.toml",
        ".claw/linked.toml",
    ];
    let unknown = Standing::Unknown(names.map(Into::into).to_vec());
    assert_eq!(trust.look(&root).unwrap().standing, unknown);
    keep(&trust, &root);

    let key = "api_key = \"0123456789abcdef\"\n";
    let other = key.replace("0123", "4567");
    let long = "x\n".repeat(40_000);
    let table: [(&dyn Fn(), &[&str]); 13] = [
        (&|| write("AGENTS.md", "b"), &[]),
        (&|| write(".claude/worktrees/big", "b"), &[]),
        (&|| write(".git/config", "[core]\nbare = true\n[branch \"a\"]\nremote = o\n"), &[]),
        (
            &|| write(".git/config", "[core]\nbare = true\nfsmonitor = ./x\n"),
            &["Added .git/config +[core] fsmonitor = ./x"],
        ),
        (&|| write(".claw/config.toml", "a\nB\nc\n"), &["Modified .claw/config.toml  a|-b|+B| c"]),
        (&|| write(".mcp.json", "{}\n"), &["Added .mcp.json +{}"]),
        (
            &|| write("shared.toml", "b\n"),
            &["Modified .claw/linked.toml  link to ../shared.toml|-a|+b"],
        ),
        (&|| write("skills/x", "b\n"), &["Modified .claude/skills/x -a|+b"]),
        (&|| write(".git/hooks/pre-commit", "a\n"), &["Added .git/hooks/pre-commit +a"]),
        (
            &|| fs::remove_file(root.join(".claude/hooks/pre.sh")).unwrap(),
            &["Deleted .claude/hooks/pre.sh -a"],
        ),
        (&|| write(".mcp.json", key), &["Modified .mcp.json -{}|+api_key = \"[secret]\""]),
        (&|| write(".mcp.json", &other), &["Modified .mcp.json only a secret in it changed"]),
        (&|| write(".mcp.json", &long), &["Modified .mcp.json too long to be kept, or no text"]),
    ];
    for (change, expected) in table {
        change();
        let look = trust.look(&root).unwrap();
        if expected.is_empty() {
            assert_eq!(look.standing, Standing::Trusted);
        } else {
            assert_eq!(shown(&look.standing), expected);
        }
        // What comes after the look was not seen.
        write(".claude/commands/late.md", "late\n");
        trust.trust(&root, &look).unwrap();
        assert_eq!(
            shown(&trust.look(&root).unwrap().standing),
            ["Added .claude/commands/late.md +late"]
        );
        fs::remove_file(root.join(".claude/commands/late.md")).unwrap();
        assert_eq!(trust.look(&root).unwrap().standing, Standing::Trusted);
    }
    let kept: Vec<_> = fs::read_dir(dir.path().join("trust")).unwrap().collect();
    let kept = kept.into_iter().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&kept).unwrap();
    assert!(!text.contains("0123456789abcdef") && !text.contains("4567456789abcdef"), "{text}");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&kept).unwrap().permissions())
            & 0o777,
        0o600
    );
    // Without what was said then it is still known that it changed.
    fs::write(&kept, "{").unwrap();
    write(".claw/config.toml", "b");
    let look = trust.look(&root).unwrap();
    assert_eq!(
        shown(&look.standing),
        ["Modified .claw/config.toml too long to be kept, or no text"]
    );

    for n in 0..2001 {
        write(&format!(".claw/many/{n}"), "");
    }
    let look = trust.look(&root).unwrap();
    let Standing::Closed(why) = &look.standing else { panic!("it is too much") };
    assert!(why.contains("above 2000 files"), "{why:?}");
    assert!(trust.trust(&root, &look).is_err());
}

#[test]
fn nothing_inherits_trust() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (top, trust) = (dir.path().canonicalize().unwrap(), Trust::new(dir.path().join("t.json")));
    let trusted = top.join("trusted");
    for place in ["trusted/.git/worktrees/w", "trusted/src", "trusted/vendor/.git", "forged"] {
        fs::create_dir_all(top.join(place)).unwrap();
    }
    fs::write(trusted.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    keep(&trust, &trusted);
    let stands = |name: &str| trust.look(&top.join(name)).unwrap().standing;
    assert_eq!(stands("trusted"), Standing::Trusted);

    // A worktree that the repository does not know of, and its common directory.
    let pointer = format!("gitdir: {}\n", trusted.join(".git/worktrees/w").display());
    fs::write(top.join("forged/.git"), &pointer).unwrap();
    fs::write(trusted.join(".git/worktrees/w/commondir"), "../..\n").unwrap();
    fs::write(
        trusted.join(".git/worktrees/w/gitdir"),
        top.join("forged/.git").display().to_string(),
    )
    .unwrap();
    symlink(&trusted, top.join("link")).unwrap();
    let git = || Standing::Unknown(vec![".git".to_owned()]);
    let table = [
        ("forged", git()),
        ("trusted/vendor", Standing::Unknown(vec![])),
        ("trusted/src", Standing::Unknown(vec![])),
        // A link is another name of the same folder.
        ("link", Standing::Trusted),
    ];
    for (name, expected) in table {
        assert_eq!(stands(name), expected, "{name}");
    }
    // A link that leads elsewhere by now names another folder.
    fs::remove_file(top.join("link")).unwrap();
    symlink(top.join("forged"), top.join("link")).unwrap();
    assert_eq!(stands("link"), git());
    // A pointer in the place of the repository is a change, and so is where it points.
    fs::rename(trusted.join(".git"), top.join("real")).unwrap();
    fs::write(trusted.join(".git"), "gitdir: ../real\n").unwrap();
    assert_eq!(shown(&stands("trusted")), ["Added .git +gitdir: ../real"]);
    keep(&trust, &trusted);
    fs::write(trusted.join(".git"), "gitdir: ../evil\n").unwrap();
    assert_eq!(shown(&stands("trusted")), ["Modified .git -gitdir: ../real|+gitdir: ../evil"]);
}

#[test]
fn what_a_project_proposes_holds_once_it_is_accepted_word_by_word() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, root) = (Paths::under(&dir.path().join("home")), dir.path().join("p"));
    fs::create_dir_all(root.join(".claw")).unwrap();
    fs::create_dir_all(root.join(".claude")).unwrap();
    let claw = |text: &str| fs::write(root.join(".claw/config.toml"), text).unwrap();
    let claude = |rule: &str| {
        let text = format!("{{\"permissions\": {{\n\"allow\": [\"{rule}\"]}}}}");
        fs::write(root.join(".claude/settings.json"), text).unwrap();
    };
    claw("permissions.allow = ['Bash(b)', 'Bash(c)']\npermissions.deny = ['Bash(d)']");
    claude("Bash(a)");
    let held = |trusted| {
        let settings = load(&paths, &root, trusted, &none, Layer::default()).unwrap();
        let texts = |rules: &[RuleText]| {
            rules.iter().map(|rule| rule.text.clone()).collect::<Vec<_>>().join(" ")
        };
        (texts(&settings.rules), texts(&settings.proposed))
    };
    let held_is = |rules: &str, proposed: &str| {
        assert_eq!(held(true), (rules.to_owned(), proposed.to_owned()));
    };
    let accepted = Accepted::new(paths.accepted_file.clone());
    let answer =
        |rule, yes| accepted.answer(&root, rule, yes, crate::base::clock::Millis(0)).unwrap();
    held_is("Bash(d)", "Bash(a) Bash(b) Bash(c)");
    answer("Bash(a)", true);
    answer("Bash(b)", false);
    held_is("Bash(d) Bash(a)", "Bash(c)");
    assert_eq!(held(false), (String::new(), String::new()));
    let settings = load(&paths, &root, true, &none, Layer::default()).unwrap();
    let origin = settings.rules[1].at.to_string();
    assert!(origin.starts_with("accepted from "), "{origin}");
    assert!(origin.contains(".claude/settings.json:2 on 19"), "{origin}");
    let mode = fs::metadata(&paths.accepted_file).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);

    // Another text is another rule; what is no longer proposed does not hold.
    claude("Bash(a:*)");
    held_is("Bash(d)", "Bash(a:*) Bash(c)");
    claude("Bash(a)");
    held_is("Bash(d) Bash(a)", "Bash(c)");
    // Another folder in the same place is another project.
    fs::rename(&root, dir.path().join("moved")).unwrap();
    fs::create_dir_all(root.join(".claude")).unwrap();
    claude("Bash(a)");
    held_is("", "Bash(a)");
    answer("Bash(a)", true);
    held_is("Bash(a)", "");

    fs::write(&paths.accepted_file, "{").unwrap();
    let error = load(&paths, &root, true, &none, Layer::default()).unwrap_err().to_string();
    assert!(error.contains("accepted.json") && error.contains("delete it"), "{error}");
}

#[rustfmt::skip]
#[test]
fn a_project_sets_nothing_that_is_the_users() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, root) = (Paths::under(&dir.path().join("home")), dir.path().join("p"));
    paths.create().unwrap();
    fs::create_dir_all(root.join(".claw")).unwrap();
    fs::create_dir_all(root.join(".claude")).unwrap();
    fs::write(&paths.config_file, "mode = 'accept_edits'\nmax_turns = 5\n[provider]\nbase_url = 'https://mine'").unwrap();
    let load = || load(&paths, &root, true, &none, Layer::default());
    let mine = load().unwrap();
    // What a file says, and what the user is told of it.
    let toml = [
        ("mode = 'auto'",                                    "the mode, which is not stricter"),
        ("max_turns = 9",                                    "max_turns, which is higher"),
        ("theme = 'x'",                                      "the theme"),
        ("ui.mouse = false",                                 "ui.mouse"),
        ("ui.motion = 'none'",                               "ui.motion"),
        ("ui.glyphs = 'ascii'",                              "ui.glyphs"),
        ("ui.notify = false",                                "ui.notify"),
        ("ui.osc7501 = true",                                "ui.osc7501"),
        ("ui.tmux_passthrough = true",                       "ui.tmux_passthrough"),
        ("ui.copy_on_select = true",                         "ui.copy_on_select"),
        ("ui.print_on_exit = 'all'",                         "ui.print_on_exit"),
        ("provider.base_url = 'https://evil'",               "provider.base_url"),
        ("provider.key_env = 'AWS_SECRET_ACCESS_KEY'",       "provider.key_env"),
        ("sandbox.mode = 'off'",                             "sandbox.mode, which is off"),
        ("sandbox.network = true",                           "the part of sandbox.network that you do not grant"),
        ("sandbox.network = ['evil.example']",               "the part of sandbox.network that you do not grant"),
        ("sandbox.writable = ['/']",                         "sandbox.writable"),
        ("disable_bypass = false",                           "disable_bypass"),
        ("disable_user_allows = false",                      "disable_user_allows"),
        ("force_sandbox = false",                            "force_sandbox"),
        ("api_key_helper = 'evil'",                          "api_key_helper"),
        ("proxy = 'http://evil'",                            "proxy"),
        ("env = {PATH = '/evil'}",                           "env"),
        ("telemetry = {url = 'http://evil'}",                "telemetry"),
        ("hooks = {start = 'evil'}",                         "hooks"),
        ("mcp = {x = {command = 'evil'}}",                   "mcp"),
        ("roots = ['/']",                                    "roots"),
        ("trust = true",                                     "trust"),
        ("status_line = 'evil'",                             "status_line"),
    ];
    let json = [
        (r#"{"env": {"ANTHROPIC_BASE_URL": "http://evil", "HTTPS_PROXY": "http://evil"}}"#, "env"),
        (r#"{"apiKeyHelper": "evil"}"#,                      "apiKeyHelper"),
        (r#"{"awsAuthRefresh": "evil"}"#,                    "awsAuthRefresh"),
        (r#"{"awsCredentialExport": "evil"}"#,               "awsCredentialExport"),
        (r#"{"otelHeadersHelper": "evil"}"#,                 "otelHeadersHelper"),
        (r#"{"permissions": {"defaultMode": "bypassPermissions"}}"#, "permissions.defaultMode"),
        (r#"{"permissions": {"additionalDirectories": ["/"]}}"#, "permissions.additionalDirectories"),
        (r#"{"permissions": {"disableBypassPermissionsMode": "no"}}"#, "permissions.disableBypassPermissionsMode"),
        (r#"{"additionalDirectories": ["/"]}"#,              "additionalDirectories"),
        (r#"{"hooks": {"SessionStart": []}}"#,               "hooks"),
        (r#"{"disableAllHooks": true}"#,                     "disableAllHooks"),
        (r#"{"statusLine": {"type": "command", "command": "evil"}}"#, "statusLine"),
        (r#"{"enableAllProjectMcpServers": true}"#,          "enableAllProjectMcpServers"),
        (r#"{"enabledMcpjsonServers": ["x"]}"#,              "enabledMcpjsonServers"),
        (r#"{"sandbox": {"enabled": false}}"#,               "sandbox"),
        (r#"{"model": "x", "unheardOf": 1}"#,                "model, unheardOf"),
        (r#"{"forceLoginMethod": "x"}"#,                     "forceLoginMethod"),
        (r#"{"cleanupPeriodDays": 0}"#,                      "cleanupPeriodDays"),
    ];
    let toml = toml.map(|(text, said)| (".claw/config.toml", text, said));
    let shared = json.map(|(text, said)| (".claude/settings.json", text, said));
    let local = json.map(|(text, said)| (".claude/settings.local.json", text, said));
    for (name, text, said) in toml.into_iter().chain(shared).chain(local) {
        fs::write(root.join(name), text).unwrap();
        let got = load().unwrap();
        let expected = format!("{}:1: {said} is ignored: a project's settings can only tighten; set it in your own", root.join(name).display());
        assert_eq!(got.notices, [expected], "{name} {text}");
        let network = got.network.filter(|network| *network != Network::default());
        assert_eq!(Settings { notices: Vec::new(), network, ..got }, mine, "{name} {text}");
        fs::remove_file(root.join(name)).unwrap();
    }
    // Where it would loosen or could be meant to forbid something, nothing starts.
    for (text, said) in [("mode = 'bypass'", "only a start flag"), ("permissions.dney = ['Bash']", "did you mean `deny`?")] {
        fs::write(root.join(".claw/config.toml"), text).unwrap();
        let error = load().unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn a_managed_policy_is_its_owners_or_stops_the_start() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let dir = tempfile::tempdir().unwrap();
    let (place, me) = (dir.path().join("claw"), fs::metadata(dir.path()).unwrap().uid());
    let file = place.join("managed.toml");
    let over = |owner: u32| Managed::at(file.clone(), owner).over(Settings::default());
    assert_eq!(over(me).unwrap(), Settings::default(), "there is none");
    fs::create_dir(&place).unwrap();
    fs::write(&file, "permissions.deny = ['Bash']").unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));

    let table = [
        // directory, file, owner is another, what is said
        (0o755, 0o644, 0, ""),
        (0o700, 0o600, 0, ""),
        (0o755, 0o664, 0, "can be written by others (mode 664)"),
        (0o755, 0o646, 0, "can be written by others (mode 646)"),
        (0o775, 0o644, 0, "can be written by others (mode 775)"),
        (0o757, 0o644, 0, "can be written by others (mode 757)"),
        (0o755, 0o644, 1, "belongs to the user"),
    ];
    for (of_dir, of_file, other, said) in table {
        mode(&place, of_dir).unwrap();
        mode(&file, of_file).unwrap();
        match over(me + other) {
            Ok(settings) => {
                assert_eq!((settings.rules.len(), said), (1, ""), "{of_dir:o} {of_file:o}");
            }
            Err(error) => {
                let error = format!("{error:#}");
                assert!(!said.is_empty() && error.contains(said), "{of_dir:o} {of_file:o} {error}");
            }
        }
    }
    mode(&place, 0o755).unwrap();
    let wrong = [
        "[",
        "x = 1",
        "permissions.allow = ['Bash']",
        "disable_bypass = 'yes'",
        "force_sandbox = 1",
        "permissions.deny = 'Bash'",
        "permissions.deny = [{match = ['x']}]",
    ];
    for text in wrong {
        fs::write(&file, text).unwrap();
        mode(&file, 0o644).unwrap();
        let error = over(me).unwrap_err().to_string();
        assert!(error.contains("managed.toml:1: "), "{text}: {error}");
    }
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/null", &file).unwrap();
    assert!(over(me).is_err(), "a link could lead to anybody's file");
    fs::remove_file(&file).unwrap();
    // What cannot be read is no policy that is passed over.
    fs::create_dir(&file).unwrap();
    assert!(over(me).unwrap_err().to_string().contains("reading the managed policy"));
    fs::remove_dir(&file).unwrap();
    for (content, said) in
        [(b"\xff".to_vec(), "not UTF-8"), (vec![b'\n'; 2 << 20], "longer than 1 MiB")]
    {
        fs::write(&file, content).unwrap();
        mode(&file, 0o644).unwrap();
        let error = format!("{:#}", over(me).unwrap_err());
        assert!(error.contains(said), "{error}");
    }
    // The directory may be a link as little as the file.
    fs::write(&file, "").unwrap();
    assert!(over(me).is_ok());
    std::os::unix::fs::symlink(&place, dir.path().join("link")).unwrap();
    let linked = Managed::at(dir.path().join("link/managed.toml"), me);
    let error = format!("{:#}", linked.over(Settings::default()).unwrap_err());
    assert!(error.contains("can be written by others"), "{error}");
}

#[test]
fn a_managed_policy_is_a_ceiling() {
    use std::os::unix::fs::MetadataExt as _;
    let dir = tempfile::tempdir().unwrap();
    let me = fs::metadata(dir.path()).unwrap().uid();
    let file = dir.path().join("managed.toml");
    fs::write(&file, "disable_bypass = true\ndisable_user_allows = true\nforce_sandbox = true\n[permissions]\nask = ['Edit']\ndeny = ['Bash(curl:*)']").unwrap();
    let over = |text: &str| {
        let mode = text.contains("auto");
        let mut settings = merge([(Scope::User, parse(text))]);
        settings.mode = if mode { settings.mode } else { Mode::Bypass };
        Managed::at(file.clone(), me).over(settings)
    };
    let held = over("mode = 'auto'\npermissions = {allow = ['Bash'], deny = ['Read(x)']}").unwrap();
    let rules: Vec<_> = held.rules.iter().map(|rule| (rule.effect, rule.text.as_str())).collect();
    let expected =
        [(Effect::Deny, "Read(x)"), (Effect::Ask, "Edit"), (Effect::Deny, "Bash(curl:*)")];
    assert_eq!(rules, expected);
    assert!(held.rules[2].at.to_string().ends_with("managed.toml:6"));
    assert!(held.no_bypass && held.notices.len() == 1, "{:?}", held.notices);
    assert_eq!(held.sandbox, Some(true));
    let held = over("mode = 'auto'\nsandbox.mode = 'off'").unwrap();
    assert_eq!((held.sandbox, held.notices.len()), (Some(true), 1), "{:?}", held.notices);
    let proposed = vec![RuleText::new(Effect::Allow, "Bash".into(), Source::Flag)];
    let proposing = Settings { proposed, ..Settings::default() };
    assert_eq!(Managed::at(file.clone(), me).over(proposing).unwrap().proposed, []);
    assert!(over("").unwrap_err().to_string().contains("forbids the mode bypass"));
}

#[test]
fn the_rules_of_claude_code_hold_too_and_a_projects_only_tighten() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, root) = (Paths::under(&dir.path().join("home")), dir.path().join("p"));
    for file in [paths.claude_file.clone(), root.join(".claude/settings.json")] {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text = r#"{"permissions": {"allow": ["Bash(a)", "Bash(b)"], "deny": ["Read(./x)"]}}"#;
        fs::write(file, text).unwrap();
    }
    let held = |trusted| {
        let settings = load(&paths, &root, trusted, &none, Layer::default()).unwrap();
        let count = |effect| settings.rules.iter().filter(|rule| rule.effect == effect).count();
        (count(Effect::Allow), count(Effect::Deny), settings.proposed.len())
    };
    assert_eq!(held(false), (2, 1, 0), "the user's own");
    assert_eq!(held(true), (2, 2, 2), "and what the project forbids");

    let at = |name: &str| match name {
        "HOME" => Some(OsString::from("/h")),
        "CLAW_HOME" => Some("/c".into()),
        _ => None,
    };
    assert_eq!(Paths::find(&at).unwrap().claude_file, Path::new("/h/.claude/settings.json"));
}

#[test]
fn variables_that_hold_secrets_are_learnt_by_their_names() {
    let vars = [
        ("X_API_KEY", "learnt-by-its-name-1"),
        ("GH_TOKEN", "learnt-by-its-name-2"),
        ("SSH_KEY", "/home/me/.ssh/learnt"),
        ("EDITOR", "learnt-by-its-name-3"),
        ("PASSWORD", "short"),
    ];
    learn_secrets(vars.map(|(name, value)| (name.into(), value.into())));
    let text = vars.map(|(_, value)| value).join(" ");
    assert_eq!(
        crate::base::redact::values(&text),
        "[secret] [secret] /home/me/.ssh/learnt learnt-by-its-name-3 short"
    );
}

#[cfg(unix)]
#[test]
fn what_claw_makes_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let paths = Paths::under(&dir.path().join("a/b"));
    paths.create().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for dir in [&paths.home, &paths.sessions, &paths.spill, &paths.logs] {
        assert_eq!(mode(dir), 0o700, "{}", dir.display());
    }
    fs::write(&paths.trust_file, "old").unwrap();
    fs::set_permissions(&paths.trust_file, fs::Permissions::from_mode(0o644)).unwrap();
    write_private(&paths.trust_file, b"new").unwrap();
    assert_eq!(mode(&paths.trust_file), 0o600);
    assert_eq!(fs::read(&paths.trust_file).unwrap(), b"new");
}

#[test]
fn claw_home_holds_everything() {
    let at = |home: &'static str| {
        Paths::find(&move |name| (name == "CLAW_HOME").then(|| OsString::from(home)))
    };
    assert_eq!(at("/x").unwrap(), Paths::under(Path::new("/x")));
    let error = at("x").unwrap_err().to_string();
    assert_eq!(error, "CLAW_HOME is x: it has to be an absolute path");
}

#[test]
fn keys_are_read_and_never_shown() {
    let env = |name: &str| match name {
        "ANTHROPIC_API_KEY" => Some("sk-1".into()),
        "ANTHROPIC_AUTH_TOKEN" => Some("tok".into()),
        "BAD" => Some("a\nb-secret".into()),
        _ => None,
    };
    let keys = Credentials::read(&env, None).unwrap();
    assert_eq!(keys.api_key.as_ref().unwrap().expose_secret(), "sk-1");
    assert_eq!(keys.auth_token.as_ref().unwrap().expose_secret(), "tok");
    assert!(!format!("{keys:?}").contains("sk-1"));
    assert!(Credentials::read(&none, None).unwrap().is_empty());
    let error = Credentials::read(&env, Some("BAD")).unwrap_err().to_string();
    assert!(error.contains("$BAD") && !error.contains("secret"), "{error}");
}

#[rustfmt::skip]
#[test]
fn a_project_narrows_the_network_and_never_widens_it() {
    let table = [
        // the user's               the project's                     what holds, and whether it is said
        ("",                        "network = true",                 "",                        true),
        ("",                        "network = ['docs.rs']",          "",                        true),
        ("",                        "network = []",                   "",                        false),
        ("network = true",          "",                               "all",                     false),
        ("network = true",          "network = false",                "",                        false),
        ("network = true",          "network = []",                   "",                        false),
        ("network = true",          "network = ['docs.rs']",          "docs.rs",                 false),
        ("network = ['docs.rs']",   "network = true",                 "docs.rs",                 true),
        ("network = ['docs.rs']",   "network = ['docs.rs']",          "docs.rs",                 false),
        ("network = ['docs.rs']",   "network = ['crates.io']",        "",                        true),
        ("network = ['*.x.io']",    "network = ['a.x.io', 'x.io']",   "a.x.io",                  true),
        ("network = ['a.x.io']",    "network = ['*.x.io']",           "a.x.io",                  true),
        ("network = ['a.x.io']",    "network = ['a.x.io:443']",       "a.x.io:443",              false),
        ("network = ['a.x.io']",    "network = ['a.x.io:8443']",      "",                        true),
        ("network = ['*.x.io', 'a.x.io']", "network = ['*.x.io']",    "*.x.io",                  false),
    ];
    let layer = |text: &str| {
        let text = if text.is_empty() { String::new() } else { format!("[sandbox]\n{text}") };
        parse(&text)
    };
    for (user, project, wanted, said) in table {
        let got = merge([(Scope::User, layer(user)), (Scope::Project, layer(project))]);
        let holds = match got.network.unwrap_or_default() {
            Network::None => String::new(),
            Network::All => "all".to_owned(),
            Network::Hosts(hosts) => {
                hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!((holds.as_str(), !got.notices.is_empty()), (wanted, said), "{user} {project}");
    }
}

#[test]
fn a_host_that_is_none_is_named_with_its_place() {
    for (text, wanted) in [
        ("['docs.rs', 'https://x.io']", "`https://x.io` has a scheme"),
        ("['*']", "network = true"),
        ("['10.0.0.1']", "name the port"),
        ("'docs.rs'", "true, false, or a list of hosts"),
        ("[1]", "true, false, or a list of hosts"),
    ] {
        let text = format!("[sandbox]\nnetwork = {text}");
        let error = Layer::parse(Path::new("c.toml"), &text).unwrap_err().to_string();
        assert!(error.starts_with("c.toml") && error.contains(wanted), "{text}: {error}");
        assert!(error.contains('2'), "its line: {error}");
    }
}
