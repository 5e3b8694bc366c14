//! The built program, measured from outside: start, turns, streams, rest. Prints a table.
//!
//! `cargo bench --bench spine`, or with the names of some rows only: `-- start idle`.

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

mod confined;
mod server;
#[path = "../../it/support/terminal.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod terminal;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use confined::confined;
use server::{Answer, Server};
use terminal::{Home, Terminal};

/// One row: the name, and what measures it.
type Row = (&'static str, fn());

const ROWS: &[Row] = &[
    ("binary", binary),
    ("start", start),
    ("turn", turn),
    ("shell", shell),
    ("confined", confined),
    ("reads", reads),
    ("rounds", rounds),
    ("output", output),
    ("flat", flat),
    ("steady", steady),
    ("idle", idle),
];

fn main() {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!("{:<44} {:>14}   bar", "what", "measured");
    for (name, measure) in ROWS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure();
        }
    }
}

fn row(what: &str, measured: impl std::fmt::Display, bar: &str) {
    let measured = measured.to_string();
    println!("{what:<44} {measured:>14}   {bar}");
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A folder to work in, below its home.
fn project(home: &Home) -> std::path::PathBuf {
    let dir = home.path().join("project");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("file.txt"), "a line of text\n".repeat(2000)).unwrap();
    dir
}

fn headless(home: &Home, url: &str, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_claw"))
        .args(["-p", "go", "--mode", "bypass"])
        .args(args)
        .env_clear()
        .envs(home.env())
        .envs([("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", url)])
        .current_dir(project(home))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The peak resident memory in MiB, while the process lives.
fn peak(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0.0, |line| line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0)
}

/// The resident memory in MiB now.
fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or(0.0, |line| line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0)
}

/// The processor time it used, in seconds; the kernel counts hundredths.
fn cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// Runs to the end: wall time, the peak of memory seen, and whether it ended well.
fn run(home: &Home, url: &str, args: &[&str]) -> (Duration, f64) {
    let began = Instant::now();
    let mut child = headless(home, url, args);
    let mut most = 0.0_f64;
    let status = loop {
        most = most.max(peak(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_micros(200));
    };
    let took = began.elapsed();
    if !status.success() {
        let output = child.wait_with_output().unwrap();
        panic!("{status}: {}", String::from_utf8_lossy(&output.stderr));
    }
    (took, most)
}

/// A turn of `rounds` calls and a word. `NTH` in the input is another number each time: a model
/// that makes the same call again and again is stopped.
fn calls(rounds: usize, tool: &'static str, input: &str) -> Server {
    let input = input.to_owned();
    Server::start(Box::new(move |nth| {
        let at = nth % (rounds + 1);
        if at < rounds {
            Answer::Call { tool, input: input.replace("NTH", &(at + 1).to_string()) }
        } else {
            Answer::Tokens { count: 2, per_second: 0 }
        }
    }))
}

fn tokens(count: usize, per_second: usize) -> Server {
    Server::start(Box::new(move |_| Answer::Tokens { count, per_second }))
}

fn binary() {
    let size = fs::metadata(env!("CARGO_BIN_EXE_claw")).unwrap().len();
    row("binary", format!("{:.1} MB", size as f64 / 1e6), "≤ 25 MB");
}

fn screen(home: &Home, url: &str) -> Terminal {
    let env = [("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", url)];
    Terminal::start_with(home, &project(home), &[], &env, (120, 40))
}

fn start() {
    let server = tokens(2, 0);
    let times = (0..11).map(|_| {
        let home = Home::new();
        let began = Instant::now();
        let claw = screen(&home, &server.url);
        claw.press("Q");
        // Before claw has the terminal, the terminal itself echoes: that does not count.
        claw.wait("the key", |screen| {
            screen.alternate_screen() && screen.contents().contains("› Q")
        });
        began.elapsed()
    });
    row("a key typed at once is seen after start", ms(median(times.collect())), "≤ 40 ms");
}

fn turn() {
    let server = tokens(20, 0);
    let home = Home::new();
    let runs: Vec<_> = (0..15).map(|_| run(&home, &server.url, &[])).collect();
    let most = runs.iter().map(|run| run.1).fold(0.0, f64::max);
    row("a headless turn", ms(median(runs.iter().map(|r| r.0).collect())), "≤ 30 ms");
    row("  its memory at the peak", format!("{most:.1} MiB"), "≤ 25 MB");
}

/// The time between requests, by round.
fn between(server: &Server) -> Vec<Duration> {
    let seen = server.seen.lock().unwrap();
    seen.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
}

fn shell() {
    let server = calls(50, "bash", r#"{"command":"true NTH"}"#);
    run(&Home::new(), &server.url, &["--max-turns", "100"]);
    row("a shell round (of 50)", ms(median(between(&server))), "≤ 10 ms");
}

fn reads() {
    let server = calls(50, "read", r#"{"path":"file.txt","offset":NTH,"limit":200}"#);
    run(&Home::new(), &server.url, &["--max-turns", "100"]);
    row("a file read round (of 50)", ms(median(between(&server))), "≤ 3 ms");
}

fn rounds() {
    let server = calls(1000, "read", r#"{"path":"file.txt","offset":NTH,"limit":20}"#);
    let (took, most) = run(&Home::new(), &server.url, &["--max-turns", "2000"]);
    let each = between(&server);
    row("1,000 tool rounds", format!("{:.2} s", took.as_secs_f64()), "≤ 15 s");
    row("  the first hundred, each", ms(median(each[..100].to_vec())), "");
    row("  the last hundred, each", ms(median(each[900..].to_vec())), "no growth");
    row("  memory at the peak", format!("{most:.1} MiB"), "");
}

fn output() {
    let line = "x".repeat(99);
    let print = format!("yes {line} | head -c 50000000");
    let command = &format!(r#"{{"command":"{print}"}}"#);
    let server = calls(1, "bash", command);
    let (_, most) = run(&Home::new(), &server.url, &[]);
    let bare = Instant::now();
    let mut child =
        Command::new("/bin/bash").args(["-c", &format!("{print} > /dev/null")]).spawn().unwrap();
    child.wait().unwrap();
    let bare = bare.elapsed();
    row("50 MB of tool output", ms(between(&server)[0]), "≤ 150 ms");
    row("  the command alone, to nowhere", ms(bare), "");
    row("  memory at the peak", format!("{most:.1} MiB"), "≤ 40 MB");
}

/// How many frames the bytes hold.
fn frames(bytes: &[u8]) -> usize {
    bytes.windows(8).filter(|window| window == b"\x1b[?2026h").count()
}

fn flat() {
    let server = tokens(20_000, 0);
    let home = Home::new();
    let claw = screen(&home, &server.url);
    claw.wait_for("Message");
    let (before, painted) = (cpu(claw.pid()), frames(&claw.bytes()));
    claw.press("go\r");
    let began = Instant::now();
    claw.wait_for("THEEND");
    let took = began.elapsed();
    let used = cpu(claw.pid()) - before;
    let painted = (frames(&claw.bytes()) - painted) as f64 / took.as_secs_f64();
    row("20,000 tokens flat out", format!("{:.2} s", took.as_secs_f64()), "≤ 0.3 s");
    row("  processor time", format!("{used:.2} s"), "≤ 0.3 s");
    row("  frames a second", format!("{painted:.0}"), "≥ 20");
    row("  memory at the peak", format!("{:.1} MiB", peak(claw.pid())), "");
}

fn steady() {
    let server = tokens(20_000, 500);
    let home = Home::new();
    let claw = screen(&home, &server.url);
    claw.wait_for("Message");
    let before = cpu(claw.pid());
    claw.press("go\r");
    claw.wait_for("w1");
    let mut times = Vec::new();
    for n in 0..100 {
        let key = char::from(b'A' + n % 26);
        let began = Instant::now();
        claw.press(&key.to_string());
        claw.wait("the key", |screen| composer(screen).ends_with(key));
        times.push(began.elapsed());
        // Not in step with the frames.
        std::thread::sleep(Duration::from_millis(90 + (u64::from(n) * 13) % 33));
    }
    claw.wait_long("THEEND", Duration::from_secs(90));
    row(
        "20,000 tokens at 500/s, processor",
        format!("{:.2} s", cpu(claw.pid()) - before),
        "≤ 2.5 s",
    );
    times.sort();
    row("  key to screen p50", ms(times[times.len() / 2]), "≤ 3 ms");
    row("  key to screen, least", ms(times[0]), "");
    row("  key to screen p95", ms(times[times.len() * 95 / 100]), "≤ 10 ms");
}

/// What stands in the composer's row of the cursor, up to the cursor.
fn composer(screen: &vt100::Screen) -> String {
    let (row, column) = screen.cursor_position();
    screen.contents_between(row, 0, row, column)
}

fn idle() {
    let server = tokens(2, 0);
    let home = Home::new();
    let claw = screen(&home, &server.url);
    claw.wait_for("Message");
    std::thread::sleep(Duration::from_secs(1));
    let (bytes, used) = (claw.bytes().len(), cpu(claw.pid()));
    std::thread::sleep(Duration::from_secs(20));
    row("idle 20 s: bytes", (claw.bytes().len() - bytes).to_string(), "0");
    row("  processor time", format!("{:.2} s", cpu(claw.pid()) - used), "0.00 s");
    row("  memory", format!("{:.1} MiB", resident(claw.pid())), "≤ 25 MB");
}
