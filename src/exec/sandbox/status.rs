//! Does it hold here? Tried, not assumed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::Audit;
use crate::audit::Record;
use crate::base::text;
use crate::exec::sandbox::Attempt;
use crate::exec::sandbox::HELPER;
use crate::exec::sandbox::Layer;
use crate::exec::sandbox::Sandbox;
#[cfg(target_os = "linux")]
use crate::exec::sandbox::linux;
use crate::exec::sandbox::spec::Report;
use crate::exec::sandbox::spec::Run;

/// How long the self-test may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the self-test found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// What was tried, and what came of it.
    pub attempts: Vec<Attempt>,
    /// What a group of the kernel's counts; empty where none may be made.
    pub counted: String,
    /// Why commands are not confined; none where they are.
    pub problems: Vec<String>,
}

impl Status {
    /// Do all layers hold?
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }

    /// The problems in a sentence.
    pub fn why(&self) -> String {
        text::truncate(&self.problems.join("; "), 400)
    }

    /// Each layer, and whether everything that it has to refuse was refused.
    pub fn layers(&self) -> impl Iterator<Item = (Layer, bool)> {
        Layer::ALL.into_iter().map(|layer| {
            let own = self.attempts.iter().filter(|attempt| attempt.layer == layer);
            // A layer without an attempt of its own fails as a whole, and then nothing is tried.
            let held = !self.attempts.is_empty() && own.into_iter().all(|attempt| attempt.refused);
            (layer, held)
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (layer, held) in self.layers() {
            writeln!(f, "{:<12}{}", layer.name(), if held { "holds" } else { "does not hold" })?;
        }
        let counted = if self.counted.is_empty() { "nothing" } else { &self.counted };
        writeln!(f, "{:<12}{counted}", "cgroup")?;
        for problem in &self.problems {
            writeln!(f, "problem     {problem}")?;
        }
        Ok(())
    }
}

impl Sandbox {
    /// Runs the self-test: a confined process tries what it must not be able to do. That it starts
    /// is written into the audit log before.
    pub async fn test(&self, audit: &Arc<Audit>) -> Status {
        let line = format!("{} {HELPER}", self.helper.display());
        let (log, record) = (Arc::clone(audit), Record::helper(line, "/".into()));
        let prepared = tokio::task::spawn_blocking(move || {
            #[cfg(target_os = "linux")]
            linux::sweep();
            log.append_once(&record)
        });
        if let Err(error) = prepared.await.unwrap_or_else(|crash| Err(crash.into())) {
            return broken(format!("starting its helper: {error:#}"));
        }
        let asker = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
        let cwd = self.roots.first().map_or("/".into(), Clone::clone);
        let order = self.order(&cwd, Run::Test { asker });
        let tested = async { std::io::Result::Ok(self.send(order).await?.reports().await) };
        let reports = match tokio::time::timeout(PATIENCE, tested).await {
            Ok(Ok(reports)) => reports,
            Ok(Err(error)) => return broken(format!("starting its helper: {error}")),
            Err(_) => return broken(format!("the self-test took longer than {PATIENCE:?}")),
        };
        let mut status = Status::default();
        let mut tried = false;
        for report in reports {
            match report {
                Report::Tried(attempts) => {
                    tried = true;
                    status.attempts = attempts;
                }
                Report::Limited { by } => status.counted = by,
                Report::Failed { layer, error } => {
                    status.problems.push(format!("{}: {error}", layer.name()));
                }
                Report::Ended { .. } => {}
            }
        }
        for attempt in status.attempts.iter().filter(|attempt| !attempt.refused) {
            let Attempt { what, layer, got, .. } = attempt;
            status.problems.push(format!("{}: it could {what} ({got})", layer.name()));
        }
        if !tried && status.problems.is_empty() {
            status.problems.push("its helper ended without a word".to_owned());
        }
        status
    }
}

fn broken(problem: String) -> Status {
    Status { problems: vec![problem], ..Status::default() }
}
