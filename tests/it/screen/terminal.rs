//! What claw asks of the terminal, what it tells it, and how it leaves it when everything fails.

use rustix::process::Signal;

use super::*;

/// claw in an empty project on a terminal that says this of itself; the model is never asked.
fn idle(home: &Home, args: &[&str], env: &[(&str, &str)], says: Says) -> Terminal {
    let project = home.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    let key = [("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")];
    let env = [&key, env].concat();
    let program = Path::new(env!("CARGO_BIN_EXE_claw"));
    let claw = Terminal::start_program(program, home, &project, args, &env, WIDE, says);
    claw.wait_for(IDLE);
    claw
}

fn said(claw: &Terminal, what: &str) -> bool {
    String::from_utf8_lossy(&claw.bytes()).contains(what)
}

/// The ground of claw-light and of paper, and the text of claw-dark, as they are drawn.
const LIGHT: &str = "48;2;251;251;249";
const PAPER: &str = "48;2;246;239;224";
const DARK: &str = "38;2;215;218;224";

#[test]
fn the_theme_is_the_one_for_the_terminals_ground() {
    type Case<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)], Says, &'a str);
    let (white, black) = (Says::Ground("rgb:ffff/ffff/ffff"), Says::Ground("rgb:0000/0000/0000"));
    let both = "theme = { dark = \"claw-dark\", light = \"paper\" }\n";
    let table: [Case<'_>; 8] = [
        ("", &[], &[], white, LIGHT),
        ("", &[], &[], black, DARK),
        ("", &[], &[], Says::What, DARK),
        ("", &[], &[("COLORFGBG", "0;15")], Says::Nothing, LIGHT),
        ("", &[], &[("COLORFGBG", "0;15")], black, DARK),
        (both, &[], &[], white, PAPER),
        (both, &["--theme", "claw-light"], &[], black, LIGHT),
        ("theme = \"claw-light\"", &[], &[("NO_COLOR", "1")], black, LIGHT),
    ];
    for (config, args, env, says, colour) in table {
        let home = Home::new();
        std::fs::create_dir_all(home.path().join("claw")).unwrap();
        std::fs::write(home.path().join("claw/config.toml"), config).unwrap();
        let mut claw = idle(&home, args, env, says);
        assert!(said(&claw, colour), "{config:?} {args:?} {env:?} {says:?}");
        assert_eq!(said(&claw, DARK), colour == DARK, "{config:?} {args:?} {env:?} {says:?}");
        quit(&mut claw);
    }
    let home = Home::new();
    let mut claw = idle(&home, &[], &[("NO_COLOR", "1")], white);
    let colours = ["38;2;", "38;5;", "48;2;", "48;5;"];
    assert!(!colours.iter().any(|colour| said(&claw, colour)), "no colour at all");
    quit(&mut claw);
}

#[test]
fn a_theme_that_changes_is_seen_and_a_broken_one_is_said() {
    let home = Home::new();
    let file = home.path().join("claw/themes/own.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let theme = |colour: &str| {
        let text = "schema = 1\nname = \"Own\"\nkind = \"dark\"\ninherits = \"claw-dark\"\n";
        // As editors do it: written elsewhere, then moved here.
        let new = home.path().join("own.new");
        std::fs::write(&new, format!("{text}[palette]\ntext = \"{colour}\"\n")).unwrap();
        std::fs::rename(new, &file).unwrap();
    };
    theme("#010203");
    let mut claw = idle(&home, &["--theme", "own"], &[], Says::What);
    assert!(said(&claw, "38;2;1;2;3"));
    theme("#040506");
    claw.wait_bytes("the new colour", |bytes| {
        String::from_utf8_lossy(bytes).contains("38;2;4;5;6")
    });
    theme("#04");
    claw.wait_for("own.toml:6: `#04` is no colour");
    quit(&mut claw);
}

#[test]
fn who_is_elsewhere_is_called_and_the_keys_follow_the_question() {
    let home = Home::new();
    let env = [("TERM", "foot"), ("COLORTERM", "truecolor")];
    let mut claw = Terminal::start_with(&home, home.path(), &["demo", "--fast"], &env, WIDE);
    claw.wait_for(STORY);
    claw.press("\r\x1b[O");
    claw.wait("the question", |screen| armed(screen, "Edit calendar.sh"));
    claw.wait_bytes("a call", |bytes| {
        String::from_utf8_lossy(bytes).contains("\x07\x1b]777;notify;claw;needs you\x1b\\")
    });
    claw.wait_bytes("keys told apart", |bytes| {
        String::from_utf8_lossy(bytes).contains("\x1b[=3;1u")
    });
    assert!(said(&claw, "\x1b]7;file://"), "and where it works");
    // Held down, as the terminal reports it now: no answer.
    claw.press("\x1b[I\x1b[121;1:2u");
    claw.press("n");
    claw.wait("the answer", |screen| !armed(screen, "Edit calendar.sh"));
    claw.wait_bytes("the keys as before", |bytes| {
        String::from_utf8_lossy(bytes).contains("\x1b[=1;1u")
    });
    assert_eq!(git(&scratch(&home), &["status", "--porcelain"]), "", "n was the answer, not y");
    quit(&mut claw);
}

#[test]
fn a_stopped_program_that_is_killed_leaves_the_terminal_as_it_was() {
    let home = Home::new();
    let mut claw = idle(&home, &[], &[], Says::What);
    claw.press("\x1a");
    claw.wait("the shell's screen", |screen| !screen.alternate_screen());
    claw.wait_stopped();
    claw.signal(Signal::KILL);
    assert_eq!(claw.exit_code(), 137);
    is_given_back(&claw);
}

/// Set where a test runs on a terminal of its own.
const INSIDE: &str = "CLAW_TEST_INSIDE";

#[test]
fn a_panic_gives_the_terminal_back_and_is_told() {
    if std::env::var_os(INSIDE).is_some() {
        let mut tty = claw::ui::terminal::Tty::enter(true).unwrap();
        tty.draw("title", tty.size(), |_| panic!("the screen fails"), |_| Vec::new()).unwrap();
    }
    // This very test, which panics while it has the terminal.
    let home = Home::new();
    let program = std::env::current_exe().unwrap();
    let name = "screen::terminal::a_panic_gives_the_terminal_back_and_is_told";
    let args = ["--exact", name, "--nocapture", "--test-threads=1"];
    let env = [(INSIDE, "1")];
    let mut claw =
        Terminal::start_program(&program, &home, home.path(), &args, &env, WIDE, Says::What);
    assert_eq!(claw.exit_code(), 101);
    let text = String::from_utf8_lossy(&claw.bytes()).into_owned();
    let (taken, back) = (text.find("\x1b[?1049h"), text.rfind("\x1b[?1049l"));
    assert!(taken.is_some() && taken < back, "{text:?}");
    assert!(text.rfind("the screen fails") > back, "told where it can be read: {text:?}");
    is_given_back(&claw);
}

#[test]
fn a_terminal_in_disorder_is_put_in_order() {
    let home = Home::new();
    // Everything on that a crash can leave on.
    let mut left = idle(&home, &[], &[], Says::What);
    left.signal(Signal::KILL);
    assert_eq!(left.exit_code(), 137);
    let on = left.bytes();
    let program = Path::new(env!("CARGO_BIN_EXE_claw"));
    let args = ["reset-tty"];
    let mut reset =
        Terminal::start_program(program, &home, home.path(), &args, &[], WIDE, Says::What);
    assert_eq!(reset.exit_code(), 0);
    let size = |n| std::num::NonZeroU16::new(n).unwrap();
    let mut parser = vt100::Parser::new(size(40), size(120), 0);
    parser.process(&on);
    let screen = parser.screen();
    assert!(screen.alternate_screen() && screen.bracketed_paste());
    parser.process(&reset.bytes());
    let screen = parser.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    assert!(reset.is_cooked());
}
