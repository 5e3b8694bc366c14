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

/// What a group's name begins with; then comes the id of the process that made it.
const NAME: &str = "claw-";

/// What groups in a place can limit.
enum Version {
    /// All.
    Two,
    /// Processes, by the first version of cgroups.
    OneProcesses,
    /// Memory, by the same.
    OneMemory,
}

/// Where groups of this process's own may be made.
fn places() -> Vec<(Version, PathBuf)> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let place = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        let wants = |name: &str| controllers.split(',').any(|controller| controller == name);
        let mount = Path::new(MOUNT);
        match controllers {
            // A group with processes has no groups with limits below it: beside it, then.
            "" if path.is_empty() => None,
            "" => Some((Version::Two, mount.join(path).parent()?.to_owned())),
            _ if wants("pids") => Some((Version::OneProcesses, mount.join("pids").join(path))),
            _ if wants("memory") => Some((Version::OneMemory, mount.join("memory").join(path))),
            _ => None,
        }
    };
    own.lines().filter_map(place).collect()
}

/// Removes the groups of helpers that were killed before they could: those whose process is gone,
/// and which are empty. The kernel removes no other.
pub(in crate::exec::sandbox) fn sweep() {
    for (_, place) in places() {
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let maker = name.to_str().and_then(|name| name.strip_prefix(NAME)?.parse::<u32>().ok());
            if maker.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
                // What somebody is still in is for the next time.
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}

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
        for (version, within) in places() {
            match version {
                Version::Two => {
                    groups.make(&within, Some(limits.processes), limits.memory, "memory.max");
                }
                Version::OneProcesses => groups.make(&within, Some(limits.processes), None, ""),
                Version::OneMemory if limits.memory.is_some() => {
                    groups.make(&within, None, limits.memory, "memory.limit_in_bytes");
                }
                Version::OneMemory => {}
            }
        }
        groups
    }

    fn make(
        &mut self,
        within: &Path,
        processes: Option<u64>,
        memory: Option<u64>,
        memory_file: &str,
    ) {
        let dir = within.join(format!("{NAME}{}", std::process::id()));
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
