//! What claw adds to a request: `claw -p` beside a bare HTTP client that streams the same answer
//! from the same server, and rounds of a cheap tool. Prints a table.
//!
//! `cargo bench --bench overhead`, or with the names of some rows only: `-- turn rounds`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a bench measures with the real clock, prints, and may stop at what is not as it should be"
)]

mod bare;
#[path = "../spine/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use server::{Answer, Server};
use tempfile::TempDir;

/// How often each is run.
const RUNS: usize = 41;

/// How many rounds a turn with tools has.
const ROUNDS: usize = 50;

/// One row: the name, and what measures it.
type Row = (&'static str, fn());

const ROWS: &[Row] = &[("turn", turn), ("git", git), ("memory", memory), ("rounds", rounds)];

fn main() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(bare::ARG) {
        return bare::run(&args.next().unwrap());
    }
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!("{:<48} {:>9} {:>9}   bar", "what", "p50", "p95");
    for (name, measure) in ROWS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure();
        }
    }
}

/// Some measurements of the same, in order.
struct Times(Vec<Duration>);

impl Times {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    fn at(&self, percent: usize) -> Duration {
        self.0[self.0.len() * percent / 100]
    }

    fn row(&self, what: &str, bar: &str) {
        println!("{what:<48} {:>9} {:>9}   {bar}", ms(self.at(50)), ms(self.at(95)));
    }
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// A home and a project in it, as somebody has who uses claw every day.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let project = home.path().join("project");
    fs::create_dir_all(&project).unwrap();
    fs::write(project.join("AGENTS.md"), "Use tabs.\n").unwrap();
    fs::write(project.join("file.txt"), "a line of text\n".repeat(20)).unwrap();
    home
}

/// The same with a repository of some hundred files.
fn repository() -> TempDir {
    let home = home();
    let project = home.path().join("project");
    for at in 0..400 {
        let dir = project.join(format!("dir{}", at % 20));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(format!("file{at}.rs")), "fn main() {}\n".repeat(at)).unwrap();
    }
    let who = ["-c", "user.name=n", "-c", "user.email=n@localhost"];
    for args in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "all"]] {
        let git = Command::new("git").args(who).args(args).current_dir(&project).status();
        assert!(git.unwrap().success());
    }
    home
}

/// The environment of both programs.
fn quiet<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", home)
        .env("CLAW_HOME", home.join("claw"))
        .env("LANG", "C.UTF-8")
        .env("TMPDIR", home)
        .current_dir(home.join("project"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
}

fn claw(home: &Path, url: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claw"));
    command.args(["-p", "go", "--max-turns", "100"]);
    quiet(&mut command, home)
        .envs([("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", url)])
        .spawn()
        .unwrap()
}

fn client(home: &Path, url: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    quiet(command.args([bare::ARG, url]), home).spawn().unwrap()
}

/// From the start to the end of a program that ends well and says what the server said.
fn timed(start: impl Fn() -> Child) -> Duration {
    let began = Instant::now();
    let output = start().wait_with_output().unwrap();
    let took = began.elapsed();
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("THEEND"), "{}: {wrong}", output.status);
    took
}

/// The peak of resident memory in MiB of a program that runs to its end.
fn peak(mut child: Child) -> f64 {
    let path = format!("/proc/{}/status", child.id());
    let mut most = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        most = most.max(kib.unwrap_or(0.0) / 1024.0);
        std::thread::sleep(Duration::from_micros(100));
    }
    most
}

/// An answer of a few hundred tokens, and the calls before it: each is another one, as a model
/// that makes the same call again and again is stopped.
fn server(rounds: usize) -> Server {
    Server::start(Box::new(move |nth| {
        let at = nth % (rounds + 1);
        if at < rounds {
            let input = format!(r#"{{"path":"file.txt","limit":{}}}"#, at + 1);
            Answer::Call { tool: "read", input }
        } else {
            Answer::Tokens { count: 300, per_second: 0 }
        }
    }))
}

/// One turn of both, one after the other: what runs beside it hits them alike.
fn beside(home: &Path, what: &str, bar: &str) {
    let server = server(0);
    timed(|| client(home, &server.url));
    timed(|| claw(home, &server.url));
    let (mut bare, mut whole, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let one = timed(|| client(home, &server.url));
        let other = timed(|| claw(home, &server.url));
        bare.push(one);
        whole.push(other);
        more.push(other.saturating_sub(one));
    }
    Times::new(bare).row("a bare client", "");
    Times::new(whole).row(what, "");
    Times::new(more).row("  that is more by", bar);
}

fn turn() {
    beside(home().path(), "claw -p, one turn in a folder", "≤ 15 ms");
}

fn git() {
    beside(repository().path(), "claw -p, one turn in a git repository", "");
}

fn memory() {
    let (home, server) = (repository(), server(0));
    let most = |start: &dyn Fn() -> Child| {
        let mut runs: Vec<_> = (0..RUNS).map(|_| peak(start())).collect();
        runs.sort_by(f64::total_cmp);
        (runs[RUNS / 2], runs[RUNS * 95 / 100])
    };
    let rows: [(_, &dyn Fn() -> Child, _); 2] = [
        ("peak of memory, a bare client", &|| client(home.path(), &server.url), ""),
        ("peak of memory, claw -p", &|| claw(home.path(), &server.url), "≤ 30 MB"),
    ];
    for (what, start, bar) in rows {
        let (p50, p95) = most(start);
        println!("{what:<48} {p50:>5.1} MiB {p95:>5.1} MiB   {bar}");
    }
}

fn rounds() {
    let home = home();
    let mut each = Vec::new();
    for _ in 0..RUNS {
        let server = server(ROUNDS);
        timed(|| claw(home.path(), &server.url));
        let seen = server.seen.lock().unwrap();
        assert_eq!(seen.len(), ROUNDS + 1);
        // From one request to the next: the answer's way, the call, and all that claw does.
        each.extend(seen.windows(2).map(|pair| pair[1].0 - pair[0].0));
    }
    Times::new(each).row(&format!("a round of a tool, of {ROUNDS} in a turn"), "≤ 5 ms");
}
