//! `claw sandbox`: what confines the commands of a model, tried, shown, used.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use crate::audit::Audit;
use crate::cli::args::{Flags, SandboxCommand};
use crate::cli::setup::Place;
use crate::cli::{Wrong, runtime};
use crate::exec::sandbox::{Sandbox, Status};

/// Does what was asked. The exit code: 0 where all layers hold, 1 where not; that of the command.
pub(super) fn run(what: SandboxCommand, flags: &Flags) -> Result<u8, Wrong> {
    let place = Place::find(flags)?;
    place.paths.create()?;
    let policy = place.policy()?;
    let sandbox = place.sandbox(&policy).map_err(|why| Wrong::Failed(anyhow!("{why}")))?;
    let audit = Arc::new(Audit::new(place.paths.audit.clone()));
    let (status, shown) = match what {
        SandboxCommand::Run { hide, allow_host, command } => {
            let hide = hide.iter().map(|path| place.root.join(path));
            let masked = sandbox.masked.into_iter().chain(hide).collect();
            let network = sandbox.network.with(allow_host);
            let sandbox = Sandbox { masked, network, ..sandbox };
            return sandbox.run_here(&place.root, command).map_err(Wrong::Failed);
        }
        SandboxCommand::Status => {
            let status = runtime(flags)?.block_on(sandbox.test(&audit));
            let shown = format!("{status}{}", places(&sandbox));
            (status, shown)
        }
        SandboxCommand::Selftest => {
            let status = runtime(flags)?.block_on(sandbox.test(&audit));
            let shown = attempts(&status);
            (status, shown)
        }
    };
    let written = io::stdout().write_all(shown.as_bytes());
    written.context("writing what was found")?;
    Ok(u8::from(!status.holds()))
}

fn places(sandbox: &Sandbox) -> String {
    let mut shown = format!("network     {}\n", sandbox.network);
    let mut list = |what: &str, path: &Path| {
        // Writing to a string does not fail.
        let _ = writeln!(shown, "{what:<12}{}", path.display());
    };
    for root in &sandbox.roots {
        list("writable", root);
    }
    for cache in &sandbox.caches {
        list("own layer", &cache.path);
    }
    for path in sandbox.masked.iter().filter(|path| path.exists()) {
        list("hidden", path);
    }
    shown
}

fn attempts(status: &Status) -> String {
    let lines = status.attempts.iter().map(|attempt| {
        let held = if attempt.refused { "refused" } else { "NOT REFUSED" };
        format!("{:<12}{held:<12}{}: {}\n", attempt.layer.name(), attempt.what, attempt.got)
    });
    let problems = status.problems.iter().map(|problem| format!("problem: {problem}\n"));
    lines.chain(problems).collect()
}
