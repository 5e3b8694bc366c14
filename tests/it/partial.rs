//! Answers that are more than yes and no: a part of an edit, another call, rules that are kept; and
//! questions that change while they are open.

use std::fs;
use std::sync::Arc;

use claw::config::{self, Kept, Layer, Paths};
use claw::engine::{Handle, Start};
use claw::policy::{Policy, Rule};
use claw::protocol::{
    CallId, Changed, EditPart, Event, LineAt, LineComment, Op, PermissionOutcome,
    PermissionRequest, RuleScope, RuleTried, StopReason, ToolCall, ToolStatus,
};
use claw::session::{State, Store, read};
use serde_json::{Value, json};

use crate::support::model::{Model, Step, calls, says};
use crate::support::session::{Session, Wish, check_laws, setup};

const FILE: &str = "f.txt";

/// Forty lines that are their numbers.
fn numbers() -> String {
    (1..=40).flat_map(|n| [n.to_string(), "\n".to_owned()]).collect()
}

/// Reads the file, then writes it with three lines changed.
fn three_hunks() -> Vec<Vec<Step>> {
    let content = numbers().replace("\n5\n", "\nfive\n").replace("\n20\n", "\ntwenty\n");
    let content = content.replace("\n35\n", "\nthirty-five\n");
    vec![
        calls(&[("r", "read", json!({"path": FILE}))]),
        calls(&[("w", "write", json!({"path": FILE, "content": content}))]),
        says("done"),
    ]
}

/// Reads the file, then edits one line of it.
fn one_edit() -> Vec<Vec<Step>> {
    let edit = json!({"path": FILE, "old_string": "20\n", "new_string": "twenty\n"});
    vec![
        calls(&[("r", "read", json!({"path": FILE}))]),
        calls(&[("w", "edit", edit)]),
        says("done"),
    ]
}

fn run(id: &str, command: &str) -> Vec<Step> {
    calls(&[(id, "bash", json!({"command": command}))])
}

async fn begin(replies: Vec<Vec<Step>>) -> Session {
    begin_with(replies, &Wish::default()).await
}

async fn begin_with(replies: Vec<Vec<Step>>, wish: &Wish) -> Session {
    let session = Session::start(Model::new(replies), wish).await;
    fs::write(session.file(FILE), numbers()).unwrap();
    session.prompt("go");
    session
}

async fn question(session: &mut Session) -> PermissionRequest {
    match session.until(|event| matches!(event, Event::PermissionRequested { .. })).await {
        Event::PermissionRequested { request } => request,
        _ => unreachable!(),
    }
}

async fn renewed(session: &mut Session) -> (PermissionRequest, Option<Arc<ToolCall>>, String) {
    match session.until(|event| matches!(event, Event::PermissionRenewed { .. })).await {
        Event::PermissionRenewed { request, call, why } => (request, call, why),
        _ => unreachable!(),
    }
}

fn decide(session: &Session, asked: &PermissionRequest, outcome: PermissionOutcome) {
    let (request, hash) = (asked.id.clone(), asked.hash.clone());
    session.send(Op::Decide { request, hash, outcome });
}

fn at(hunk: usize, line: usize) -> LineAt {
    LineAt { file: 0, hunk, line }
}

fn part(left_out: &[LineAt], comments: &[(LineAt, &str)]) -> PermissionOutcome {
    let comment = |(at, text): &(LineAt, &str)| LineComment { at: *at, text: (*text).to_owned() };
    let comments = comments.iter().map(comment).collect();
    PermissionOutcome::AllowPart { part: EditPart { left_out: left_out.to_vec(), comments } }
}

fn result(session: &Session, call: &str) -> (ToolStatus, String) {
    let (_, entry) = session.state.call(&CallId::from(call)).unwrap();
    let outcome = entry.outcome.as_ref().unwrap();
    (outcome.status, outcome.text.clone())
}

/// The turn ends well, and the log keeps every law and is the state.
async fn end(session: &mut Session) {
    assert_eq!(session.stop().await, StopReason::EndTurn);
    let log = read(&session.log()).unwrap().envelopes;
    check_laws(&log);
    let mut fold = State::new(session.id());
    for envelope in &log {
        fold.apply(envelope);
    }
    assert_eq!(fold.entries, session.state.entries);
}

#[tokio::test]
async fn one_hunk_of_three_and_a_comment() {
    let mut session = begin(three_hunks()).await;
    let asked = question(&mut session).await;
    let out = [at(0, 3), at(0, 4), at(2, 3), at(2, 4)];
    decide(&session, &asked, part(&out, &[(at(2, 4), "keep the digits")]));
    end(&mut session).await;
    let wanted = numbers().replace("\n20\n", "\ntwenty\n");
    assert_eq!(fs::read_to_string(session.file(FILE)).unwrap(), wanted);
    let (status, told) = result(&session, "w");
    assert_eq!(status, ToolStatus::Done);
    let expected = "f.txt (+1 -1). The user applied only a part of this change: the file is not \
                    what you proposed.\nHunk 1 of 3 (line 5): declined.\nHunk 2 of 3 (line 20): \
                    applied.\nHunk 3 of 3 (line 35): declined.\nThese lines of your change were \
                    declined and are not made:\n5: -5\n5: +five\n35: -35\n35: +thirty-five\n\
                    The user's comments on it:\nf.txt:35 `+thirty-five`: keep the digits";
    assert_eq!(told, expected);
    let (_, entry) = session.state.call(&CallId::from("w")).unwrap();
    assert_eq!((entry.changes[0].added, entry.changes[0].removed), (1, 1), "the real change");
    let audit = fs::read_dir(session.dir.path().join("audit")).unwrap();
    let audit = audit.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
    assert!(audit.collect::<String>().contains("the user left 4 lines of it out"));
}

#[tokio::test]
async fn single_lines_and_nothing_at_all() {
    let mut session = begin(three_hunks()).await;
    let asked = question(&mut session).await;
    decide(&session, &asked, part(&[at(0, 3)], &[]));
    end(&mut session).await;
    let text = fs::read_to_string(session.file(FILE)).unwrap();
    assert!(text.contains("\n5\nfive\n") && text.contains("thirty-five"), "{text}");

    let mut session = begin(three_hunks()).await;
    let asked = question(&mut session).await;
    let all: Vec<_> = (0..3).flat_map(|hunk| [at(hunk, 3), at(hunk, 4)]).collect();
    decide(&session, &asked, part(&all, &[(at(1, 4), "no words")]));
    end(&mut session).await;
    assert_eq!(fs::read_to_string(session.file(FILE)).unwrap(), numbers());
    let (status, told) = result(&session, "w");
    assert_eq!(status, ToolStatus::Denied);
    assert!(told.contains("declined every line") && told.contains("no words"), "{told}");
}

#[tokio::test]
async fn a_comment_alone_allows_all_and_a_wrong_part_nothing() {
    let mut session = begin(three_hunks()).await;
    let asked = question(&mut session).await;
    decide(&session, &asked, part(&[at(7, 3)], &[]));
    let (again, _, why) = renewed(&mut session).await;
    assert!(why.contains("none of those that change"), "{why}");
    assert_eq!(again.id, asked.id);
    decide(&session, &again, part(&[], &[(at(0, 4), "nice")]));
    end(&mut session).await;
    let (status, told) = result(&session, "w");
    assert_eq!(status, ToolStatus::Done);
    assert!(told.contains("allowed all of it") && told.ends_with("`+five`: nice"), "{told}");
    assert!(fs::read_to_string(session.file(FILE)).unwrap().contains("twenty"));
}

#[tokio::test]
async fn a_new_file_without_one_of_its_lines() {
    let write = json!({"path": "new", "content": "a\nb\nc\n"});
    let mut session = begin(vec![calls(&[("w", "write", write)]), says("done")]).await;
    let asked = question(&mut session).await;
    decide(&session, &asked, part(&[at(0, 1)], &[]));
    end(&mut session).await;
    assert_eq!(fs::read_to_string(session.file("new")).unwrap(), "a\nc\n");
}

#[tokio::test]
async fn only_files_are_written_in_part() {
    let mut session = begin(vec![run("b", "touch made"), says("done")]).await;
    let asked = question(&mut session).await;
    decide(&session, &asked, part(&[], &[]));
    let (again, _, why) = renewed(&mut session).await;
    assert!(why.contains("Only a change to a file"), "{why}");
    decide(&session, &again, PermissionOutcome::Deny { message: None });
    end(&mut session).await;
    assert!(!session.file("made").exists());
}

fn command(text: &str) -> PermissionOutcome {
    PermissionOutcome::Change { changed: Changed::Command { command: text.to_owned() } }
}

#[tokio::test]
async fn an_edited_command_is_asked_again_and_told() {
    let mut session = begin(vec![run("b", "touch made"), says("done")]).await;
    let first = question(&mut session).await;
    decide(&session, &first, command("ls | wc -l"));
    let (second, call, _) = renewed(&mut session).await;
    assert!(second.edited && second.id == first.id && second.hash != first.hash, "{second:?}");
    assert_eq!(call.unwrap().title, "ls | wc -l");
    decide(&session, &second, command("  "));
    let (third, call, why) = renewed(&mut session).await;
    assert!(why.contains("your change cannot be made") && why.contains("empty"), "{why}");
    assert_eq!((third.hash.clone(), call.unwrap().title.as_str()), (second.hash, "ls | wc -l"));
    decide(&session, &third, PermissionOutcome::AllowOnce);
    end(&mut session).await;
    let (status, told) = result(&session, "b");
    assert_eq!(status, ToolStatus::Done);
    let begins = "The user changed this command. What was run is:\nls | wc -l\n\n";
    assert!(told.starts_with(begins), "{told}");
    assert!(!session.file("made").exists());
}

#[tokio::test]
async fn an_edit_to_what_is_denied_is_denied() {
    let mut session = begin(vec![run("b", "touch made"), says("done")]).await;
    let asked = question(&mut session).await;
    decide(&session, &asked, command("rm -rf /"));
    end(&mut session).await;
    let (status, told) = result(&session, "b");
    assert_eq!(status, ToolStatus::Denied);
    assert!(told.starts_with("The user changed this call to `rm -rf /`. Denied"), "{told}");
}

#[tokio::test]
async fn an_answer_to_the_question_before_runs_nothing() {
    let mut session = begin(vec![run("b", "touch made"), says("done")]).await;
    let first = question(&mut session).await;
    decide(&session, &first, command("touch other"));
    let _ = renewed(&mut session).await;
    decide(&session, &first, PermissionOutcome::AllowOnce);
    let again = question(&mut session).await;
    assert!(again.edited && again.id != first.id);
    assert!(!session.file("made").exists() && !session.file("other").exists());
    decide(&session, &again, PermissionOutcome::AllowOnce);
    end(&mut session).await;
    assert!(session.file("other").exists() && !session.file("made").exists());
}

#[tokio::test]
async fn the_users_text_is_shown_and_written() {
    let mut session = begin(one_edit()).await;
    let first = question(&mut session).await;
    let text = numbers().replace("20\n", "a score\n");
    let changed = Changed::File { text: text.clone() };
    decide(&session, &first, PermissionOutcome::Change { changed });
    let (second, call, _) = renewed(&mut session).await;
    assert!(second.edited && second.hash != first.hash);
    assert_eq!(call.unwrap().name, "write");
    decide(&session, &second, PermissionOutcome::AllowOnce);
    end(&mut session).await;
    assert_eq!(fs::read_to_string(session.file(FILE)).unwrap(), text);
    let (_, told) = result(&session, "w");
    assert!(told.starts_with("The user changed what you wanted to write."), "{told}");
    assert!(told.contains("\n+a score\n"), "{told}");
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_is_fitted_again() {
    let mut session = begin(one_edit()).await;
    let first = question(&mut session).await;
    fs::write(session.file(FILE), format!("new\n{}", numbers())).unwrap();
    let (second, call, why) = renewed(&mut session).await;
    assert!(why.starts_with("f.txt changed on disk") && why.ends_with("fit again"), "{why}");
    assert!(call.is_some() && second.id == first.id && second.hash != first.hash);
    decide(&session, &second, PermissionOutcome::AllowOnce);
    end(&mut session).await;
    let wanted = format!("new\n{}", numbers().replace("20\n", "twenty\n"));
    assert_eq!(fs::read_to_string(session.file(FILE)).unwrap(), wanted);
    let (status, told) = result(&session, "w");
    assert_eq!(status, ToolStatus::Done);
    assert!(told.starts_with("The file had changed on disk since you read it"), "{told}");
}

#[tokio::test]
async fn a_file_that_the_edit_does_not_fit_any_more_is_never_overwritten() {
    for replies in [one_edit(), three_hunks()] {
        let mut session = begin(replies).await;
        let first = question(&mut session).await;
        fs::write(session.file(FILE), "all is new\n").unwrap();
        let (second, _, why) = renewed(&mut session).await;
        assert!(why.contains("does not apply"), "{why}");
        assert!(second.reason.contains("nothing can be written") && second.id == first.id);
        decide(&session, &second, PermissionOutcome::AllowOnce);
        end(&mut session).await;
        assert_eq!(fs::read_to_string(session.file(FILE)).unwrap(), "all is new\n");
        let (status, told) = result(&session, "w");
        assert_eq!(status, ToolStatus::Denied);
        assert!(told.contains("changed on disk") && told.contains("Read the file again"), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_is_again_what_it_was_can_be_written() {
    let mut session = begin(three_hunks()).await;
    let _ = question(&mut session).await;
    fs::write(session.file(FILE), "all is new\n").unwrap();
    let _ = renewed(&mut session).await;
    fs::write(session.file(FILE), numbers()).unwrap();
    let (asked, _, why) = renewed(&mut session).await;
    assert!(why.contains("again what it was"), "{why}");
    decide(&session, &asked, PermissionOutcome::AllowOnce);
    end(&mut session).await;
    assert_eq!(result(&session, "w").0, ToolStatus::Done);
}

#[tokio::test]
async fn a_renewed_question_survives_a_kill() {
    let mut session = begin(vec![run("b", "touch made"), says("done")]).await;
    let asked = question(&mut session).await;
    decide(&session, &asked, command("touch other"));
    let _ = renewed(&mut session).await;
    let (id, log) = (session.id(), fs::read(session.log()).unwrap());

    let dir = tempfile::tempdir().unwrap();
    let setup = setup(dir.path(), Model::new(vec![says("go on")]), &Wish::default());
    let path = Store::new(dir.path().join("sessions")).place(&id, &session.state.cwd);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, &log).unwrap();
    let again = Session::open(dir, Handle::new(setup), Start::Resume(id)).await;
    check_laws(&read(&path).unwrap().envelopes);
    assert!(again.state.pending.is_empty());
    let (_, entry) = again.state.call(&CallId::from("b")).unwrap();
    assert_eq!(entry.call.title, "touch other");
    assert_eq!(entry.outcome.as_ref().unwrap().status, ToolStatus::Cancelled);
    assert!(!session.file("other").exists());
}

fn always(rules: &[&str], scope: RuleScope) -> PermissionOutcome {
    let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    PermissionOutcome::Always { rules, scope }
}

#[tokio::test]
async fn kept_rules_hold_at_once_and_in_the_next_session() {
    for scope in [RuleScope::Session, RuleScope::Project, RuleScope::User] {
        let replies = vec![run("b1", "touch a"), run("b2", "touch a"), says("done")];
        let mut session = begin(replies).await;
        let asked = question(&mut session).await;
        assert_eq!(asked.parts[0].always.as_deref(), Some("Bash(touch a)"));
        decide(&session, &asked, always(&["Bash(touch a)"], scope));
        end(&mut session).await;
        assert_eq!(result(&session, "b2").0, ToolStatus::Done, "it is not asked again");
        let asked = |event: &Event| matches!(event, Event::PermissionRequested { .. });
        assert_eq!(session.seen.iter().filter(|seen| asked(&seen.event)).count(), 1);

        let (own, root) = (session.dir.path().join("own"), session.state.cwd.clone());
        let paths = Paths::under(&own);
        let none = |_: &str| None;
        let load = |root| config::load(&paths, root, false, &none, Layer::default()).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let held = (load(&root).rules.len(), load(elsewhere.path()).rules.len());
        let expected = match scope {
            RuleScope::Session => (0, 0),
            RuleScope::Project => (1, 0),
            RuleScope::User => (1, 1),
        };
        assert_eq!(held, expected, "{scope:?}");
        let told = session.seen.iter().find_map(|seen| match &seen.event {
            Event::Notice { text, .. } if text.contains("saved in") => Some(text.clone()),
            _ => None,
        });
        assert_eq!(told.is_some(), scope != RuleScope::Session);
        assert!(told.is_none_or(|told| told.contains(&*own.to_string_lossy())));
        assert!(!root.join(".claw").exists() && !root.join(".claude").exists());
        if scope == RuleScope::Session {
            continue;
        }

        let model = Model::new(vec![run("b", "touch a"), says("done")]);
        let mut setup = setup(session.dir.path(), model, &Wish::default());
        let rules = load(&root).rules;
        let mut policy = Policy { roots: vec![root], ..Policy::default() };
        for rule in rules {
            policy.add(Rule::parse(&rule.text, &rule.at.to_string()).unwrap());
        }
        setup.policy = policy;
        session.handle.close().await;
        let dir = tempfile::tempdir().unwrap();
        let mut second = Session::open(dir, Handle::new(setup), Start::New).await;
        second.prompt("go");
        assert_eq!(second.stop().await, StopReason::EndTurn);
        assert!(!second.seen.iter().any(|seen| asked(&seen.event)), "{scope:?}");
    }
}

#[tokio::test]
async fn a_rule_that_must_not_be_kept_runs_nothing() {
    let table: [(&str, &[&str], &str); 4] = [
        ("touch a", &["Bash("], "a `)` is missing"),
        ("touch a && rm b", &["Bash(touch a)", "Bash(rm:*)"], "would cover `rm b`"),
        ("touch a && rm b", &["Bash"], "would cover `rm b`"),
        ("touch a", &["Bsah(x)"], "no tool is named"),
    ];
    for (command, rules, reason) in table {
        let mut session = begin(vec![run("b", command), says("done")]).await;
        let asked = question(&mut session).await;
        for part in &asked.parts {
            assert_eq!(part.always.is_some(), part.text.starts_with("touch"), "{part:?}");
        }
        decide(&session, &asked, always(rules, RuleScope::User));
        let (again, _, why) = renewed(&mut session).await;
        assert!(why.contains("nothing ran") && why.contains(reason), "{rules:?}: {why}");
        assert_eq!((again.id.clone(), &again.hash), (asked.id, &asked.hash), "it stays open");
        decide(&session, &again, PermissionOutcome::Deny { message: None });
        end(&mut session).await;
        assert!(!session.file("a").exists(), "{rules:?}");
        assert_eq!(result(&session, "b").0, ToolStatus::Denied);
        assert!(!session.dir.path().join("own/config.toml").exists());
    }
}

#[tokio::test]
async fn under_a_managed_policy_nobody_keeps_rules() {
    let dir = tempfile::tempdir().unwrap();
    let model = Model::new(vec![run("b", "touch a"), says("done")]);
    let mut setup = setup(dir.path(), model, &Wish::default());
    let paths = Paths::under(&dir.path().join("own"));
    setup.kept = Arc::new(Kept::new(&paths, &setup.root, true).unwrap());
    let mut session = Session::open(dir, Handle::new(setup), Start::New).await;
    session.prompt("go");
    let asked = question(&mut session).await;
    assert_eq!((asked.rule.as_ref(), asked.parts[0].always.as_ref()), (None, None));
    decide(&session, &asked, always(&["Bash(touch a)"], RuleScope::Session));
    let (again, _, why) = renewed(&mut session).await;
    assert!(why.contains("managed policy"), "{why}");
    decide(&session, &again, PermissionOutcome::Deny { message: None });
    end(&mut session).await;
    assert!(!session.file("a").exists());
}

async fn tried(session: &mut Session, asked: &PermissionRequest, rules: &[&str]) -> Vec<RuleTried> {
    let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    session.send(Op::TryRules { request: asked.id.clone(), rules });
    match session.until(|event| matches!(event, Event::RulesTried { .. })).await {
        Event::RulesTried { rules, .. } => rules,
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn rules_are_tried_before_they_are_kept() {
    let replies = vec![run("b1", "touch a"), run("b2", "touch b && rm c"), says("done")];
    let mut session = begin(replies).await;
    let first = question(&mut session).await;
    decide(&session, &first, PermissionOutcome::AllowOnce);
    let asked = question(&mut session).await;
    let rules = ["Bash(touch:*)", "Bash(touch b)", "Bash(rm:*)", "Bash("];
    let tried = tried(&mut session, &asked, &rules).await;
    let got: Vec<_> = tried
        .iter()
        .map(|tried| (tried.refused.is_some(), tried.covers.count, tried.also.len()))
        .collect();
    assert_eq!(got, [(false, 1, 3), (false, 0, 0), (true, 0, 0), (true, 0, 0)], "{tried:?}");
    assert_eq!(tried[0].covers.examples, ["touch a"]);
    assert!(tried[0].also.iter().all(|call| call.starts_with("touch ")), "{tried:?}");
    decide(&session, &asked, PermissionOutcome::Deny { message: None });
    end(&mut session).await;
    let (session_log, id) = (session.log(), session.id());
    let tried = |event: &Event| matches!(event, Event::RulesTried { .. });
    let kept = read(&session_log).unwrap().envelopes;
    assert!(!kept.iter().any(|kept| tried(&kept.event)), "{id}: it is not kept");
}

#[tokio::test]
async fn a_rule_that_was_not_shown_for_this_question_is_not_kept() {
    let replies =
        vec![run("b1", "touch a"), run("b2", "touch b"), run("b3", "touch c"), says("done")];
    let mut session = begin(replies).await;
    let first = question(&mut session).await;
    let wide = ["Bash(touch:*)"];
    // It is shown for the first question, and kept with the second one.
    let _ = tried(&mut session, &first, &wide).await;
    decide(&session, &first, PermissionOutcome::AllowOnce);
    let second = question(&mut session).await;
    decide(&session, &second, always(&["Bash(touch b)", wide[0]], RuleScope::User));
    let (again, _, why) = renewed(&mut session).await;
    assert!(why.contains("it was not shown what `Bash(touch:*)` would allow"), "{why}");
    assert_eq!((&again.id, &again.hash), (&second.id, &second.hash));
    assert_eq!(session.state.pending.len(), 1, "it stays open");
    assert!(!session.file("b").exists() && !session.dir.path().join("own/config.toml").exists());
    // What is shown for another form of it is not shown for this one.
    session.send(Op::TryRules { request: again.id.clone(), rules: vec![wide[0].to_owned()] });
    decide(&session, &again, command("touch b2"));
    let (edited, _, _) = renewed(&mut session).await;
    decide(&session, &edited, always(&wide, RuleScope::Session));
    let (edited, _, why) = renewed(&mut session).await;
    assert!(why.contains("it was not shown"), "{why}");
    let _ = tried(&mut session, &edited, &wide).await;
    decide(&session, &edited, always(&wide, RuleScope::Session));
    end(&mut session).await;
    let made = ["a", "b", "b2", "c"].map(|name| session.file(name).exists());
    assert_eq!(made, [true, false, true, true], "the third call was not asked");
}

#[tokio::test]
async fn what_cannot_be_seen_gets_into_no_rule() {
    let mut session = begin(vec![run("b", "touch a && touch b\u{200b}c"), says("done")]).await;
    let asked = question(&mut session).await;
    assert_eq!(asked.rule, None);
    let offered: Vec<_> = asked.parts.iter().filter_map(|part| part.always.as_deref()).collect();
    assert!(offered.iter().all(|rule| *rule == "Bash(touch a)"), "{offered:?}");
    let table = [
        ("Bash(touch\u{202e}:*)", "<U+202E>"),
        ("Bash(touch b\u{200b}c)", "<U+200B>"),
        ("Bash(touch\u{a0}a)", "<U+00A0>"),
        ("Bash(touch \u{1b}[2J)", "<U+001B>"),
        ("Edit(./a\u{2066}b)", "<U+2066>"),
        ("mcp__db\u{feff}", "<U+FEFF>"),
    ];
    let rules: Vec<_> = table.iter().map(|(rule, _)| *rule).collect();
    let mut now = asked.clone();
    for (tried, (rule, shown)) in tried(&mut session, &asked, &rules).await.iter().zip(table) {
        let refused = tried.refused.as_deref().unwrap_or_default();
        assert!(refused.contains(shown) && refused.contains("cannot be seen"), "{rule:?}");
    }
    for (rule, shown) in table {
        decide(&session, &now, always(&[rule], RuleScope::User));
        let (again, _, why) = renewed(&mut session).await;
        assert!(why.contains(shown) && !why.contains(claw::base::text::is_hidden), "{why:?}");
        now = again;
    }
    decide(&session, &now, PermissionOutcome::Deny { message: None });
    end(&mut session).await;
    assert!(!session.dir.path().join("own/config.toml").exists());
}

#[tokio::test]
async fn the_text_that_is_edited_is_the_one_that_was_shown() {
    let mut session = begin(one_edit()).await;
    let first = question(&mut session).await;
    session.send(Op::TellText { request: first.id.clone() });
    let told = session.until(|event| matches!(event, Event::TextTold { .. })).await;
    let Event::TextTold { request, hash, text } = told else { unreachable!() };
    assert_eq!((&request, &hash), (&first.id, &first.hash));
    let text = text.unwrap();
    assert_eq!(*text, *numbers().replace("20\n", "twenty\n"));
    let changed = Changed::File { text: text.replace("twenty", "a score") };
    decide(&session, &first, PermissionOutcome::Change { changed: changed.clone() });
    let (second, call, _) = renewed(&mut session).await;
    assert!(second.edited && second.id == first.id && second.hash != first.hash);
    let call = call.unwrap();
    assert!(call.input.to_string().contains("a score"), "{call:?}");
    // Neither a yes nor a text that was made of what was shown before comes to anything.
    decide(&session, &first, PermissionOutcome::AllowOnce);
    let third = question(&mut session).await;
    assert_eq!((third.hash.as_str(), third.id != first.id), (second.hash.as_str(), true));
    let stale = PermissionRequest { id: third.id, ..first };
    decide(&session, &stale, PermissionOutcome::Change { changed });
    let fourth = question(&mut session).await;
    assert_eq!(fs::read_to_string(session.file(FILE)).unwrap(), numbers());
    session.send(Op::TellText { request: fourth.id.clone() });
    let told = session.until(|event| matches!(event, Event::TextTold { .. })).await;
    let Event::TextTold { hash, text, .. } = told else { unreachable!() };
    assert_eq!((&hash, text.unwrap().contains("a score")), (&fourth.hash, true));
    decide(&session, &fourth, PermissionOutcome::AllowOnce);
    end(&mut session).await;
    let wanted = numbers().replace("20\n", "a score\n");
    assert_eq!(fs::read_to_string(session.file(FILE)).unwrap(), wanted);
}

#[tokio::test]
async fn questions_side_by_side_are_answered_each_by_its_name() {
    let outside = tempfile::tempdir().unwrap();
    let path = |name: &str| -> Value {
        let path = outside.path().canonicalize().unwrap().join(name);
        fs::write(&path, name).unwrap();
        json!({"path": path})
    };
    let both = calls(&[("one", "read", path("x")), ("two", "read", path("y"))]);
    let mut session = begin(vec![both, says("done")]).await;
    let (first, second) = (question(&mut session).await, question(&mut session).await);
    assert_eq!(session.state.pending.len(), 2);
    decide(&session, &second, PermissionOutcome::AllowOnce);
    decide(&session, &first, PermissionOutcome::Deny { message: None });
    end(&mut session).await;
    let status = |request: &PermissionRequest| result(&session, request.call.as_str()).0;
    assert_eq!([status(&first), status(&second)], [ToolStatus::Denied, ToolStatus::Done]);
}
