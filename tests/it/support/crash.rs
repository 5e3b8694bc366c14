//! A run that is killed at a point of its life, and what is known of it from outside.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claw::base::clock;
use claw::protocol::Envelope;
use serde_json::{Value, json};

use crate::support::messages::{Received, Reply, Server};
use crate::support::run::Place;

/// The longest that a run may take to come to its point.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the run was asked; what it is asked when it is taken up.
pub(crate) const PROMPT: &str = "Work through all of it.";
pub(crate) const AGAIN: &str = "Go on.";
/// What the model says to that.
pub(crate) const LAST: &str = "All of it is done.";

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Point {
    /// As its log has this many bytes.
    Log(u64),
    /// As this many lines of its output were read: also in the middle of an answer.
    Line(usize),
    /// As the server has this request, counted from 1.
    Request(usize),
    /// As the command that it runs has written this many bytes.
    Command(u64),
}

/// What was seen of a run up to its end.
pub(crate) struct Seen {
    /// The durable events that were written to its output.
    pub(crate) durable: Vec<Envelope>,
    /// It had ended before its point came.
    pub(crate) whole: bool,
    /// Lines of its output.
    pub(crate) lines: usize,
}

/// A project, and a model with a long script: words, files that are written and edited, commands,
/// calls side by side, one that is refused.
pub(crate) struct Script {
    pub(crate) place: Place,
    pub(crate) server: Server,
    asked: Arc<AtomicUsize>,
    /// Killed as that request comes.
    fatal: Arc<Mutex<Option<(usize, u32)>>>,
}

const FLAGS: [&str; 7] = [
    "--mode",
    "accept-edits",
    "--no-sandbox",
    "--allowed-tools",
    "Bash(./count.sh)",
    "--output-format",
    "stream-json",
];

impl Script {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        place.write("a.txt", "one\ntwo\nthree\n");
        place.write("b.txt", "b\n".repeat(500));
        place.write(
            "count.sh",
            "#!/bin/sh\ni=0\nwhile [ $i -lt 200 ]; do i=$((i+1)); echo line $i; echo $i >> counted; done\n",
        );
        executable(&place.project.join("count.sh"));
        let asked = Arc::new(AtomicUsize::new(0));
        let fatal: Arc<Mutex<Option<(usize, u32)>>> = Arc::default();
        let (count, point) = (asked.clone(), fatal.clone());
        let server = Server::answering(move |request| {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            let due = point.lock().unwrap().filter(|(at, _)| *at == number);
            if let Some((_, pid)) = due {
                kill(pid);
            }
            reply(request)
        });
        Self { place, server, asked, fatal }
    }

    /// Runs it up to a point, or to its end where there is none.
    pub(crate) fn run(&self, point: Option<Point>) -> Seen {
        let mut claw = self.place.claw(&self.server, &["-p", PROMPT]);
        claw.args(FLAGS).arg("--include-partial-messages");
        // The server must know whom to kill before it is asked.
        let mut due = self.fatal.lock().unwrap();
        let mut child = claw.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        if let Some(Point::Request(at)) = point {
            *due = Some((at, child.id()));
        }
        drop(due);
        let out = BufReader::new(child.stdout.take().unwrap());
        let seen = match point {
            Some(Point::Line(at)) => read(out, Some((at, child.id()))),
            Some(Point::Log(bytes)) => watched(&mut child, out, || {
                self.place.logs().first().map_or(0, |log| length(log)) >= bytes
            }),
            Some(Point::Command(bytes)) => {
                let counted = self.place.project.join("counted");
                watched(&mut child, out, || length(&counted) >= bytes)
            }
            Some(Point::Request(_)) | None => read(out, None),
        };
        let whole = child.wait().unwrap().code().is_some();
        // Its number may be another's from now on.
        *self.fatal.lock().unwrap() = None;
        Seen { whole, ..seen }
    }

    /// How many requests came so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Takes the session up and says a word into it: how long it took to be open, and the lines of
    /// the output.
    pub(crate) fn resume(&self) -> (Duration, Vec<Value>) {
        let mut claw = self.place.claw(&self.server, &["-p", AGAIN, "--resume", "latest"]);
        let since = clock::instant();
        let mut child =
            claw.args(FLAGS).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("a session to take up").unwrap();
        let took = since.elapsed();
        let parse = |line: &str| serde_json::from_str(line).unwrap();
        let mut told: Vec<Value> = vec![parse(&first)];
        told.extend(lines.map(|line| parse(&line.unwrap())));
        child.wait().unwrap();
        (took, told)
    }
}

/// Kills it as soon as that holds, while its output is read.
fn watched(child: &mut Child, out: BufReader<ChildStdout>, holds: impl Fn() -> bool) -> Seen {
    let reader = std::thread::spawn(move || read(out, None));
    let until = clock::instant() + PATIENCE;
    while !holds() && child.try_wait().unwrap().is_none() {
        assert!(clock::instant() < until, "the point did not come");
        std::thread::yield_now();
    }
    kill(child.id());
    reader.join().unwrap()
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    // One that has ended already waits for its parent: its number is not another's.
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Reads an output to its end; kills its writer as that many lines were read.
fn read(out: impl std::io::BufRead, point: Option<(usize, u32)>) -> Seen {
    let (mut durable, mut lines) = (Vec::new(), 0);
    for line in out.lines().map_while(Result::ok) {
        lines += 1;
        if let Some((_, pid)) = point.filter(|(at, _)| *at == lines) {
            kill(pid);
        }
        // The last one may be cut off.
        let Ok(value) = serde_json::from_str::<Value>(&line) else { continue };
        if value["type"] == "event" {
            let envelope: Envelope = serde_json::from_value(value).unwrap();
            durable.extend(envelope.event.is_durable().then_some(envelope));
        }
    }
    Seen { durable, whole: false, lines }
}

/// What the model says: the next step of the script, or the last word to who takes it up again.
fn reply(request: &Received) -> Reply {
    let body = request.json();
    let messages = body["messages"].as_array().unwrap();
    if messages.last().unwrap()["content"].to_string().contains(AGAIN) {
        return Reply::text(LAST);
    }
    let call = |id: &str, name: &str, input: Value| json!({"type": "tool_use", "id": id, "name": name, "input": input});
    let said = |text: &str| json!({"type": "text", "text": text});
    let step = messages.iter().filter(|message| message["role"] == "assistant").count();
    let blocks = match step {
        0 => vec![
            said("I look at both files."),
            call("r1", "read", json!({"path": "a.txt"})),
            call("r2", "read", json!({"path": "b.txt"})),
        ],
        1 => vec![call("w1", "write", json!({"path": "new.txt", "content": "n\n".repeat(300)}))],
        2 => vec![
            said("Now it runs."),
            call("s1", "bash", json!({"command": "./count.sh", "description": "count"})),
        ],
        3 => vec![call(
            "e1",
            "edit",
            json!({"path": "a.txt", "old_string": "two", "new_string": "zwei"}),
        )],
        4 => vec![
            call(
                "d1",
                "bash",
                json!({"command": "curl http://127.0.0.1:9/x", "description": "must not run"}),
            ),
            call("r3", "read", json!({"path": "new.txt"})),
        ],
        5 => vec![call(
            "t1",
            "todo_write",
            json!({"todos": [{"text": "all", "state": "completed"}]}),
        )],
        6 => vec![
            call("s2", "bash", json!({"command": "./count.sh", "description": "again"})),
            call("w2", "write", json!({"path": "last.txt", "content": "l\n"})),
        ],
        _ => vec![said(LAST)],
    };
    Reply::message(&blocks).pieces(97)
}
