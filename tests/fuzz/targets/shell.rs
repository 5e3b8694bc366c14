//! Any text as a command line: read without a panic, printed so that it is read the same, and
//! never allowed when it cannot be understood or hides something.

#![no_main]

use std::path::PathBuf;

use claw::base::text;
use claw::policy::{Policy, Rule, Rules, Verdict};
use claw::protocol::{Access, Mode, Script};
use claw::shell;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|command: &str| {
    let parsed = shell::parse(command);
    if let Ok(list) = &parsed {
        let printed = shell::print(list);
        let again = shell::parse(&printed);
        assert_eq!(again.as_ref(), Ok(list), "{printed:?}");
    }
    let access = [Access::Shell {
        script: Script { command: command.to_owned(), cwd: "/code/project".into() },
    }];
    let mut policy = Policy {
        roots: vec!["/code/project".into()],
        home: Some(PathBuf::from("/home/dev")),
        ..Policy::default()
    };
    for mode in [Mode::Default, Mode::Plan] {
        let plain = policy.decide(mode, &access);
        if matches!(plain, Verdict::Allow(_)) {
            assert!(parsed.is_ok(), "allowed, but not understood");
            let hidden = command.chars().any(|c| text::is_hidden(c) && c != '\n' && c != '\t');
            assert!(!hidden, "allowed, but something in it cannot be seen");
        }
    }
    // A rule that denies never makes anything weaker.
    let before = severity(&policy.decide(Mode::Default, &access));
    policy.rules = Rules {
        deny: ["Bash(rm:*)", "Read(**/.env)"]
            .map(|rule| Rule::parse(rule, "fuzz").expect("a rule"))
            .into(),
        ..Rules::default()
    };
    assert!(severity(&policy.decide(Mode::Default, &access)) >= before);
});

fn severity(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Allow(_) => 0,
        Verdict::Ask(_) => 1,
        Verdict::Deny(_) => 2,
    }
}
