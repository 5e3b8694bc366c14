//! A group of its own for each command, where the system lets claw make one: the kernel then counts
//! its processes and its memory. As root this is the only limit on processes that holds.

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use crate::exec::sandbox::spec::Limits;

/// Where groups are mounted.
const MOUNT: &str = "/sys/fs/cgroup";

/// The groups of one command; gone with it.
#[derive(Debug, Default)]
pub(super) struct Groups {
    dirs: Vec<PathBuf>,
    join: Vec<File>,
    /// What they limit.
    pub(super) limited: Vec<&'static str>,
}

impl Groups {
    /// Makes the groups. What the system does not allow is left out.
    pub(super) fn new(limits: &Limits) -> Self {
        let mut groups = Self::default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        for line in own.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
            let path = path.trim_start_matches('/');
            let wants = |name: &str| controllers.split(',').any(|controller| controller == name);
            match controllers {
                // A group with processes has no groups with limits below it: beside it, then.
                "" => {
                    let beside = Path::new(MOUNT).join(path).parent().map(Path::to_owned);
                    let beside = beside.filter(|_| !path.is_empty());
                    groups.make(beside, Some(limits.processes), limits.memory, "memory.max");
                }
                _ if wants("pids") => {
                    let dir = Path::new(MOUNT).join("pids").join(path);
                    groups.make(Some(dir), Some(limits.processes), None, "");
                }
                _ if wants("memory") && limits.memory.is_some() => {
                    let dir = Path::new(MOUNT).join("memory").join(path);
                    groups.make(Some(dir), None, limits.memory, "memory.limit_in_bytes");
                }
                _ => {}
            }
        }
        groups
    }

    fn make(
        &mut self,
        within: Option<PathBuf>,
        processes: Option<u64>,
        memory: Option<u64>,
        memory_file: &str,
    ) {
        let Some(within) = within else { return };
        let dir = within.join(format!("claw-{}", std::process::id()));
        if fs::create_dir(&dir).is_err() {
            return;
        }
        let set = |file: &str, value: Option<u64>| {
            value.is_some_and(|value| fs::write(dir.join(file), value.to_string()).is_ok())
        };
        let limited =
            [("processes", set("pids.max", processes)), ("memory", set(memory_file, memory))];
        // A thread that moves itself waits for nobody; a process waits for all that fork, for 7 to
        // 20 ms. Who enters has one thread. Of the second version only processes are members.
        let mut names = ["tasks", "cgroup.procs"].into_iter();
        let join = names.find_map(|name| File::options().write(true).open(dir.join(name)).ok());
        if let Some(join) = join
            && limited.iter().any(|(_, set)| *set)
        {
            self.limited.extend(limited.iter().filter(|(_, set)| *set).map(|(name, _)| *name));
            self.join.push(join);
        }
        self.dirs.push(dir);
    }

    /// Moves this process in. A group that takes none limits nothing, and says so.
    pub(super) fn enter(&mut self) {
        for mut join in self.join.drain(..) {
            if join.write_all(b"0").is_err() {
                self.limited.clear();
            }
        }
    }

    /// This process stays outside: it only made them.
    pub(super) fn leave(&mut self) {
        self.join.clear();
    }

    /// Removes them once all processes have ended.
    pub(super) fn end(&self) {
        for dir in &self.dirs {
            // One that is not empty yet is left: it limits nothing any more.
            let _ = fs::remove_dir(dir);
        }
    }
}
