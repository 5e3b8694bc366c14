//! The screen, measured from outside, on a terminal of 200 by 60 with a session of 10,000 messages.
//! Prints a table: what, how much, and what is allowed.
//!
//! `cargo bench --bench screen`, or with the names of some rows only: `-- open keys`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a bench measures with the real clock, prints, and may stop at what is not as it should be"
)]

mod log;
mod process;
#[path = "../spine/server.rs"]
#[allow(dead_code, reason = "the other bench uses more of it")]
mod server;
#[path = "../../it/support/terminal.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod terminal;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use process::{peak, resident, waits, woken};
use server::{Answer, Server};
use terminal::{Home, Terminal};

const LARGE: (u16, u16) = (200, 60);
const FRAME: &[u8] = b"\x1b[?2026h";

/// One row or some: the name, and what measures it.
type Row = (&'static str, fn());

const ROWS: &[Row] = &[
    ("open", open),
    ("keys", keys),
    ("pages", pages),
    ("bytes", bytes),
    ("answer", answer),
    ("idle", idle),
    ("resize", resize),
    ("edit", edit),
    ("writes", writes),
];

fn main() {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load before: {}", load.split(' ').next().unwrap_or_default());
    println!("{:<52} {:>12}   bar", "what", "measured");
    for (name, measure) in ROWS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure();
        }
    }
}

fn row(what: &str, measured: impl Display, bar: &str) {
    let measured = measured.to_string();
    println!("{what:<52} {measured:>12}   {bar}");
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn mib(size: f64) -> String {
    format!("{size:.1} MiB")
}

/// The time below which so many of a hundred are.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// A project with a file, under git.
fn project(home: &Home) -> PathBuf {
    let dir = home.path().canonicalize().unwrap().join("project");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("file.txt"), "a line of text\n".repeat(200)).unwrap();
    for args in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-qm", "begin"]] {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=b", "-c", "user.email=b@b"]).args(args).current_dir(&dir);
        assert!(git.status().unwrap().success());
    }
    dir
}

fn start(home: &Home, project: &Path, url: &str, args: &[&str], size: (u16, u16)) -> Terminal {
    let env = [("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", url)];
    Terminal::start_with(home, project, args, &env, size)
}

/// A home with the long session in it.
fn long() -> (Home, PathBuf) {
    let home = Home::new();
    let project = project(&home);
    log::write(home.path(), &project);
    (home, project)
}

/// The long session, in sight and at rest.
fn opened(home: &Home, project: &Path, server: &Server) -> Terminal {
    let claw = start(home, project, &server.url, &["--resume", "latest"], LARGE);
    claw.wait_for(log::LAST);
    rest(&claw);
    claw
}

/// Waits until nothing was written for half a second.
fn rest(claw: &Terminal) {
    let mut seen = 0;
    while claw.written() != seen {
        seen = claw.written();
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn tokens(count: usize, per_second: usize) -> Server {
    Server::start(Box::new(move |_| Answer::Tokens { count, per_second }))
}

/// What stands in the composer's row of the cursor, up to the cursor.
fn composer(screen: &vt100::Screen) -> String {
    let (row, column) = screen.cursor_position();
    screen.contents_between(row, 0, row, column)
}

/// How long after `pressed` the first byte of the last frame came.
fn first_byte(claw: &Terminal, pressed: Instant) -> Duration {
    let bytes = claw.bytes();
    let frame = bytes.windows(FRAME.len()).rposition(|window| window == FRAME).unwrap();
    claw.arrival(frame).saturating_duration_since(pressed)
}

fn open() {
    let (home, project) = long();
    let server = tokens(2, 0);
    let mut times: Vec<_> = (0..7)
        .map(|_| {
            let began = Instant::now();
            let claw = start(&home, &project, &server.url, &["--resume", "latest"], LARGE);
            claw.wait_for(log::LAST);
            let took = began.elapsed();
            // What it starts has a copy of the log, and the lock, for a moment.
            rest(&claw);
            took
        })
        .collect();
    let claw = opened(&home, &project, &server);
    row("10,000 messages: open", ms(percentile(&mut times, 50)), "≤ 300 ms");
    row("  memory", mib(resident(claw.pid())), "≤ 100 MB");
    row("  memory at the peak", mib(peak(claw.pid())), "");
}

fn keys() {
    let (home, project) = long();
    let server = tokens(6_000, 200);
    let claw = opened(&home, &project, &server);
    claw.press("go\r");
    claw.wait_for("w30 ");
    let begun = claw.written();
    let mut times = Vec::new();
    let mut typed = String::new();
    for n in 0..200_u32 {
        if n == 100 {
            // The row is full; what stood there until now was all of it.
            assert!(claw.contents().contains(&typed), "a key is lost: {}", claw.contents());
            typed.clear();
            claw.press("\x15");
            claw.wait("an empty row", |screen| !composer(screen).contains('A'));
        }
        let key = char::from(b'A' + (n % 26) as u8);
        typed.push(key);
        let pressed = Instant::now();
        claw.press(&key.to_string());
        claw.wait("the key", |screen| composer(screen).ends_with(key));
        times.push(first_byte(&claw, pressed));
        // Not in step with the frames.
        std::thread::sleep(Duration::from_millis(40 + (u64::from(n) * 13) % 33));
    }
    assert!(claw.contents().contains(&typed), "a key is lost: {}", claw.contents());
    row("key to first byte, streaming 200 tokens/s: p50", ms(percentile(&mut times, 50)), "≤ 4 ms");
    row("  p95", ms(percentile(&mut times, 95)), "≤ 10 ms");
    row("  p99", ms(percentile(&mut times, 99)), "≤ 16 ms");
    row("  memory", mib(resident(claw.pid())), "≤ 100 MB");
    claw.wait_long("THEEND", Duration::from_secs(90));
    rest(&claw);
    let (outside, clears) = outside(&claw.bytes()[begun..]);
    row("  full clears after the first paint", clears, "0");
    row("  bytes outside of frames", format!("{outside:.2} %"), "≤ 1 %");
}

/// How much of what was written stands outside of all frames, in percent, and how often the screen
/// was cleared.
fn outside(bytes: &[u8]) -> (f64, usize) {
    let text = String::from_utf8_lossy(bytes);
    let clears = text.matches("\x1b[2J").count() + text.matches("\x1b[3J").count();
    let parts = text.split("\x1b[?2026h").skip(1);
    let outside: usize =
        parts.filter_map(|part| Some(part.split_once("\x1b[?2026l")?.1.len())).sum();
    (outside as f64 * 100.0 / text.len().max(1) as f64, clears)
}

fn pages() {
    let (home, project) = long();
    let server = tokens(2, 0);
    let claw = opened(&home, &project, &server);
    let mut times: Vec<_> = (0..60)
        .map(|_| {
            let before = claw.written();
            let pressed = Instant::now();
            claw.press("\x1b[5~");
            claw.wait_bytes("the page", |bytes| bytes.len() > before);
            let took = pressed.elapsed();
            std::thread::sleep(Duration::from_millis(60));
            took
        })
        .collect();
    row("PgUp in 10,000 messages: p50, to the last byte", ms(percentile(&mut times, 50)), "");
    row("  p95", ms(percentile(&mut times, 95)), "≤ 16 ms");
    let before = claw.written();
    let pressed = Instant::now();
    claw.press("\x1b[1;5H");
    claw.wait("the first prompt", |screen| screen.contents().contains("number 0 exponential"));
    row("  to the top", ms(pressed.elapsed()), "≤ 16 ms");
    row("  memory", mib(resident(claw.pid())), "≤ 100 MB");
    assert!(claw.written() > before);
}

fn bytes() {
    let (home, project) = long();
    let server = tokens(2, 0);
    let claw = opened(&home, &project, &server);
    // The first letter changes what is offered.
    claw.press("x");
    rest(&claw);
    let mut most = 0;
    let mut all = 0;
    for n in 0..60_u8 {
        let before = claw.written();
        let key = char::from(b'a' + n % 26);
        claw.press(&key.to_string());
        claw.wait("the key", |screen| composer(screen).ends_with(key));
        std::thread::sleep(Duration::from_millis(30));
        most = most.max(claw.written() - before);
        all += claw.written() - before;
    }
    row("bytes a key, at rest", all / 60, "≤ 80");
    row("  at most", most, "≤ 80");
}

fn answer() {
    // 8 KB: as many tokens of four letters.
    let server = tokens(2_000, 200);
    let home = Home::new();
    let project = project(&home);
    let claw = start(&home, &project, &server.url, &[], (120, 40));
    claw.wait_for("Message");
    rest(&claw);
    let before = claw.written();
    claw.press("go\r");
    claw.wait_long("THEEND", Duration::from_mins(1));
    rest(&claw);
    let written = claw.written() - before;
    row("an 8 KB answer at 120x40, 200 tokens/s", format!("{} KB", written / 1000), "≤ 120 KB");
    row("  frames", frames(&claw.bytes()[before..]), "");
}

fn idle() {
    let (home, project) = long();
    let server = tokens(2, 0);
    let claw = opened(&home, &project, &server);
    std::thread::sleep(Duration::from_secs(2));
    let (written, before) = (claw.written(), waits(claw.pid()));
    std::thread::sleep(Duration::from_secs(10));
    row("10 s at rest: bytes", claw.written() - written, "0");
    row("  wake-ups", woken(claw.pid(), &before), "0");

    let home = Home::new();
    let claw = start(&home, &self::project(&home), &server.url, &[], LARGE);
    claw.wait_for("Message");
    rest(&claw);
    row("an empty session: memory", mib(resident(claw.pid())), "≤ 30 MB");
    row("  memory at the peak", mib(peak(claw.pid())), "");
}

fn resize() {
    let (home, project) = long();
    let server = tokens(4_000, 200);
    let claw = opened(&home, &project, &server);
    claw.press("go\r");
    claw.wait_for("w30 ");
    let before = claw.written();
    for n in 0..200 {
        claw.resize(60 + n % 140, 20 + n % 40);
        std::thread::sleep(Duration::from_millis(5));
    }
    let (columns, rows) = (180, 50);
    let last = Instant::now();
    claw.resize(columns, rows);
    let seen = claw.written();
    claw.wait_bytes("the last size", |bytes| {
        let new = String::from_utf8_lossy(&bytes[seen..]);
        let cleared = new.rfind("\x1b[2J").is_some_and(|at| new[at..].contains("\x1b[?2026l"));
        cleared && new.contains(&format!("\x1b[{rows};"))
    });
    row("200 resizes while it streams: the last is drawn in", ms(last.elapsed()), "≤ 300 ms");
    let (outside, clears) = outside(&claw.bytes()[before..]);
    row("  full clears, each inside of a frame", clears, "≤ 201");
    row("  bytes outside of frames", format!("{outside:.2} %"), "≤ 1 %");
}

fn edit() {
    let (home, project) = long();
    let server = tokens(2, 0);
    let claw = opened(&home, &project, &server);
    let mut times: Vec<_> = (0..10)
        .map(|n| {
            let name = format!("fresh{n}.txt");
            let began = Instant::now();
            fs::write(project.join(&name), "one\ntwo\n").unwrap();
            claw.wait_for(&name);
            let took = began.elapsed();
            rest(&claw);
            took
        })
        .collect();
    row("a file is written: seen after, p50", ms(percentile(&mut times, 50)), "");
    row("  at most", ms(percentile(&mut times, 100)), "≤ 250 ms");
}

fn writes() {
    let home = Home::new();
    let project = project(&home);
    let server = tokens(2, 0);
    let claw = start(&home, &project, &server.url, &[], LARGE);
    claw.wait_for("Message");
    rest(&claw);
    let dir = project.join("many");
    fs::create_dir(&dir).unwrap();
    let before = claw.written();
    for n in 0..10_000 {
        fs::write(dir.join(format!("file{n}.txt")), format!("line {n}\n")).unwrap();
    }
    let wrote = Instant::now();
    rest(&claw);
    claw.wait_for(" files +");
    let settled = claw.arrival(claw.written() - 1).saturating_duration_since(wrote);
    let used = process::cpu(claw.pid());
    std::thread::sleep(Duration::from_secs(2));
    row("10,000 files written: it settles after", ms(settled), "≤ 1 s");
    row("  frames meanwhile", frames(&claw.bytes()[before..]), "one a 100 ms");
    row(
        "  processor in the 2 s after",
        format!("{:.2} s", process::cpu(claw.pid()) - used),
        "0.00 s",
    );
    row("  memory", mib(resident(claw.pid())), "");
}

fn frames(bytes: &[u8]) -> usize {
    bytes.windows(FRAME.len()).filter(|window| *window == FRAME).count()
}
