//! What is asked, of what, and that nothing else runs by the answer.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::protocol::{Decision, DiffLine, FileChange, Hunk, LineKind, Preview, Script, ToolKind};

#[test]
fn a_reason_is_a_sentence() {
    let table = [
        // rule                    source                    sentence
        (
            Some("Bash(git push:*)"),
            Some("~/.claw.toml:14"),
            "R: Bash(git push:*), from ~/.claw.toml:14",
        ),
        (Some("Edit(./a)"), Some("session"), "R: Edit(./a), of this session"),
        (None, Some("built-in table"), "R (built-in table)"),
        (None, Some("plan mode"), "R (plan mode)"),
        (None, Some("default"), "R (default mode)"),
        (None, None, "R"),
    ];
    for (rule, source, sentence) in table {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (rule, source) = (owned(rule), owned(source));
        let why = Why { reason: "R".to_owned(), rule, source, ..Why::default() };
        assert_eq!(by(&why, Mode::Default), sentence);
    }
}

fn call(command: &str) -> ToolCall {
    let command = command.to_owned();
    let script = Script { command: command.clone(), cwd: "/w".into() };
    let timeout = Duration::from_secs(1);
    ToolCall {
        id: "c".into(),
        name: "bash".into(),
        input: json!({"command": command}),
        verb: "Run".into(),
        title: command.clone(),
        kind: ToolKind::Run,
        access: vec![Access::Shell { script }],
        preview: Some(Preview::Command { command, description: None, timeout }),
    }
}

fn sandbox() -> State {
    State::Confined(Arc::new(Sandbox {
        helper: "/claw".into(),
        roots: vec!["/w".into()],
        masked: Vec::new(),
        caches: Vec::new(),
        store: "/store".into(),
        network: crate::exec::Network::None,
        limits: crate::exec::sandbox::Limits::default(),
        hidden: Vec::new(),
        warm: crate::exec::sandbox::Warm::default(),
    }))
}

fn unavailable() -> State {
    State::Unavailable("namespaces".into())
}

#[rustfmt::skip]
#[test]
fn what_the_sandbox_makes_of_a_verdict() {
    let why = || Why { reason: "R".into(), offer: Some("Bash(x)".into()), ..Why::default() };
    let (allow, ask, deny) = (Verdict::Allow(why()), Verdict::Ask(why()), Verdict::Deny(why()));
    let table = [
        // policy  state          out    mode           verdict, offer, risky
        (&allow, State::Off,     true,  Mode::Default, "allow true false"),
        (&ask,   State::Off,     true,  Mode::Default, "ask true false"),
        (&allow, sandbox(),      false, Mode::Default, "allow true false"),
        (&allow, sandbox(),      true,  Mode::Default, "ask false true"),
        (&allow, sandbox(),      true,  Mode::Bypass,  "ask false true"),
        (&allow, sandbox(),      true,  Mode::AcceptEdits, "ask false true"),
        (&allow, sandbox(),      true,  Mode::DontAsk, "deny false false"),
        (&ask,   sandbox(),      true,  Mode::Default, "ask false true"),
        (&deny,  sandbox(),      true,  Mode::Bypass,  "deny true false"),
        (&allow, unavailable(),  false, Mode::Bypass,  "ask false false"),
        (&allow, unavailable(),  true,  Mode::Default, "ask false false"),
        (&allow, unavailable(),  false, Mode::DontAsk, "deny false false"),
        (&deny,  unavailable(),  false, Mode::Default, "deny true false"),
    ];
    for (verdict, state, out, mode, want) in table {
        let held = Held { state, out };
        let got = beneath(verdict.clone(), &held, mode);
        let (name, why) = match &got {
            Verdict::Allow(why) => ("allow", why),
            Verdict::Ask(why) => ("ask", why),
            Verdict::Deny(why) => ("deny", why),
        };
        let got = format!("{name} {} {}", why.offer.is_some(), why.risky);
        assert_eq!(got, want, "{verdict:?} {:?} {out} {mode:?}", held.state);
        assert_eq!(held.sandbox().is_some(), matches!(held.state, State::Confined(_)) && !out);
    }
}

fn judged(verdict: Verdict, parts: Vec<Finding>, held: Option<SandboxState>) -> Judged {
    let (mode, covers) = (Mode::Default, None);
    Judged { verdict, mode, parts, covers, held, offers: true, edited: false }
}

fn asked(call: &ToolCall, held: &Held) -> PermissionRequest {
    let finding = |atom: &str, verdict: Verdict| Finding {
        atom: atom.into(),
        verdict,
        reads: vec!["/w/a".into()],
        writes: Vec::new(),
        runs: Vec::new(),
    };
    let why = Why { reason: "R".into(), ..Why::default() };
    let parts = vec![
        finding("ls", Verdict::Allow(why.clone())),
        finding("make", Verdict::Ask(why.clone())),
    ];
    let verdict = Verdict::Ask(why.clone());
    let held = held.shown(call);
    question(call, &why, &judged(verdict, parts, held))
}

#[test]
fn what_asks_comes_first_and_everything_is_bounded() {
    let call = call("x");
    let long = "é".repeat(5_000);
    let findings = (0..100).map(|n| Finding {
        atom: long.clone(),
        verdict: match n {
            90 => Verdict::Ask(Why::default()),
            _ => Verdict::Allow(Why { reason: long.clone(), ..Why::default() }),
        },
        reads: vec![long.clone(); 50],
        writes: vec!["a".into()],
        runs: Vec::new(),
    });
    let judged = judged(Verdict::Ask(Why::default()), findings.collect(), None);
    let request = question(&call, &Why::default(), &judged);
    assert_eq!((request.parts.len(), request.more), (32, 68));
    assert_eq!(request.parts[0].decision, Decision::Ask);
    assert_eq!((request.parts[1].reads.len(), request.parts[1].unlisted), (12, 38));
    assert!(request.parts[1].text.ends_with("[… 9600 more bytes]"), "{}", request.parts[1].text);
    assert!(serde_json::to_string(&request).unwrap().len() < 300 << 10);
}

#[test]
fn only_what_was_shown_runs() {
    let first = call("make");
    let held = Held { state: sandbox(), out: false };
    let request = asked(&first, &held);
    assert_eq!(request.hash.len(), 64);
    assert_eq!(changed(&first, &first, Some(&request), &held), None);
    assert_eq!(changed(&first, &first, None, &held), None);

    let cwd = |call: &mut ToolCall| {
        let Access::Shell { script } = &mut call.access[0] else { unreachable!() };
        script.cwd = "/".into();
    };
    let timeout = |call: &mut ToolCall| {
        let Some(Preview::Command { timeout, .. }) = &mut call.preview else { unreachable!() };
        *timeout = Duration::from_secs(2);
    };
    let more = |call: &mut ToolCall| {
        let path = crate::protocol::Resolved::plain("/etc/x");
        call.access.push(Access::Write { path });
    };
    let changes: [&dyn Fn(&mut ToolCall); 6] = [
        &cwd,
        &timeout,
        &more,
        &|call: &mut ToolCall| call.name = "write".into(),
        &|call: &mut ToolCall| call.input = json!({}),
        &|call: &mut ToolCall| call.title = "other".into(),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut now = first.clone();
        change(&mut now);
        // Also where what was judged was changed with it.
        assert!(changed(&first, &now, None, &held).is_some(), "{at}");
        assert!(changed(&now, &now, Some(&request), &held).is_some(), "{at}");
    }
    for state in [State::Off, unavailable()] {
        let other = Held { state, out: false };
        assert!(changed(&first, &first, Some(&request), &other).is_some());
    }
    let out = Held { state: sandbox(), out: true };
    assert!(changed(&first, &first, Some(&request), &out).is_some());
}

/// What is changed, and how.
type Change<T> = (&'static str, fn(&mut T));

#[test]
fn the_hash_is_of_all_that_is_shown_and_of_nothing_else() {
    let line = |text: &str| DiffLine { kind: LineKind::Added, text: text.into() };
    let hunk = Hunk { old_start: 1, new_start: 1, lines: vec![line("one")] };
    let change = json!({
        "path": "/w/a", "kind": "modified", "added": 1, "removed": 0,
        "hunks": [serde_json::to_value(hunk).unwrap()],
    });
    let change: FileChange = serde_json::from_value(change).unwrap();
    let held = Held { state: sandbox(), out: false };
    let command = call("make");
    let edit = ToolCall { preview: Some(Preview::Diff { change }), ..call("make") };
    for call in [&command, &edit] {
        let mut request = asked(call, &held);
        (request.rule, request.covers) = (Some("R".into()), Some(Covered::default()));
        let first = hash(call, &request);
        let changes: [Change<PermissionRequest>; 20] = [
            ("reason", |it| it.reason.push('x')),
            ("rule", |it| it.rule = None),
            ("covers", |it| it.covers = None),
            ("count", |it| it.covers = Some(Covered { count: 1, examples: Vec::new() })),
            ("examples", |it| it.covers.as_mut().unwrap().examples.push("ls".into())),
            ("edited", |it| it.edited = true),
            ("risky", |it| it.risky = true),
            ("more", |it| it.more += 1),
            ("cwd", |it| it.cwd = Some("/".into())),
            ("sandbox", |it| it.sandbox = Some(SandboxState::Outside)),
            ("a part less", |it| drop(it.parts.pop())),
            ("their order", |it| it.parts.reverse()),
            ("text", |it| it.parts[1].text.push('\u{200b}')),
            ("decision", |it| it.parts[1].decision = Decision::Deny),
            ("its reason", |it| it.parts[1].reason.push('x')),
            ("its rule", |it| it.parts[1].rule = Some("x".into())),
            ("its source", |it| it.parts[1].source = Some("x".into())),
            ("reads", |it| it.parts[1].reads.push("x".into())),
            ("writes", |it| it.parts[1].writes.push("x".into())),
            ("unlisted", |it| it.parts[1].unlisted += 1),
        ];
        for (what, change) in changes {
            let mut other = request.clone();
            change(&mut other);
            assert_ne!(hash(call, &other), first, "{what}");
        }
        let mut always = request.clone();
        always.parts[0].always = Some("Bash(x)".into());
        assert_ne!(hash(call, &always), first, "always");
        let renamed = PermissionRequest { id: "r2".into(), call: "c2".into(), ..request.clone() };
        assert_eq!(hash(call, &renamed), first, "its name is not what is asked");

        let others: [Change<ToolCall>; 6] = [
            ("name", |it| it.name = "write".into()),
            ("input", |it| it.input = json!({"command": "make "})),
            ("verb", |it| it.verb.push('x')),
            ("title", |it| it.title.push('\u{202e}')),
            ("access", |it| it.access.clear()),
            ("preview", |it| match &mut it.preview {
                Some(Preview::Command { command, .. }) => command.push('\u{200b}'),
                Some(Preview::Diff { change }) => change.hunks[0].lines[0].text.push(' '),
                _ => unreachable!(),
            }),
        ];
        for (what, change) in others {
            let mut other = call.clone();
            change(&mut other);
            assert_ne!(hash(&other, &request), first, "{what}");
        }
    }
}

#[test]
fn an_older_log_is_read() {
    let text = json!({"id": "r", "call": "c", "reason": "why"}).to_string();
    let request: PermissionRequest = serde_json::from_str(&text).unwrap();
    assert_eq!(request, PermissionRequest::new("r".into(), "c".into(), "why"));
}
