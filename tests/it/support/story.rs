//! One story for every face: a model that proposes three hunks, then a command, then shows code.

use serde_json::{Value, json};

use crate::support::messages::{Gate, Reply, Server};
use crate::support::run::Place;

/// The file that the story is about.
pub(crate) const FILE: &str = "f.txt";
/// The code block of an answer: a tab, spaces at an end, and a line longer than a screen.
pub(crate) const CODE: &str = "sed -n '20p' f.txt\nprintf 'a\tb'  \necho one two three four five six \
    seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen\n";

/// A project, and the model that works in it.
pub(crate) struct Story {
    pub(crate) place: Place,
    pub(crate) server: Server,
    /// Holds the proposal back: time to steer and to queue.
    pub(crate) thinking: Option<Gate>,
    /// Holds the last answer back: a turn to quit from.
    _endless: Gate,
}

impl Story {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        place.write(FILE, numbers());
        std::fs::create_dir(place.project.join("build")).unwrap();
        place.write("build/old", "old\n");
        for args in [&["init", "-q", "-b", "main"][..], &["add", "-A"], &["commit", "-qm", "one"]] {
            place.git(args);
        }
        let proposal = [
            said("The numbers are digits; I shall spell three of them in words."),
            call("w", "write", &json!({"path": FILE, "content": spelled(&[5, 20, 35])})),
        ];
        let (proposal, thinking) = held(Reply::message(&proposal));
        let (last, endless) = held(Reply::text("This answer goes on until somebody stops it."));
        let server = Server::start(vec![
            Reply::message(&[
                said("I read the numbers first."),
                call("r", "read", &json!({"path": FILE})),
            ]),
            proposal,
            Reply::tool("b", "bash", &json!({"command": "rm -r build", "description": "tidy up"})),
            Reply::text("Nothing was removed."),
            Reply::text(&format!(
                "All is well, and this shows it:\n\n```sh\n{CODE}```\n\nDone so."
            )),
            last,
        ]);
        Self { place, server, thinking: Some(thinking), _endless: endless }
    }

    /// The proposal goes on.
    pub(crate) fn think_on(&mut self) {
        drop(self.thinking.take());
    }

    /// The file as it is.
    pub(crate) fn file(&self) -> String {
        self.place.read(FILE).unwrap()
    }

    /// What the model was told after the proposal: one hunk went in, why not the others, and what
    /// the user said meanwhile.
    #[track_caller]
    pub(crate) fn check_part(&self) {
        assert_eq!(self.file(), spelled(&[20]), "one hunk of three");
        let told = request(&self.server.wait_for(3)[2].json());
        for wanted in ["-5", "+five", "-35", "+thirty-five", COMMENT, STEER] {
            assert!(told.contains(wanted), "{wanted} is missing:\n{told}");
        }
        assert!(!told.contains(QUEUED), "it waits for the turn's end:\n{told}");
    }

    /// The command did not run, and the model knows why.
    #[track_caller]
    pub(crate) fn check_denied(&self) {
        assert!(self.place.read("build/old").is_some(), "nothing was removed");
        let told = request(&self.server.wait_for(4)[3].json());
        assert!(told.contains(WHY_NOT), "{told}");
    }

    /// What waited was said when the turn had ended.
    #[track_caller]
    pub(crate) fn check_queued(&self) {
        let told = request(&self.server.wait_for(5)[4].json());
        assert!(told.contains(QUEUED), "{told}");
    }

    /// The last prompt that was sent.
    #[track_caller]
    pub(crate) fn check_last(&self, prompt: &str) {
        let told = request(&self.server.wait_for(6)[5].json());
        assert!(told.contains(prompt), "{told}");
    }

    /// What differs from the commit.
    pub(crate) fn diff(&self) -> String {
        self.place.git(&["diff", "--unified=0"])
    }
}

pub(crate) const PROMPT: &str = "Spell three numbers";
pub(crate) const STEER: &str = "mind the header";
pub(crate) const QUEUED: &str = "then show it";
pub(crate) const COMMENT: &str = "keep the digits";
pub(crate) const WHY_NOT: &str = "use git clean instead";

/// Forty lines that are their numbers.
pub(crate) fn numbers() -> String {
    spelled(&[])
}

/// The same, with these in words.
pub(crate) fn spelled(which: &[u32]) -> String {
    let word = |n| match n {
        5 => "five".to_owned(),
        20 => "twenty".to_owned(),
        35 => "thirty-five".to_owned(),
        n => n.to_string(),
    };
    let line = |n: u32| if which.contains(&n) { word(n) } else { n.to_string() };
    (1..=40).flat_map(|n| [line(n), "\n".to_owned()]).collect()
}

fn said(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn call(id: &str, name: &str, input: &Value) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": input})
}

/// A reply that stops after its first words.
fn held(reply: Reply) -> (Reply, Gate) {
    let text = String::from_utf8(reply.bytes().to_vec()).unwrap();
    let second = text.match_indices("event: content_block_delta").nth(1).unwrap().0;
    reply.gate_at(second)
}

/// What a request says last: everything since the model spoke.
fn request(body: &Value) -> String {
    let messages = body["messages"].as_array().unwrap();
    let user = messages.iter().rev().take_while(|message| message["role"] == "user");
    user.map(Value::to_string).collect()
}
