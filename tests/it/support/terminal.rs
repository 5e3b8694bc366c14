//! The built binary in a terminal of its own. Waits are for states of the screen, never for time.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use claw::base::clock;
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;

/// How long a state of the screen may take to come on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal with a program in it. Dropping it kills the program.
pub struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    seen: Arc<Seen>,
    status: Option<ExitStatus>,
}

struct Seen {
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    parser: vt100::Parser,
    /// Every byte that was written.
    bytes: Vec<u8>,
    /// When they came: how many there were, and from then on more.
    arrived: Vec<(usize, Instant)>,
    /// The program closed its terminal.
    closed: bool,
}

impl Inner {
    /// No frame is half there, as far as the terminal was told where frames begin and end.
    fn is_whole(&self) -> bool {
        let last = self.bytes.windows(8).rev().find(|bytes| bytes.starts_with(b"\x1b[?2026"));
        last.is_none_or(|bytes| bytes.ends_with(b"l"))
    }
}

/// An own home, and how to start claw in it.
pub struct Home {
    pub dir: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The environment of a program under test: nothing of ours but `PATH`.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let home = self.path().display().to_string();
        vec![
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", home.clone()),
            ("CLAW_HOME", format!("{home}/claw")),
            ("TERM", "xterm-256color".to_owned()),
            ("COLORTERM", "truecolor".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TMPDIR", home),
        ]
    }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Terminal {
    /// Starts claw with `args` in `cwd`, on a terminal of `columns` by `rows`.
    pub fn start(home: &Home, cwd: &Path, args: &[&str], (columns, rows): (u16, u16)) -> Self {
        Self::start_with(home, cwd, args, &[], (columns, rows))
    }

    /// The same, with more in its environment.
    pub fn start_with(
        home: &Home,
        cwd: &Path,
        args: &[&str],
        env: &[(&str, &str)],
        size: (u16, u16),
    ) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_claw"));
        Self::start_program(program, home, cwd, args, env, size, Says::What)
    }

    /// Any program, on a terminal that says this much of itself.
    pub fn start_program(
        program: &Path,
        home: &Home,
        cwd: &Path,
        args: &[&str],
        env: &[(&str, &str)],
        (columns, rows): (u16, u16),
        says: Says,
    ) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let command = Command::new(program)
            .args(args)
            .env_clear()
            .envs(home.env())
            .envs(env.iter().copied())
            .current_dir(cwd);
        let child = command.spawn(pts).unwrap();
        let pty = Arc::new(pty);
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let seen = Arc::new(Seen {
            inner: Mutex::new(Inner {
                parser,
                bytes: Vec::new(),
                arrived: Vec::new(),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let (reader, shown) = (pty.clone(), seen.clone());
        std::thread::spawn(move || read(&reader, &shown, says));
        Self { pty, child, seen, status: None }
    }

    /// Types: `text` as it is, control characters as escapes of the terminal.
    pub fn press(&self, text: &str) {
        // Who has ended reads nothing: what is waited for next says so.
        let _ = (&*self.pty).write_all(text.as_bytes());
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        self.wait_so_long(what, PATIENCE, wanted);
    }

    /// Waits until the screen shows `text`, at most so long.
    #[track_caller]
    pub fn wait_long(&self, text: &str, patience: Duration) {
        self.wait_so_long(text, patience, |screen| screen.contents().contains(text));
    }

    #[track_caller]
    fn wait_so_long(
        &self,
        what: &str,
        patience: Duration,
        wanted: impl Fn(&vt100::Screen) -> bool,
    ) {
        self.wait_inner(what, patience, |inner| wanted(inner.parser.screen()));
    }

    /// Waits until everything that was written so far is as wanted.
    #[track_caller]
    pub fn wait_bytes(&self, what: &str, wanted: impl Fn(&[u8]) -> bool) {
        self.wait_inner(what, PATIENCE, |inner| wanted(&inner.bytes));
    }

    #[track_caller]
    fn wait_inner(&self, what: &str, patience: Duration, wanted: impl Fn(&Inner) -> bool) {
        let inner = self.seen.inner.lock().unwrap();
        // The patience is for all changes together: a screen that moves is not yet as wanted.
        let wait = self.seen.changed.wait_timeout_while(inner, patience, |inner| {
            !(inner.closed || inner.is_whole() && wanted(inner))
        });
        let (inner, _) = wait.unwrap();
        let end = if inner.closed { "ended before" } else { "not seen" };
        assert!(wanted(&inner), "{end}: {what}\n{}", inner.parser.screen().contents());
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// The screen as text.
    pub fn contents(&self) -> String {
        self.seen.inner.lock().unwrap().parser.screen().contents()
    }

    /// Every byte that was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.inner.lock().unwrap().bytes.clone()
    }

    /// How many bytes were written so far.
    pub fn written(&self) -> usize {
        self.seen.inner.lock().unwrap().bytes.len()
    }

    /// When the byte at `at` of all that was written came.
    pub fn arrival(&self, at: usize) -> Instant {
        let inner = self.seen.inner.lock().unwrap();
        let after = inner.arrived.partition_point(|(from, _)| *from <= at);
        inner.arrived[after - 1].1
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Looks at the screen.
    pub fn screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.seen.inner.lock().unwrap().parser.screen())
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut inner = self.seen.inner.lock().unwrap();
        inner.parser.set_size(cells(rows), cells(columns));
        self.pty.resize(Size::new(rows, columns)).unwrap();
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the program is stopped, as a shell would.
    #[track_caller]
    pub fn wait_stopped(&self) {
        let pid = Pid::from_child(&self.child);
        let look = WaitOptions::UNTRACED | WaitOptions::NOHANG;
        let status = poll("it is stopped", || waitpid(Some(pid), look).unwrap());
        assert!(status.1.stopped(), "{status:?}");
    }

    /// Does the terminal edit and echo lines by itself, as a shell's does?
    pub fn is_cooked(&self) -> bool {
        let modes = tcgetattr(&*self.pty).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Types the same again and again until the program ends: keys that come too soon after a
    /// question go nowhere.
    #[track_caller]
    pub fn press_to_end(&self, keys: &str) {
        for _ in 0..100 {
            self.press(keys);
            let inner = self.seen.inner.lock().unwrap();
            let pause = Duration::from_millis(200);
            let wait = self.seen.changed.wait_timeout_while(inner, pause, |inner| !inner.closed);
            if wait.unwrap().0.closed {
                return;
            }
        }
        panic!("{keys:?} does not end it:\n{}", self.contents());
    }

    /// Types the same again and again until the screen is as wanted: keys that come too soon after
    /// a question go nowhere.
    #[track_caller]
    pub fn press_until(&self, keys: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        for _ in 0..100 {
            self.press(keys);
            let inner = self.seen.inner.lock().unwrap();
            let pause = Duration::from_millis(200);
            let wait = self.seen.changed.wait_timeout_while(inner, pause, |inner| {
                !(inner.closed || inner.is_whole() && wanted(inner.parser.screen()))
            });
            if wanted(wait.unwrap().0.parser.screen()) {
                return;
            }
        }
        panic!("{keys:?} does not bring it:\n{}", self.contents());
    }

    /// Waits for the end: the exit code, or 128 and the signal.
    #[track_caller]
    pub fn exit_code(&mut self) -> i32 {
        // Everything it wrote has to be read before the screen is judged.
        self.wait_inner("the end", PATIENCE, |inner| inner.closed);
        let status = poll("it has ended", || self.child.try_wait().unwrap());
        self.status = Some(status);
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
    }
}

/// Asks again and again until there is an answer: what the system tells nobody who waits with a
/// deadline.
#[track_caller]
fn poll<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = clock::instant() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(clock::instant() < end, "not seen: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// What the terminal answers when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Nothing at all.
    Nothing,
    /// What it is (DA1), as all terminals do.
    What,
    /// Also its ground, in the form of X11.
    Ground(&'static str),
}

fn read(pty: &Pty, seen: &Seen, says: Says) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        // The end of a terminal is an error on Linux.
        let got = (&*pty).read(&mut buffer).unwrap_or(0);
        let came = clock::instant();
        // A test that failed while it looked has said why.
        let Ok(mut inner) = seen.inner.lock() else { return };
        let before = inner.bytes.len();
        inner.arrived.push((before, came));
        inner.closed = got == 0;
        inner.bytes.extend_from_slice(&buffer[..got]);
        inner.parser.process(&buffer[..got]);
        if let Says::Ground(colour) = says
            && buffer[..got].windows(6).any(|bytes| bytes == b"\x1b]11;?")
        {
            let _ = (&*pty).write_all(format!("\x1b]11;{colour}\x07").as_bytes());
        }
        if says != Says::Nothing && buffer[..got].windows(3).any(|bytes| bytes == b"\x1b[c") {
            let _ = (&*pty).write_all(b"\x1b[?62;22c");
        }
        seen.changed.notify_all();
        if got == 0 {
            return;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.status.is_none() {
            // A child that outlives a failed test keeps the run open.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
