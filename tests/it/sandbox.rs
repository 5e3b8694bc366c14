//! The sandbox on the real kernel: programs that try what they must not be able to do, as this user
//! and, where that is root, as nobody.
//!
//! Where this machine has no namespaces the tests say so and pass over; with
//! `CLAW_REQUIRE_SANDBOX=1` that is a failure.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use claw::audit::{Audit, Record};
use claw::exec::sandbox::{Confinement, Limits, State};
use claw::exec::{End, Finished, Order, Sandbox, Shell, Ticket, shell};
use claw::protocol::{CallId, Event, PermissionOutcome, PermissionRequest, StopReason, ToolStatus};
use seccompiler::{SeccompAction, SeccompFilter};
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::model::{Model, calls, says};
use crate::support::session::{Session, Wish, check_laws};

mod flood;
mod read;
mod work;

const NOBODY: u32 = 65534;

/// A project, a home and the program, for one user.
pub(crate) struct Fixture {
    pub(crate) dir: TempDir,
    pub(crate) user: Option<u32>,
}

impl Fixture {
    /// For this user, or for another one.
    fn new(user: Option<u32>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fixture = Self { dir, user };
        fs::set_permissions(fixture.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // Where the program was built another user may not go.
        let built = Path::new(env!("CARGO_BIN_EXE_claw"));
        if fs::hard_link(built, fixture.program()).is_err() {
            // Not by this process: what it writes to, a child of another test may hold open, and
            // then it cannot be run.
            let copied = Command::new("cp").arg(built).arg(fixture.program()).status().unwrap();
            assert!(copied.success());
        }
        for name in ["home", "project"] {
            let path = fixture.dir.path().join(name);
            fs::create_dir(&path).unwrap();
            fixture.own(&path);
        }
        fixture
    }

    /// One for this user and, where this is root, one for nobody. None where there is no sandbox.
    pub(crate) fn all() -> Vec<Self> {
        let root = rustix::process::geteuid().is_root();
        let users = [None].into_iter().chain(root.then_some(Some(NOBODY)));
        let all: Vec<_> = users.map(Self::new).collect();
        for fixture in &all {
            let status = fixture.claw(&["sandbox", "status"]).output().unwrap();
            if !status.status.success() {
                let why = text(&status.stdout) + &text(&status.stderr);
                let required = std::env::var_os("CLAW_REQUIRE_SANDBOX").is_some_and(|v| v == "1");
                assert!(!required, "the sandbox is not available here: {why}");
                eprintln!("passed over, the sandbox is not available here: {why}");
                return Vec::new();
            }
        }
        all
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("claw")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.dir.path().join("project").canonicalize().unwrap()
    }

    fn own(&self, path: &Path) {
        if let Some(user) = self.user {
            chown(path, Some(user), Some(user)).unwrap();
        }
    }

    pub(crate) fn claw(&self, args: &[&str]) -> Command {
        let mut claw = Command::new(self.program());
        claw.args(args)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.dir.path().join("home"))
            .env("CLAW_HOME", self.dir.path().join("home/claw"))
            .env("LC_ALL", "C")
            .current_dir(self.project())
            .stdin(Stdio::null());
        if let Some(user) = self.user {
            claw.uid(user).gid(user);
        }
        claw
    }

    /// Runs a script inside.
    fn inside(&self, script: &str) -> Output {
        let hide = ["sandbox", "run", "--hide", "secret", "--", "/bin/bash", "-c", script];
        self.claw(&hide).output().unwrap()
    }

    /// The same outside, as the same user.
    fn outside(&self, script: &str) -> Output {
        let mut bash = Command::new("/bin/bash");
        bash.args(["-c", script]).current_dir(self.project()).env("HOME", self.dir.path());
        if let Some(user) = self.user {
            bash.uid(user).gid(user);
        }
        bash.output().unwrap()
    }

    fn repository(&self) {
        let made = self.outside(
            "git init -q . && git config user.name n && git config user.email e@x && echo a > a \
             && git add a && git commit -qm first && mkdir secret && echo key > secret/key",
        );
        assert!(made.status.success(), "{}", text(&made.stderr));
    }

    fn audit(&self) -> Arc<Audit> {
        Arc::new(Audit::new(self.dir.path().join("audit")))
    }

    pub(crate) fn sandbox(&self) -> Sandbox {
        let (home, own) = (self.dir.path().join("home"), self.dir.path().join("home/claw"));
        fs::create_dir_all(&own).unwrap();
        Sandbox::new(self.program(), &self.project(), Some(&home), &own).unwrap()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[rustfmt::skip]
#[test]
fn what_leads_out_fails() {
    const RO: &str = "Read-only file system";
    const NO: &str = "Permission denied";
    let pid = std::process::id();
    let table: &[(&str, &[&str])] = &[
        // the files outside
        ("echo x > /etc/claw-test",                          &[RO]),
        (": > /etc/hostname",                                &[RO]),
        ("echo x >> /etc/hostname",                          &[RO]),
        ("ln -s /etc/hostname link; echo x > link",          &[RO]),
        ("ln -s /etc out; echo x > out/claw-test",           &[RO]),
        ("ln /etc/hostname hard",                            &["Invalid cross-device link"]),
        ("chmod 600 /etc/hostname",                          &[RO]),
        ("chown 0 /etc/hostname",                            &[RO]),
        ("touch -c -d @0 /etc/hostname",                     &[RO]),
        ("rm /etc/hostname",                                 &[RO]),
        ("mv /etc/hostname h",                               &[RO]),
        ("mkdir /claw-test",                                 &[RO]),
        ("mv \"$PWD\" ../elsewhere",                         &["Device or resource busy", RO]),
        ("rmdir \"$PWD\" 2>&1; mv ../project ../p",          &["Device or resource busy", RO]),
        ("echo x > /proc/sys/kernel/hostname",               &[RO]),
        ("echo c > /proc/sysrq-trigger",                     &[RO, "No such file"]),
        ("echo 1 > /sys/power/state",                        &[RO, "No such file", NO]),
        // what governs git and claw, there or not
        ("echo x >> .git/config",                            &[RO]),
        ("rm .git/config",                                   &["Device or resource busy"]),
        ("git config core.fsmonitor evil",                   &["Device or resource busy", RO]),
        ("echo x > .git/hooks/pre-commit",                   &[RO]),
        ("mv .git/hooks .git/h",                             &["Device or resource busy"]),
        ("echo x > .git/commondir",                          &[RO]),
        ("mv .git/commondir .git/c",                         &["Device or resource busy"]),
        ("python3 -c 'import os; os.rename(\".git\", \"g\")'",   &["Device or resource busy"]),
        ("mv .git git",                                      &["Device or resource busy"]),
        ("rm -rf .git/hooks; ls -d .git/hooks && false",     &["Device or resource busy", RO]),
        ("echo x > .claw/config.toml",                       &[RO]),
        ("rmdir .claw",                                      &["Device or resource busy"]),
        ("mv .claw c",                                       &["Device or resource busy"]),
        ("rm -f .claw; ln -s /tmp .claw/x",                  &[RO]),
        // another's socket
        ("python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"../home/docker.sock\")'", &["Operation not permitted"]),
        // secrets
        ("cat secret/key",                                   &[NO]),
        ("ls secret",                                        &[NO]),
        ("tar -cf /dev/null secret",                         &[NO]),
        ("tar -cf t.tar secret/key",                         &[NO]),
        ("cp -r secret copy",                                &[NO]),
        ("grep -r key secret",                               &[NO]),
        ("chmod 700 secret",                                 &[RO]),
        ("mv secret s",                                      &["Device or resource busy"]),
        ("cat /etc/shadow",                                  &[NO]),
        // devices, processes, network
        ("head -c1 /dev/vda",                                &["No such file"]),
        ("head -c1 /dev/mem",                                &["No such file"]),
        ("echo x > /dev/tty",                                &["No such file", RO, NO]),
        ("mknod d b 254 0",                                  &["Operation not permitted", NO]),
        ("echo x > /dev/tcp/192.0.2.1/9",                    &["Network is unreachable"]),
        ("echo x > /dev/udp/192.0.2.1/9",                    &["Network is unreachable"]),
        ("echo x > /dev/tcp/127.0.0.1/9",                    &["Connection refused"]),
        (&format!("kill -0 {pid}"),                          &["No such process"]),
        (&format!("cat /proc/{pid}/environ"),                &["No such file"]),
        ("test $(ls -d /proc/[0-9]* | wc -l) -lt 9 && ls /x", &["No such file"]),
        ("ulimit -u unlimited",                              &["Operation not permitted", "cannot modify limit"]),
    ];
    for fixture in Fixture::all() {
        fixture.repository();
        let socket = fixture.dir.path().join("home/docker.sock");
        let _docker = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        fixture.own(&socket);
        let before = fs::read("/etc/hostname").ok();
        for (script, wanted) in table {
            let got = fixture.inside(script);
            let said = text(&got.stdout) + &text(&got.stderr);
            let as_who = fixture.user.map_or("this user", |_| "nobody");
            // What is not theirs is refused to nobody by its mode already.
            let theirs = [NO, "Operation not permitted"];
            let root = rustix::process::geteuid().is_root() && fixture.user.is_none();
            let theirs = theirs.iter().filter(|_| !root);
            let mut wanted = wanted.iter().chain(theirs);
            assert!(wanted.any(|wanted| said.contains(wanted)), "{as_who}: {script}: {said}");
            assert!(!got.status.success(), "{as_who}: {script}: it was done");
            eprintln!("{as_who:<10} {script:<50} {}", said.trim().replace('\n', " | "));
        }
        assert_eq!(fs::read("/etc/hostname").ok(), before);
        assert!(!fixture.project().join(".claw").exists(), "what was made is gone");
        assert!(!fixture.project().join(".git/commondir").exists(), "this, too");
        assert!(fixture.outside("git status && git worktree list").status.success());
    }
}

/// Makes system calls by their numbers and prints the name of the error of each.
#[cfg(target_arch = "x86_64")]
const SYSCALLS: &str = r"
import ctypes, errno, os, socket, fcntl, threading
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    ctypes.set_errno(0)
    got = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    print(name, errno.errorcode.get(ctypes.get_errno(), '0') if got < 0 else 'DONE')
def made(name, *args):
    try: socket.socket(*args); print(name, 'DONE')
    except OSError as e: print(name, errno.errorcode[e.errno])
call('mount', 165, b'none', b'/mnt', b'tmpfs', 0, 0)
call('umount', 166, b'/proc', 2)
call('pivot_root', 155, b'/', b'/')
call('chroot', 161, b'/')
call('open_tree', 428, -100, b'/', 1)
call('move_mount', 429, -100, b'/', -100, b'/', 0)
call('fsopen', 430, b'tmpfs', 0)
call('mount_setattr', 442, -100, b'/', 0, 0, 0)
call('unshare', 272, 0x10000000)
call('setns', 308, 0, 0)
call('clone', 56, 0x10000000 | 17, 0, 0, 0, 0)
call('clone3', 435, 0, 0)
call('userns', 272, 0x10000000 | 0x20000)
call('ptrace', 101, 16, 1, 0, 0)
call('process_vm_readv', 310, 1, 0, 0, 0, 0, 0)
call('pidfd_getfd', 438, 0, 0, 0)
call('io_uring_setup', 425, 1, 0)
call('bpf', 321, 0, 0, 0)
call('perf_event_open', 298, 0, 0, -1, -1, 0)
call('userfaultfd', 323, 0)
call('keyctl', 250, 0, -3, 0)
call('add_key', 248, b'user', b'x', b'y', 1, -3)
call('open_by_handle_at', 304, 0, 0, 0)
call('init_module', 175, 0, 0, b'')
call('kexec_load', 246, 0, 0, 0, 0)
call('reboot', 169, 0, 0, 0, 0)
call('sethostname', 170, b'x', 1)
call('settimeofday', 164, 0, 0)
call('setuid', 105, 0 if os.getuid() else 1)
call('socket', 41, 1, 1, 0)
made('AF_UNIX', socket.AF_UNIX, socket.SOCK_STREAM)
made('AF_VSOCK', 40, socket.SOCK_STREAM)
made('AF_PACKET', 17, socket.SOCK_RAW)
made('AF_ALG', 38, 5)
made('raw', socket.AF_INET, socket.SOCK_RAW, 1)
try: fcntl.ioctl(0, 0x5412, b'x'); print('TIOCSTI DONE')
except OSError as e: print('TIOCSTI', errno.errorcode[e.errno])
a, b = socket.socketpair(); print('socketpair DONE')
s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('loopback DONE')
t = threading.Thread(target=lambda: print('thread DONE')); t.start(); t.join()
";

#[cfg(target_arch = "x86_64")]
#[test]
fn what_leads_up_fails() {
    for fixture in Fixture::all() {
        fs::write(fixture.project().join("try.py"), SYSCALLS).unwrap();
        let got = fixture.inside("python3 try.py");
        assert!(got.status.success(), "{}", text(&got.stderr));
        let as_who = fixture.user.map_or("this user", |_| "nobody");
        let said = text(&got.stdout);
        let lines: Vec<_> = said.lines().filter_map(|line| line.split_once(' ')).collect();
        assert_eq!(lines.len(), SYSCALLS.matches("\ncall(").count() + 9, "{said}");
        for (name, errno) in lines {
            let wanted: &[&str] = match name {
                "clone3" => &["ENOSYS"],
                "socketpair" | "loopback" | "thread" => &["DONE"],
                // Who is nobody else there cannot become another.
                "setuid" => &["EPERM", "EINVAL"],
                _ => &["EPERM"],
            };
            assert!(wanted.contains(&errno), "{as_who}: {name}: {errno}");
            eprintln!("{as_who:<10} {name:<20} {errno}");
        }
        // The x32 numbers, which go past a filter by number.
        let x32 = "python3 -c 'import ctypes; ctypes.CDLL(None).syscall(0x40000000 | 39)'; exit $?";
        let got = fixture.inside(x32);
        assert_eq!(got.status.code(), Some(128 + 31), "{as_who}: killed by SIGSYS");
    }
}

#[test]
fn work_goes_on_inside() {
    let cargo = std::env::var("CARGO").unwrap();
    let tools = Path::new(&cargo).parent().unwrap().to_owned();
    for fixture in Fixture::all() {
        fixture.repository();
        let script = "set -e; echo b > a; mkdir -p d/e; mv a d/e/a; git add -A; git commit -qm second; \
                      git log --format=%s; git status --short; git checkout -q -b other; \
                      git tag t; git stash list; python3 -c 'print(6 * 7)'; echo $TMPDIR; \
                      mktemp > /dev/null; echo x > /dev/null; head -c 3 /dev/zero | wc -c";
        let got = fixture.inside(script);
        assert_eq!(text(&got.stdout), "second\nfirst\n42\n/tmp\n3\n", "{}", text(&got.stderr));
        assert_eq!(text(&fixture.outside("git log --format=%s").stdout), "second\nfirst\n");
        assert!(fixture.project().join("d/e/a").exists());
        assert_eq!(fixture.inside("exit 7").status.code(), Some(7));
        assert_eq!(fixture.inside("echo $$; [ -w . ]").status.code(), Some(0));

        // Tools in another user's home are out of that user's reach in any case.
        if fixture.user.is_none() {
            let new = "set -e; cargo init -q --name small --vcs none small; cd small; \
                       cargo build -q --offline; cargo test -q --offline; cargo run -q --offline";
            let path = format!("PATH={}:$PATH; export PATH; {new}", tools.display());
            let got = fixture.inside(&path);
            assert!(text(&got.stdout).ends_with("Hello, world!\n"), "{}", text(&got.stderr));
        }
    }
}

#[test]
fn an_own_cache_changes_for_this_project_alone() {
    for fixture in Fixture::all() {
        let home = fixture.dir.path().join("home");
        let seen = |name: &str| fixture.inside(&format!("cat $XDG_CACHE_HOME/{name}"));
        let wrote = fixture.inside("echo mine > $XDG_CACHE_HOME/x && echo no > ~/x");
        assert!(!wrote.status.success(), "home is not writable");
        assert_eq!(text(&seen("x").stdout), "mine\n", "it stays for the next command");
        assert!(!home.join(".cache").exists());
    }
}

#[test]
fn nothing_survives_a_command() {
    for fixture in Fixture::all() {
        let mark = format!("9{}", std::process::id());
        let script = format!("setsid sleep {mark} & (sleep {mark} &) ; disown -a; echo started");
        assert_eq!(text(&fixture.inside(&script).stdout), "started\n");
        assert!(!runs(&mark));
    }
}

/// Is there a process that has this word among its arguments?
fn runs(word: &str) -> bool {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .any(|line| line.split(|byte| *byte == 0).any(|arg| arg == word.as_bytes()))
}

const LONG: Duration = Duration::from_secs(30);

/// Runs a script that was decided on.
pub async fn started(
    order: Order<'_>,
    timeout: Duration,
    watch: impl FnMut(String, u64),
    cancel: &CancellationToken,
) -> Finished {
    let dir = tempfile::tempdir().unwrap();
    let audit = Arc::new(Audit::new(dir.path().join("audit")));
    let about = |entry| Record { entry, ..Record::helper(String::new(), PathBuf::new()) };
    let ticket = Ticket::issue(order, audit, about).await.unwrap();
    shell(Shell { order, ticket: &ticket, timeout, spill: order.cwd }, watch, cancel).await.unwrap()
}

#[tokio::test]
async fn a_confined_script_ends_like_any_other() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let (sandbox, cwd) = (fixture.sandbox(), fixture.project());
    let order = |script| Order { script, cwd: &cwd, env: &[], sandbox: Some(&sandbox), policy: "" };
    let never = CancellationToken::new();
    let run = async |script| started(order(script), LONG, |_, _| {}, &never).await;
    let got = run("echo a; echo b >&2; exit 3").await;
    assert_eq!((got.text.as_str(), got.left_running), ("a\nb\n", false));
    assert!(matches!(got.end, End::Exited(status) if status.code() == Some(3)));

    let got = run("sleep 300 & echo on").await;
    assert!(got.left_running && got.text == "on\n");
    let got = run("kill -SEGV $$").await;
    assert!(matches!(got.end, End::Exited(status) if !status.success()), "{:?}", got.end);

    let mark = format!("8{}", std::process::id());
    let script = format!("setsid sleep {mark} & echo on; wait");
    let cancel = CancellationToken::new();
    let watch = |tail: String, _| {
        if !tail.is_empty() {
            cancel.cancel();
        }
    };
    let got = started(order(&script), LONG, watch, &cancel).await;
    assert_eq!(got.end, End::Cancelled);
    assert!(!runs(&mark));

    let (stubborn, short) = (order("trap '' TERM; sleep 300"), Duration::from_millis(300));
    assert_eq!(started(stubborn, short, |_, _| {}, &never).await.end, End::TimedOut);
    let env = [("EXTRA".into(), "1".into())];
    let told = Order { env: &env, ..order("echo $EXTRA") };
    assert_eq!(started(told, LONG, |_, _| {}, &never).await.text, "1\n");
}

#[tokio::test]
async fn limits_hold() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let limits = Limits { processes: 64, file: 1 << 20, open: 32, memory: None };
    let sandbox = Sandbox { limits, ..fixture.sandbox() };
    let cwd = fixture.project();
    let forks = "import os, time\nn = 0\ntry:\n  while n < 200:\n    if os.fork() == 0: time.sleep(300)\n    \
                 n += 1\nexcept OSError as e: print(e.errno)\nprint(n)";
    let script = format!(
        "head -c 2M /dev/zero > big; echo $?; stat -c %s big; ulimit -n; python3 -c '{forks}'"
    );
    let script = script.as_str();
    let order = Order { script, cwd: &cwd, env: &[], sandbox: Some(&sandbox), policy: "" };
    let got = started(order, LONG, |_, _| {}, &CancellationToken::new()).await;
    let lines: Vec<_> = got.text.lines().filter(|line| line.parse::<u64>().is_ok()).collect();
    assert_eq!(&lines[..3], ["153", "1048576", "32"], "{}", got.text);
    let status = sandbox.test(&fixture.audit()).await;
    // Root is not counted by user: there it takes a cgroup.
    if !rustix::process::geteuid().is_root() || status.counted.contains("processes") {
        assert_eq!(lines[3], "11", "EAGAIN in {}", got.text);
        assert!(lines[4].parse::<u64>().unwrap() < 64, "{}", got.text);
    }
}

#[test]
fn the_groups_of_a_killed_helper_are_gone_after_the_next_self_test() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let mut helper = fixture.claw(&["sandbox", "run", "--", "sh", "-c", "echo on; exec sleep 300"]);
    let mut helper = helper.stdout(Stdio::piped()).spawn().unwrap();
    let mut on = [0; 3];
    helper.stdout.take().unwrap().read_exact(&mut on).unwrap();
    let name = format!("claw-{}", helper.id());
    let all = || walk(Path::new("/sys/fs/cgroup"), &name, 3);
    let made = all();
    helper.kill().unwrap();
    helper.wait().unwrap();
    // Where no group may be made there is none to be left.
    let left = |dir: &PathBuf| !fs::read_to_string(dir.join("cgroup.procs")).unwrap().is_empty();
    while made.iter().any(|dir| dir.exists() && left(dir)) {
        std::thread::yield_now();
    }
    assert!(fixture.claw(&["sandbox", "selftest"]).output().unwrap().status.success());
    assert_eq!(all(), Vec::<PathBuf>::new());
    let log = fs::read_to_string(fixture.dir.path().join("home/claw/audit/log.jsonl")).unwrap();
    assert!(log.contains("__sandbox"), "the self-test's helper is written down: {log}");
}

/// The directories of this name at most `deep` levels below.
fn walk(dir: &Path, name: &str, deep: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir && entry.file_name() == name {
            found.push(entry.path());
        } else if is_dir && deep > 0 {
            found.extend(walk(&entry.path(), name, deep - 1));
        }
    }
    found
}

#[tokio::test]
async fn an_allowed_command_runs_confined_without_a_question() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let command = json!({"command": "touch made /etc/claw-test"});
    let model = Model::new(vec![calls(&[("b", "bash", command)]), says("done")]);
    let wish = Wish { allow: vec!["Bash(touch:*)"], ..Wish::default() };
    let dir = tempfile::tempdir().unwrap();
    let mut setup = crate::support::session::setup(dir.path(), model, &wish);
    setup.sandbox = Arc::new(Confinement::on(Ok(Sandbox {
        roots: vec![setup.root.clone()],
        ..fixture.sandbox()
    })));
    setup.mode = claw::protocol::Mode::Bypass;
    let handle = claw::engine::Handle::new(setup);
    let mut session = Session::open(dir, handle, claw::engine::Start::New).await;
    session.prompt("go");
    assert_eq!(session.stop().await, StopReason::EndTurn);
    let (_, call) = session.state.call(&CallId::from("b")).unwrap();
    let outcome = call.outcome.as_ref().unwrap();
    assert_eq!(outcome.status, ToolStatus::Failed, "{}", outcome.text);
    assert!(outcome.text.contains("Read-only file system"), "{}", outcome.text);
    assert!(session.file("made").exists() && !Path::new("/etc/claw-test").exists());
    let asked = |event: &Event| matches!(event, Event::PermissionRequested { .. });
    assert!(!session.seen.iter().any(|envelope| asked(&envelope.event)));
    check_laws(&claw::session::read(&session.log()).unwrap().envelopes);
}

/// Runs on a thread of a kernel without namespaces and without Landlock: a filter answers so.
fn on_an_old_kernel<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let filtered = move || {
        let missing = [
            libc::SYS_unshare,
            libc::SYS_landlock_create_ruleset,
            libc::SYS_landlock_add_rule,
            libc::SYS_landlock_restrict_self,
        ];
        let calls: BTreeMap<_, _> = missing.map(|call| (call, Vec::new())).into();
        let errno = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
        let arch = std::env::consts::ARCH.try_into().unwrap();
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, errno, arch).unwrap();
        let filter: seccompiler::BpfProgram = filter.try_into().unwrap();
        seccompiler::apply_filter(&filter).unwrap();
        run()
    };
    std::thread::spawn(filtered).join().unwrap()
}

#[test]
fn without_a_layer_the_status_says_so() {
    let fixture = Fixture::new(None);
    let status = on_an_old_kernel(move || {
        let status = fixture.claw(&["sandbox", "status"]).output().unwrap();
        let run = fixture.claw(&["sandbox", "run", "--", "touch", "made"]).output().unwrap();
        assert!(!fixture.project().join("made").exists(), "it does not run unconfined");
        assert_eq!(run.status.code(), Some(1));
        assert!(text(&run.stderr).contains("namespaces"), "{}", text(&run.stderr));
        status
    });
    let said = text(&status.stdout);
    assert_eq!(status.status.code(), Some(1), "{said}");
    assert!(said.contains("problem     namespaces: making namespaces: "), "{said}");
    assert!(!said.contains(" holds\n"), "nothing is claimed: {said}");
}

#[test]
fn without_a_layer_every_command_asks() {
    let fixture = Fixture::new(None);
    on_an_old_kernel(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for unattended in [false, true] {
                let confinement = Arc::new(Confinement::on(Ok(fixture.sandbox())));
                let state = confinement.state(&fixture.audit()).await;
                assert!(matches!(state, State::Unavailable(_)), "{state:?}");
                let command = json!({"command": "touch made"});
                let model = Model::new(vec![calls(&[("b", "bash", command)]), says("done")]);
                let mut wish = Wish { allow: vec!["Bash(touch:*)"], ..Wish::default() };
                wish.mode = claw::protocol::Mode::Bypass;
                wish.limits.unattended = unattended;
                let dir = tempfile::tempdir().unwrap();
                let mut setup = crate::support::session::setup(dir.path(), model, &wish);
                setup.sandbox = confinement;
                let handle = claw::engine::Handle::new(setup);
                let mut session = Session::open(dir, handle, claw::engine::Start::New).await;
                let notice = |event: &Event| matches!(event, Event::Notice { text, .. } if text.contains("sandbox is not available"));
                if !unattended {
                    session.until(notice).await;
                }
                session.prompt("go");
                let asked = |event: &Event| matches!(event, Event::PermissionRequested { .. });
                let Event::PermissionRequested { request } = session.until(asked).await else {
                    unreachable!()
                };
                assert!(request.reason.starts_with("the sandbox is not available: namespaces: "), "{}", request.reason);
                assert_eq!(request.rule, None, "there is no always for this");
                if !unattended {
                    let outcome = PermissionOutcome::AllowOnce;
                    let PermissionRequest { id: request, hash, .. } = request;
                    session.send(claw::protocol::Op::Decide { request, hash, outcome });
                }
                assert_eq!(session.stop().await, StopReason::EndTurn);
                assert_eq!(session.file("made").exists(), !unattended);
                // Nobody looks at a run without a screen: there it is tried when something is called.
                assert!(session.seen.iter().any(|envelope| notice(&envelope.event)));
            }
        });
    });
}

#[test]
fn the_self_test_names_what_it_tried() {
    for fixture in Fixture::all() {
        let got = fixture.claw(&["sandbox", "selftest"]).output().unwrap();
        let said = text(&got.stdout);
        assert!(got.status.success(), "{said}");
        for wanted in [
            "make a file in /etc: EROFS",
            "reach the network: ENETUNREACH",
            "signal a process outside: ESRCH",
            "make a socket in the file system: EPERM",
            "make a user namespace: EPERM",
        ] {
            assert!(said.contains(wanted), "{wanted} in {said}");
        }
        assert!(!said.contains("NOT REFUSED"), "{said}");
    }
}
