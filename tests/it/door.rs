//! The one door to programs: what passes it is what was judged, and nothing that the user's shell
//! or the repository chose.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use claw::audit::{self, Entry};
use serde_json::json;

use crate::support::messages::{Reply, Server};
use crate::support::model::{Model, calls, says};
use crate::support::session::{Session, Wish};

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn nothing_of_the_users_shell_has_a_say() {
    let home = tempfile::tempdir().unwrap();
    let (project, claw_home) = (home.path().join("project"), home.path().join("claw"));
    fs::create_dir_all(&project).unwrap();
    fs::create_dir_all(&claw_home).unwrap();
    fs::write(claw_home.join("config.toml"), "[provider]\nkey_env = \"MY_KEY\"\n").unwrap();
    let mark = home.path().join("mark");
    let evil = format!("touch {}\n", mark.display());
    for name in [".zshenv", ".bashrc", ".profile", ".bash_profile", "env.sh"] {
        fs::write(home.path().join(name), &evil).unwrap();
    }
    script(&home.path().join("zsh"), &format!("#!/bin/sh\n{evil}"));
    let command = "ls; echo ran \"$PS4\" \"$-\" \"${BASH_ENV:-unset}\" \"${LD_PRELOAD:-unset}\"";
    let server = Server::start(vec![
        Reply::tool("1", "bash", &json!({"command": command})),
        Reply::text("done"),
    ]);
    let output = Command::new(env!("CARGO_BIN_EXE_claw"))
        .args(["-p", "go", "--mode", "bypass", "--no-sandbox"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("CLAW_HOME", &claw_home)
        .env("MY_KEY", "k")
        .env("CLAW_BASE_URL", server.url())
        .env("SHELL", home.path().join("zsh"))
        .env("ZDOTDIR", home.path())
        .env("BASH_ENV", home.path().join("env.sh"))
        .env("ENV", home.path().join("env.sh"))
        .env("BASH_FUNC_ls%%", format!("() {{ {evil} }}"))
        .env("PROMPT_COMMAND", &evil)
        .env("PS4", format!("$({evil})"))
        .env("SHELLOPTS", "xtrace")
        .env("BASHOPTS", "extdebug")
        // Not there: whoever loads it says so.
        .env("LD_PRELOAD", home.path().join("no-such.so"))
        .current_dir(&project)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let requests = server.requests();
    let told = requests[1].json()["messages"].to_string();
    assert!(told.contains("ran +  hBc unset unset"), "{told}");
    assert!(!told.contains("no-such.so"), "{told}");
    assert!(!mark.exists());
}

#[tokio::test]
async fn what_is_shown_judged_and_run_is_the_same_text() {
    let model = Model::new(vec![
        calls(&[("c", "bash", json!({"command": "echo   a;;"}))]),
        calls(&[(
            "d",
            "bash",
            json!({"command": "echo  `echo $BASH_EXECUTION_STRING`  # hidden"}),
        )]),
        says("done"),
    ]);
    let wish = Wish { allow: vec!["Bash(echo:*)"], ..Wish::default() };
    let mut session = Session::start(model, &wish).await;
    session.prompt("go");
    for _ in 0..2 {
        session.answer(claw::protocol::PermissionOutcome::AllowOnce).await;
    }
    session.stop().await;
    let (_, entry) = session.state.call(&"d".into()).unwrap();
    let anew = "echo $(echo $BASH_EXECUTION_STRING)";
    assert_eq!(entry.call.title, anew);
    assert_eq!(entry.outcome.as_ref().unwrap().text.trim(), anew);
    let mut started = Vec::new();
    audit::read(&session.dir.path().join("audit"), |_, kept| {
        if let Entry::Spawn { command, .. } = kept.unwrap().record.entry {
            started.push(command);
        }
        Ok(())
    })
    .unwrap();
    // What is not understood keeps its bytes.
    assert_eq!(started, ["echo   a;;", anew]);
}

#[tokio::test]
async fn a_reading_git_of_the_model_runs_nothing_of_the_repository() {
    let reads = ["git status", "cd sub && git diff", "git -C sub log -p", "timeout 9 git blame a"];
    let replies = reads.iter().map(|read| calls(&[(read, "bash", json!({"command": read}))]));
    let commit = "git add -A && git commit -qm x";
    let replies = replies.chain([calls(&[("commit", "bash", json!({"command": commit}))])]);
    let model = Model::new(replies.chain([says("done")]).collect());
    let wish = Wish { allow: vec!["Bash(git add:*)", "Bash(git commit:*)"], ..Wish::default() };
    let mut session = Session::start(model, &wish).await;
    let project = session.file("");
    let mark = session.dir.path().join("mark");
    for repo in [project.clone(), project.join("sub")] {
        let git = |args: &[&str]| {
            let ran = Command::new("git").args(args).current_dir(&repo).output().unwrap();
            assert!(ran.status.success(), "{args:?} {}", String::from_utf8_lossy(&ran.stderr));
        };
        fs::create_dir_all(&repo).unwrap();
        fs::write(repo.join("a"), "one\n").unwrap();
        git(&["init", "-q"]);
        git(&["config", "user.name", "t"]);
        git(&["config", "user.email", "t@example.com"]);
        git(&["config", "commit.gpgsign", "false"]);
        git(&["add", "a"]);
        git(&["commit", "-qm", "c"]);
        let evil = repo.join(".git/evil");
        script(&evil, &format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", mark.display()));
        let evil = evil.to_str().unwrap();
        let name = if repo == project { "top" } else { "sub" };
        for key in ["clean", "smudge"] {
            git(&["config", &format!("filter.{name}.{key}"), evil]);
        }
        git(&["config", &format!("diff.{name}.textconv"), evil]);
        git(&["config", "core.fsmonitor", evil]);
        git(&["config", "diff.external", evil]);
        fs::write(repo.join(".git/info/attributes"), format!("* filter={name} diff={name}\n"))
            .unwrap();
        fs::copy(evil, repo.join(".git/hooks/post-index-change")).unwrap();
        fs::copy(evil, repo.join(".git/hooks/pre-commit")).unwrap();
        fs::write(repo.join("a"), "two\n").unwrap();
    }
    fs::write(project.join(".gitignore"), "sub\n").unwrap();
    let _ = fs::remove_file(&mark);
    session.prompt("go");
    session
        .until(|event| {
            matches!(event, claw::protocol::Event::ToolCallFinished { call, .. }
                     if call.as_str() == "timeout 9 git blame a")
        })
        .await;
    // The commit may have begun, which has its hook; nothing before it left a mark.
    let told = fs::read_to_string(&mark).unwrap_or_default();
    assert!(!told.contains("/sub/"), "{told}");
    session.stop().await;
    for read in reads {
        let (_, entry) = session.state.call(&read.into()).unwrap();
        let outcome = entry.outcome.as_ref().unwrap();
        assert_eq!(outcome.status, claw::protocol::ToolStatus::Done, "{read}: {}", outcome.text);
    }
    let told = fs::read_to_string(&mark).unwrap();
    assert!(told.contains("hooks/pre-commit"), "a commit has the user's hooks: {told}");
}
