//! The built binary without a screen: what it wrote and how it ended.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::messages::Server;
use crate::support::terminal::Home;

/// A project below a home of its own.
pub(crate) struct Place {
    pub(crate) home: Home,
    pub(crate) project: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let project = home.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&project).unwrap();
        Self { home, project }
    }

    /// A file of the project.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.project.join(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.project.join(name)).ok()
    }

    /// What git says in the project.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@localhost"]).args(args);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.current_dir(&self.project).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// claw in the project, with this server as the service.
    pub(crate) fn claw(&self, server: &Server, args: &[&str]) -> Command {
        let mut command = claw(&self.home, &self.project, args);
        command.envs(service(&server.url()));
        command
    }

    /// The logs of all sessions.
    pub(crate) fn logs(&self) -> Vec<PathBuf> {
        let below = |dir: PathBuf| {
            let entries = std::fs::read_dir(dir).into_iter().flatten();
            entries.map(|entry| entry.unwrap().path())
        };
        below(self.home.path().join("claw").join("sessions")).flat_map(below).collect()
    }
}

/// The variables that name a service, and who asks it.
pub(crate) fn service(url: &str) -> [(&'static str, &str); 2] {
    [("ANTHROPIC_API_KEY", "test-key"), ("ANTHROPIC_BASE_URL", url)]
}

/// claw with nothing in its environment but a home of its own, and nothing to read.
pub(crate) fn claw(home: &Home, cwd: &Path, args: &[&str]) -> Command {
    let mut claw = Command::new(env!("CARGO_BIN_EXE_claw"));
    claw.args(args).env_clear().envs(home.env()).current_dir(cwd).stdin(Stdio::null());
    claw
}

/// How a run ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Each line of the output, parsed.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:?}"));
        self.out.lines().map(parse).collect()
    }

    /// The last line: the result.
    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        self.lines().pop().unwrap_or_else(|| panic!("{self:?}"))
    }
}

/// Runs it to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    end(command.output().unwrap())
}

/// The same, with this on standard input.
pub(crate) fn ran_with(command: &mut Command, input: &[u8]) -> Ran {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who has no use for it may close it.
    let _ = child.stdin.take().unwrap().write_all(input);
    end(child.wait_with_output().unwrap())
}

fn end(output: std::process::Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
