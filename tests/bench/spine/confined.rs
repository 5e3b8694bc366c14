//! What the sandbox costs: the same script bare and confined, turn by turn.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use claw::audit::{Audit, Record};
use claw::exec::{End, Order, Sandbox, Shell, Ticket, shell};
use tokio_util::sync::CancellationToken;

use crate::{Home, ms, project, row};

/// How often each is run.
const ROUNDS: usize = 100;

/// How long the model thinks between two commands: that is when the next helper is made ready.
const THINKS: Duration = Duration::from_millis(60);

/// Runs a script; how long that took.
async fn timed(cwd: &Path, spill: &Path, sandbox: Option<&Sandbox>) -> Duration {
    let timeout = Duration::from_secs(30);
    let order = Order { script: "true", cwd, env: &[], sandbox, policy: "" };
    let audit = Arc::new(Audit::new(spill.join("audit")));
    let about = |entry| Record { entry, ..Record::helper(String::new(), PathBuf::new()) };
    let ticket = Ticket::issue(order, audit, about).await.unwrap();
    let it = Shell { order, ticket: &ticket, timeout, spill };
    let began = Instant::now();
    let ended = shell(it, |_, _| {}, &CancellationToken::new()).await.unwrap();
    let took = began.elapsed();
    assert!(matches!(ended.end, End::Exited(status) if status.success()), "{}", ended.text);
    tokio::time::sleep(THINKS).await;
    took
}

/// Seconds of processor time that the children of this process took.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(13) + ticks(14)) / 100.0
}

pub(crate) fn confined() {
    let home = Home::new();
    let root = project(&home).canonicalize().unwrap();
    let own = home.path().join("claw");
    fs::create_dir_all(&own).unwrap();
    let helper = env!("CARGO_BIN_EXE_claw");
    let sandbox = Sandbox::new(helper, &root, Some(home.path()), &own).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut bare, mut inside) = (Vec::new(), Vec::new());
    let mut used = [0.0; 2];
    runtime.block_on(async {
        timed(&root, &own, Some(&sandbox)).await;
        for _ in 0..ROUNDS {
            let before = children();
            bare.push(timed(&root, &own, None).await);
            let between = children();
            inside.push(timed(&root, &own, Some(&sandbox)).await);
            used[0] += between - before;
            used[1] += children() - between;
        }
    });
    for times in [&mut bare, &mut inside] {
        times.sort();
    }
    let at = |times: &[Duration], percent| times[times.len() * percent / 100];
    for (name, percent, bar) in [("p50", 50, "≤ 10 ms more"), ("p95", 95, "")] {
        row(&format!("a bare command, {name}"), ms(at(&bare, percent)), "");
        row(&format!("  the same confined, {name}"), ms(at(&inside, percent)), bar);
    }
    let each = |used: f64| format!("{:.1} ms", used / ROUNDS as f64 * 1000.0);
    row("  processor time of a bare command", each(used[0]), "");
    row("  processor time of a confined one", each(used[1]), "");
}
