//! Any paths and any path rules: no panic; a deny is never weaker for another rule that allows,
//! and what governs git is never written.

#![no_main]

use std::path::{Path, PathBuf};

use claw::policy::{Policy, Rule, Rules, Verdict};
use claw::protocol::{Access, Facts, FileKind, Mode, Resolved};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, arbitrary::Arbitrary)]
struct Case<'a> {
    lexical: &'a str,
    real: &'a str,
    allow: &'a str,
    deny: &'a str,
    write: bool,
    bypass: bool,
    linked: bool,
    kind: u8,
}

fuzz_target!(|case: Case<'_>| {
    let facts = Facts {
        kind: match case.kind % 4 {
            0 => FileKind::File,
            1 => FileKind::Directory,
            2 => FileKind::Special,
            _ => FileKind::Unresolved,
        },
        linked: case.linked,
        edited: false,
        veiled: false,
    };
    let within = |path: &str| PathBuf::from(format!("/code/{path}"));
    let path = Resolved { lexical: within(case.lexical), real: within(case.real), facts };
    let control = path.real.components().any(|part| part.as_os_str() == ".git");
    let access =
        [if case.write { Access::Write { path } } else { Access::Read { path } }];
    let mode = if case.bypass { Mode::Bypass } else { Mode::Default };
    let rules = |text: &str, tool: &str| {
        Rule::parse(&format!("{tool}({text})"), "fuzz").into_iter().collect::<Vec<_>>()
    };
    let tool = if case.write { "Edit" } else { "Read" };
    let (allow, deny) = (rules(case.allow, tool), rules(case.deny, tool));
    let policy = |allow: &[Rule], deny: &[Rule]| Policy {
        rules: Rules { allow: allow.to_vec(), deny: deny.to_vec(), ..Rules::default() },
        roots: vec!["/code".into()],
        home: Some(Path::new("/home/dev").to_owned()),
        ..Policy::default()
    };
    let without = policy(&[], &deny).decide(mode, &access);
    let with = policy(&allow, &deny).decide(mode, &access);
    if matches!(without, Verdict::Deny(_)) {
        assert!(matches!(with, Verdict::Deny(_)), "an allow made a deny go away");
    }
    if case.write && control && !case.real.split('/').any(|part| part == "..") {
        assert!(matches!(with, Verdict::Deny(_)), "a file of git could be written");
    }
});
