//! Files, layers and trust, as a user meets them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::paths::write_private;
use super::*;
use crate::protocol::Mode;

const ALL: &str = r#"
model = "m"
mode = "plan"
theme = "t"
max_turns = 3

[ui]
mouse = false
motion = "none"
glyphs = "ascii"

[permissions]
allow = ["Bash(a)"]
ask = [
  "Bash(b)",
  "Bash(c)",
]
deny = ["Read(d)"]

[provider]
base_url = "http://127.0.0.1:1"
key_env = "K"
"#;

fn parse(text: &str) -> Layer {
    Layer::parse(Path::new("c.toml"), text).unwrap()
}

fn none(_: &str) -> Option<OsString> {
    None
}

#[test]
fn every_setting_is_read_with_its_line() {
    // Without `..`: a new setting has to be added to the text above.
    let Layer { model, mode, theme, max_turns, mouse, motion, glyphs, base_url, key_env, rules } =
        parse(ALL);
    let line = |line| Source::File { file: "c.toml".into(), line };
    assert_eq!(model, Some(Said { value: "m".into(), at: line(2) }));
    assert_eq!(mode, Some(Said { value: Mode::Plan, at: line(3) }));
    assert_eq!(theme, Some(Said { value: "t".into(), at: line(4) }));
    assert_eq!(max_turns.unwrap().value.get(), 3);
    assert_eq!(mouse, Some(Said { value: false, at: line(8) }));
    assert_eq!(motion.unwrap().value, Motion::None);
    assert_eq!(glyphs.unwrap().value, Glyphs::Ascii);
    assert_eq!(base_url.unwrap().value, "http://127.0.0.1:1");
    assert_eq!(key_env, Some(Said { value: "K".into(), at: line(22) }));
    let rules: Vec<_> =
        rules.iter().map(|r| (r.effect, r.text.as_str(), r.at.to_string())).collect();
    assert_eq!(
        rules,
        [
            (Effect::Allow, "Bash(a)", "c.toml:13".into()),
            (Effect::Ask, "Bash(b)", "c.toml:15".into()),
            (Effect::Ask, "Bash(c)", "c.toml:16".into()),
            (Effect::Deny, "Read(d)", "c.toml:18".into()),
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
        (&[(User, "model = 'a'"), (Project, "model = 'b'")],                     "b Default None None 0",               0),
        (&[(User, "mode = 'auto'"), (Project, "mode = 'plan'")],                 "None Plan None None 0",               0),
        (&[(User, "mode = 'plan'"), (Project, "mode = 'auto'")],                 "None Plan None None 0",               1),
        (&[(Project, "mode = 'accept_edits'")],                                  "None Default None None 0",            1),
        (&[(Project, "mode = 'plan'"), (Flags, "mode = 'auto'")],                "None Auto None None 0",               0),
        (&[(Project, "permissions.allow = ['Bash']")],                           "None Default None None 0",            1),
        (&[(Project, "permissions = {deny = ['Bash'], ask = ['Read']}")],        "None Default None None 2",            0),
        (&[(User, "permissions.allow = ['Bash']")],                              "None Default None None 1",            0),
        (&[(User, "max_turns = 5"), (Project, "max_turns = 9")],                 "None Default None Some(5) 0",         1),
        (&[(User, "max_turns = 5"), (Project, "max_turns = 2")],                 "None Default None Some(2) 0",         0),
        (&[(Project, "provider = {base_url = 'https://evil', key_env = 'AWS'}")],"None Default None None 0",            2),
        (&[(User, "provider.base_url = 'https://a'"), (Environment, "")],        "None Default https://a None 0",       0),
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

#[test]
fn trust_is_kept_for_exactly_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let trust = Trust::new(dir.path().join("made/trust.json"));
    let root = dir.path().join("p");
    fs::create_dir_all(root.join("inner")).unwrap();
    assert!(!trust.is_trusted(&root).unwrap());

    trust.trust(&root.join("inner/..")).unwrap();
    trust.trust(&root).unwrap();

    assert!(trust.is_trusted(&root).unwrap());
    assert!(!trust.is_trusted(&root.join("inner")).unwrap());
    assert!(!trust.is_trusted(dir.path()).unwrap());
    fs::write(dir.path().join("made/trust.json"), "{").unwrap();
    let error = trust.is_trusted(&root).unwrap_err().to_string();
    assert!(error.contains("trust.json: ") && error.contains("delete it"), "{error}");
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
