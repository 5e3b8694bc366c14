//! What the kernel says of a process.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;

/// The number after a word in a status file of the kernel.
fn field(path: &str, name: &str) -> Option<u64> {
    let status = fs::read_to_string(path).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().ok()
}

/// The resident memory in MiB now.
pub fn resident(pid: u32) -> f64 {
    field(&format!("/proc/{pid}/status"), "VmRSS").unwrap() as f64 / 1024.0
}

/// The most resident memory in MiB that it ever had.
pub fn peak(pid: u32) -> f64 {
    field(&format!("/proc/{pid}/status"), "VmHWM").unwrap() as f64 / 1024.0
}

/// The processor time it used, in seconds; the kernel counts hundredths.
pub fn cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// How often each of its threads gave the processor up to wait, and so was woken.
pub fn waits(pid: u32) -> HashMap<OsString, u64> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let waits = |thread: &fs::DirEntry| {
        field(&format!("{}/status", thread.path().display()), "voluntary_ctxt_switches")
    };
    threads.filter_map(|thread| Some((thread.file_name(), waits(&thread)?))).collect()
}

/// How often one of its threads was woken since.
pub fn woken(pid: u32, since: &HashMap<OsString, u64>) -> u64 {
    let now = waits(pid);
    now.iter().map(|(thread, waits)| waits - since.get(thread).unwrap_or(&0)).sum()
}
