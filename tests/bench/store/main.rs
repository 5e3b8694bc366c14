//! Sessions on the disk, measured: taken up again on a screen, and searched. Prints a table: what,
//! how much, and what is allowed.
//!
//! `cargo bench --bench store`, or with the names of some rows only: `-- open search`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a bench measures with the real clock, prints, and may stop at what is not as it should be"
)]

mod corpus;
#[path = "../screen/log.rs"]
#[allow(dead_code, reason = "the other bench uses more of it")]
mod log;
#[path = "../screen/process.rs"]
#[allow(dead_code, reason = "the other bench uses more of it")]
mod process;
#[path = "../../it/support/terminal.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod terminal;

use std::fmt::Display;
use std::fs;
use std::time::{Duration, Instant};

use claw::session::{Query, Store};
use process::{peak, resident};
use terminal::{Home, Terminal};

/// One row or some: the name, and what measures it.
type Row = (&'static str, fn());

const ROWS: &[Row] = &[("open", open), ("memory", memory), ("search", search), ("list", list)];

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

/// The middle of some.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A home with a session of so many turns, on a screen where its last words are seen; and how long
/// that took.
fn resumed(turns: usize) -> (Home, Terminal, Duration) {
    let home = Home::new();
    let project = home.path().canonicalize().unwrap().join("project");
    fs::create_dir_all(&project).unwrap();
    log::write_turns(home.path(), &project, turns);
    let env = [("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")];
    let began = Instant::now();
    let claw = Terminal::start_with(&home, &project, &["--resume", "latest"], &env, (200, 60));
    claw.wait_for(&format!("the last words of turn {}", turns - 1));
    let took = began.elapsed();
    (home, claw, took)
}

fn open() {
    for (turns, bar) in [(400, "≤ 60 ms"), (2000, "≤ 300 ms")] {
        let times = (0..7).map(|_| resumed(turns).2).collect();
        row(&format!("{} messages: history on the screen", turns * 5), ms(median(times)), bar);
    }
}

fn memory() {
    let (_home, claw, _) = resumed(200);
    // What the start needs is given back.
    std::thread::sleep(Duration::from_secs(2));
    row("200 turns: memory", format!("{:.1} MiB", resident(claw.pid())), "≤ 40 MB");
    row("  at the peak", format!("{:.1} MiB", peak(claw.pid())), "");
}

/// The corpus, indexed.
fn indexed() -> Store {
    let store = corpus::store();
    while store.catch_up(64 << 20).left > 0 {}
    store
}

fn search() {
    let store = corpus::store();
    let mb = corpus::size(&store) >> 20;
    let began = Instant::now();
    store.reindex(|_| ()).unwrap();
    let took = began.elapsed().as_secs_f64();
    row(
        &format!("{mb} MB in {} sessions: made anew", corpus::SESSIONS),
        format!("{took:.1} s"),
        "",
    );
    let index = ["index.db", "index.db-wal"].map(|name| {
        let path = store.project(std::path::Path::new("/")).with_file_name(name);
        fs::metadata(path).map_or(0, |meta| meta.len())
    });
    row("  the index", format!("{} MB", index.iter().sum::<u64>() >> 20), "");
    for words in [
        "walrus",
        "walrus number107",
        "\"rare walrus\"",
        "wal",
        "conta",
        "reta verlo",
        "re",
        "mi lo",
    ] {
        let query = Query::parse(words);
        let mut found = 0;
        let times = (0..9).map(|_| {
            let began = Instant::now();
            found = store.search(&query, None, 20).hits.len();
            began.elapsed()
        });
        let took = median(times.collect());
        row(&format!("  search: {words} ({found} sessions)"), ms(took), "≤ 50 ms");
    }
    let all: Vec<_> = store.list(None).into_iter().map(|one| one.path).collect();
    let times = (0..9).map(|_| {
        let began = Instant::now();
        assert!(!store.search(&Query::parse("walrus"), Some(&all), 20).hits.is_empty());
        began.elapsed()
    });
    row(
        "  search: walrus, among those that a filter lets through",
        ms(median(times.collect())),
        "≤ 50 ms",
    );
}

fn list() {
    let store = indexed();
    let free = |_: &_, _: &_| Some(0.0);
    let began = Instant::now();
    assert_eq!(store.overviews(None, &[], free).len() as u64, corpus::SESSIONS);
    row("1,000 sessions: listed for the first time", ms(began.elapsed()), "");
    let times = (0..9).map(|_| {
        let began = Instant::now();
        store.overviews(None, &[], free);
        began.elapsed()
    });
    row("  again", ms(median(times.collect())), "≤ 30 ms");
    let times = (0..9).map(|_| {
        let began = Instant::now();
        store.find("latest", std::path::Path::new("/work/project3")).unwrap();
        began.elapsed()
    });
    row("  the latest found", ms(median(times.collect())), "");
}
