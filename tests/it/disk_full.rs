//! The log on a disk that takes no more, and then takes more again.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use claw::protocol::{Envelope, Event, StopReason};
use claw::session::{Found, read};

use crate::support::messages::{Reply, Server};
use crate::support::run::Place;
use crate::support::session::check_laws;

const PATIENCE: Duration = Duration::from_secs(30);
/// What the model says at once: more than the disk takes.
const LONG: usize = 300 << 10;

/// A disk that is too small.
#[derive(Debug, Clone, Copy)]
enum Disk {
    /// A file system of its own, with a file on it that can be taken away.
    Small,
    /// No file may become longer, until it may.
    Limit,
}

impl Disk {
    /// Is there such a thing on this machine, for this user?
    fn is_there(self) -> bool {
        let mut unshare = Command::new("unshare");
        let probe = "mount -t tmpfs -o size=64k none /mnt";
        let tried = unshare.args(["-Urm", "sh", "-c", probe]).stderr(Stdio::null()).status();
        matches!(self, Self::Limit) || tried.is_ok_and(|status| status.success())
    }

    /// The same claw, with its sessions there.
    fn around(self, claw: &Command, sessions: &Path) -> Command {
        let mut command = match self {
            Self::Small => {
                let mut unshare = Command::new("unshare");
                unshare.args(["-Urm", "sh", "-c"]);
                unshare.arg(
                    "mount -t tmpfs -o size=512k none \"$0\" && \
                     head -c 400k /dev/zero >\"$0/filler\" && exec \"$@\"",
                );
                unshare.arg(sessions);
                unshare
            }
            Self::Limit => {
                let mut shell = Command::new("sh");
                // Who is over the limit is told so instead of killed.
                shell.args(["-c", "trap '' XFSZ; ulimit -S -f 256; exec \"$@\"", "sh"]);
                shell
            }
        };
        command.arg(claw.get_program()).args(claw.get_args()).env_clear();
        command.envs(claw.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(claw.get_current_dir().unwrap());
        command
    }

    /// How the sessions of that process look from here.
    fn seen(self, child: u32, sessions: &Path) -> PathBuf {
        match self {
            Self::Small => Path::new("/proc")
                .join(child.to_string())
                .join("root")
                .join(sessions.strip_prefix("/").unwrap()),
            Self::Limit => sessions.to_owned(),
        }
    }

    /// There is room again.
    fn make_room(self, child: u32, sessions: &Path) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        match self {
            Self::Small => fs::remove_file(self.seen(child, sessions).join("filler")).unwrap(),
            Self::Limit => {
                let pid = Pid::from_raw(child.cast_signed());
                let now = prlimit(pid, Resource::Fsize, Rlimit { current: None, maximum: None });
                now.unwrap();
            }
        }
    }
}

/// claw, line by line.
struct Talk {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Talk {
    fn begin(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (told, lines) = sync_channel(1024);
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| told.send(line))
        });
        let input = child.stdin.take().unwrap();
        Self { child, input, lines }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    #[track_caller]
    fn until(&self, wanted: &str) -> String {
        let mut heard = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no {wanted:?} after {heard:#?}"));
            if line.contains(wanted) {
                return line;
            }
            heard.push(line);
        }
    }
}

/// The one log below a directory.
fn log(sessions: &Path) -> Found {
    let below = |dir: &Path| fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let dirs = below(sessions).filter(|path| path.is_dir());
    let mut files: Vec<_> = dirs.flat_map(|dir| below(&dir).collect::<Vec<_>>()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
    assert_eq!(files.len(), 1, "{files:?}");
    read(&files[0]).unwrap()
}

fn ends(log: &[Envelope]) -> Vec<StopReason> {
    let stops = log.iter().filter_map(|envelope| match &envelope.event {
        Event::TurnFinished { stop, .. } => Some(stop.clone()),
        _ => None,
    });
    stops.collect()
}

#[test]
fn a_full_disk_is_told_and_the_session_goes_on_when_there_is_room() {
    let disks = [Disk::Small, Disk::Limit];
    for disk in disks.into_iter().filter(|disk| disk.is_there()) {
        let place = Place::new();
        let sessions = place.home.path().canonicalize().unwrap().join("claw").join("sessions");
        fs::create_dir_all(&sessions).unwrap();
        let long = "a long answer ".repeat(LONG / 14);
        let server = Server::start(vec![Reply::text(&long), Reply::text("There is room again.")]);
        let mut talk = Talk::begin(disk.around(&place.claw(&server, &["--plain"]), &sessions));
        talk.say("Say a lot");
        let told = talk.until("writing the log");
        assert!(told.contains("free some space there"), "{disk:?}: {told}");

        let here = disk.seen(talk.child.id(), &sessions);
        let full = log(&here);
        assert!(full.repairs.is_empty(), "{disk:?}: {:?}", full.repairs);
        let begun = |it: &Envelope| matches!(it.event, Event::TurnStarted { .. });
        assert!(full.envelopes.iter().any(begun), "{disk:?}: what came before is there");
        assert_eq!(ends(&full.envelopes), [], "{disk:?}: and what did not fit is not");

        disk.make_room(talk.child.id(), &sessions);
        talk.say("And now?");
        talk.until("There is room again.");
        talk.until("the turn is over");
        let whole = log(&here);
        assert!(whole.repairs.is_empty(), "{disk:?}: {:?}", whole.repairs);
        assert_eq!(whole.envelopes[..full.envelopes.len()], full.envelopes, "{disk:?}");
        check_laws(&whole.envelopes);
        let stops = ends(&whole.envelopes);
        let [StopReason::Failed { error }, StopReason::EndTurn] = &stops[..] else {
            panic!("{disk:?}: {stops:?}")
        };
        assert!(error.contains("free some space there"), "{disk:?}: {error}");
        let said = |it: &Envelope| match &it.event {
            Event::MessageFinished { message } => {
                format!("{:?}", message.content).contains("a long answer")
            }
            _ => false,
        };
        assert!(whole.envelopes.iter().any(said), "{disk:?}: what waited in memory is kept");
        assert_eq!(server.requests().len(), 2, "{disk:?}");
        talk.say("/quit");
        assert!(talk.child.wait().unwrap().success(), "{disk:?}");
    }
}
