//! The story, walked with the real project and answers of all kinds.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::cli::demo::scratch::{FILES, GIT_TIMEOUT};
use crate::exec;
use crate::protocol::{
    Content, Message, StopReason, ToolOutcome, ToolStatus, ToolUse, Usage, text_of,
};
use crate::provider::{Catalogue, Chunk, Input, Request};

/// A walk through the story: what was said, and what was called how often.
struct Walk {
    scratch: Scratch,
    provider: Scripted,
    messages: Vec<Input>,
    calls: HashMap<String, usize>,
}

impl Walk {
    async fn new() -> Self {
        Self {
            scratch: Scratch::new().await,
            provider: Scripted::new(script().unwrap(), Pace::AtOnce),
            messages: Vec::new(),
            calls: HashMap::new(),
        }
    }

    /// Says something and plays the turn to its end; `denies` says which call of which tool the
    /// user refuses. The last words of the model.
    async fn turn(&mut self, prompt: &str, denies: &[(&str, usize)]) -> String {
        self.messages.push(Input::User([Content::text(prompt)].into()));
        for _ in 0..12 {
            let message = self.reply().await;
            let uses: Vec<_> = message.tool_uses().cloned().collect();
            self.messages.push(Input::Assistant(message.clone()));
            if uses.is_empty() {
                assert_eq!(message.stop, StopReason::EndTurn);
                return text_of(&message.content);
            }
            for asked in uses {
                let count = self.calls.entry(asked.name.clone()).or_default();
                *count += 1;
                let refused = denies.contains(&(&asked.name, *count));
                let outcome = if refused {
                    ToolOutcome::new(ToolStatus::Denied, "The user denied this call.")
                } else {
                    self.run(&asked).await
                };
                let (call, name, outcome) = (asked.id, asked.name, Arc::new(outcome));
                self.messages.push(Input::Result { call, name, outcome });
            }
        }
        panic!("the story does not end: {:?}", self.messages);
    }

    async fn reply(&self) -> Arc<Message> {
        let (system, tools, messages) = ("".into(), [].into(), self.messages.clone());
        let request = Request {
            model: Catalogue::bundled().lookup("demo"),
            effort: None,
            session: "s".into(),
            system,
            tools,
            messages,
            max_output: 4096,
        };
        let mut reply = self.provider.stream(request).await.unwrap();
        let (mut content, mut stop) = (Vec::new(), StopReason::EndTurn);
        let (mut text, mut json): (String, Vec<String>) = Default::default();
        while let Some(chunk) = reply.next().await {
            match chunk.unwrap() {
                Chunk::Text { text: more, .. } => text.push_str(&more),
                Chunk::ToolUse { id, name, .. } => {
                    let (id, input) = (id.into(), Value::Null);
                    content.push(Content::ToolUse(ToolUse { id, name, input }));
                    json.push(String::new());
                }
                Chunk::ToolInput { json: more, .. } => json.last_mut().unwrap().push_str(&more),
                Chunk::Stopped(why) => stop = why,
                _ => {}
            }
        }
        for (content, json) in content.iter_mut().zip(json) {
            if let Content::ToolUse(asked) = content {
                asked.input = serde_json::from_str(&json).unwrap();
            }
        }
        content.insert(0, Content::text(text));
        let (id, model, usage) = ("m".into(), "demo".into(), Usage::default());
        Arc::new(Message { id, model, content, stop, usage })
    }

    /// What the tools would do, in few words.
    async fn run(&self, asked: &ToolUse) -> ToolOutcome {
        let field = |name: &str| asked.input[name].as_str().unwrap().to_owned();
        let project = self.scratch.path().to_owned();
        match asked.name.as_str() {
            "read" => {
                let text = fs::read_to_string(project.join(field("path"))).unwrap();
                ToolOutcome::new(ToolStatus::Done, text)
            }
            "ls" => ToolOutcome::new(ToolStatus::Done, "README.md"),
            "grep" => ToolOutcome::new(ToolStatus::Done, "calendar.sh:4:is_leap_year() {"),
            "edit" => {
                let path = project.join(field("path"));
                let text = fs::read_to_string(&path).unwrap();
                assert_eq!(text.matches(&field("old_string")).count(), 1, "{asked:?} in {text}");
                fs::write(&path, text.replace(&field("old_string"), &field("new_string"))).unwrap();
                ToolOutcome::new(ToolStatus::Done, "edited")
            }
            "bash" => {
                let command = exec::Command::new("bash", project).args(["-c", &field("command")]);
                let ran = exec::run(&command, Duration::from_secs(10), &audit()).await.unwrap();
                let done = ran.status.success();
                let status = if done { ToolStatus::Done } else { ToolStatus::Failed };
                ToolOutcome::new(status, String::from_utf8(ran.stdout).unwrap())
            }
            other => panic!("no tool {other}"),
        }
    }

    /// Does the project differ from how it began?
    fn is_changed(&self) -> bool {
        FILES.iter().any(|(name, content, _)| {
            fs::read_to_string(self.scratch.path().to_owned().join(name)).unwrap() != *content
        })
    }
}

#[rustfmt::skip]
#[tokio::test]
async fn the_story_ends_whatever_is_answered() {
    type Row<'a> = (&'a [(&'a str, usize)], &'a str, bool);
    let table: [Row<'_>; 10] = [
        // which call is denied                      the last words                       files changed
        (&[],                                        "All checks pass.",            true),
        (&[("edit", 1)],                             "**no file has changed**",           false),
        (&[("bash", 1)],                             "I have not seen the test pass.",    true),
        (&[("edit", 3)],                             "All checks pass.",            true),
        (&[("edit", 2)],                             "1900 is right, 2000 is wrong.",     true),
        (&[("bash", 2)],                             "since my last edit",                true),
        (&[("read", 1)],                             "**Nothing was changed.**",          false),
        (&[("read", 1), ("read", 2), ("edit", 1)],   "**Nothing was changed.**",          false),
        (&[("grep", 1)],                             "**Nothing was changed.**",          false),
        (&[("edit", 1), ("bash", 1)],                "**no file has changed**",           false),
    ];
    let prompt = script().unwrap().prompt;
    for (denies, words, changed) in table {
        let mut walk = Walk::new().await;
        let last = walk.turn(&prompt, denies).await;
        assert!(last.contains(words), "{denies:?} ended with {last}");
        assert_eq!(walk.is_changed(), changed, "{denies:?}");
        let next = walk.turn("thanks", &[]).await;
        assert!(next.contains("That was the whole demo"), "{denies:?} then {next}");
    }
}

#[tokio::test]
async fn a_denied_edit_is_offered_again() {
    let mut walk = Walk::new().await;
    walk.turn("fix it", &[("edit", 1)]).await;
    let last = walk.turn("Go ahead, please.", &[]).await;
    assert!(last.contains("All checks pass."), "{last}");

    let mut walk = Walk::new().await;
    walk.turn("fix it", &[("edit", 1)]).await;
    let last = walk.turn("go ahead", &[("edit", 2)]).await;
    assert!(last.contains("nothing was changed"), "{last}");
    assert!(!walk.is_changed());
}

#[tokio::test]
async fn a_second_session_has_a_story_of_its_own() {
    type Row<'a> = (&'a str, &'a [(&'a str, usize)], &'a str, bool);
    let table: [Row<'_>; 4] = [
        ("Explain the project.", &[], "`days_in_year YEAR` prints 365 or 366.", false),
        ("explain it", &[("read", 1)], "**Nothing was changed.**", false),
        ("Document the functions.", &[], "lists the three functions now", true),
        ("document the functions", &[("edit", 1)], "the README stays as it is", false),
    ];
    for (prompt, denies, words, changed) in table {
        let mut walk = Walk::new().await;
        let last = walk.turn(prompt, denies).await;
        assert!(last.contains(words), "{prompt} {denies:?} ended with {last}");
        assert_eq!(walk.is_changed(), changed, "{prompt} {denies:?}");
    }
}

#[tokio::test]
async fn what_was_not_expected_is_said() {
    let mut walk = Walk::new().await;
    let test = walk.scratch.path().join("test.sh");
    fs::write(test, "echo 'no such luck'; exit 7").unwrap();
    let last = walk.turn("fix it", &[]).await;
    assert!(last.contains("(`bash`) failed and said:\n\n````text\nno such luck\n````"), "{last}");
}

#[tokio::test]
async fn every_step_of_the_story_can_be_reached() {
    let script = script().unwrap();
    let mut open: Vec<_> = script.start.iter().chain(&script.anywhere).map(|e| &e.go).collect();
    let mut reached = std::collections::BTreeSet::new();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(script.steps[name].next.iter().map(|edge| &edge.go));
        }
    }
    assert_eq!(reached, script.steps.keys().collect());
}

#[tokio::test]
async fn the_project_is_a_clean_repository() {
    let project = Scratch::new().await;
    if project.path().join(".git").exists() {
        let git = exec::Command::new("git", project.path()).args(["log", "--format=%an|%s|%D"]);
        let log = exec::run(&git, GIT_TIMEOUT, &audit()).await.unwrap().stdout;
        let log = String::from_utf8(log).unwrap();
        assert_eq!(log, "claw demo|A calendar, with a test that fails|HEAD -> main\n");
        let git = exec::Command::new("git", project.path()).args(["status", "--porcelain"]);
        assert_eq!(exec::run(&git, GIT_TIMEOUT, &audit()).await.unwrap().stdout, b"");
    }
    assert!(project.path().join("calendar.sh").exists());
}

/// An audit log of nobody's.
fn audit() -> Arc<Audit> {
    let dir = tempfile::tempdir().unwrap();
    Arc::new(Audit::new(dir.path().join("audit")))
}

/// A project of the demo that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    async fn new() -> Self {
        Self(scratch::project(&audit()).await.unwrap())
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(dir) = self.0.parent() {
            let _ = fs::remove_dir_all(dir);
        }
    }
}
