//! Any text as a rule, met by any command: no panic; a rule that denies beats the same one that
//! allows; what is offered for "always" is a rule.

#![no_main]

use claw::policy::{Policy, Rule, Rules, Verdict};
use claw::protocol::{Access, Mode, Script};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (text, command) = input;
    let Ok(rule) = Rule::parse(text, "fuzz") else { return };
    assert_eq!(rule.text(), text.trim());
    let access =
        [Access::Shell { script: Script { command: command.to_owned(), cwd: "/code".into() } }];
    let policy = |rules| Policy { rules, roots: vec!["/code".into()], ..Policy::default() };
    let allow = || Rules { allow: vec![rule.clone()], ..Rules::default() };
    let deny = || Rules { deny: vec![rule.clone()], ..Rules::default() };
    let both = Rules { allow: vec![rule.clone()], deny: vec![rule.clone()], ..Rules::default() };
    let allowed = policy(allow()).decide(Mode::Default, &access);
    let denied = policy(deny()).decide(Mode::Default, &access);
    assert_eq!(policy(both).decide(Mode::Default, &access), denied);
    if let Verdict::Ask(why) = allowed
        && let Some(offer) = &why.offer
    {
        assert!(Rule::parse(offer, "offer").is_ok(), "{offer}");
    }
});
