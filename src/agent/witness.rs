//! What was decided and what is about to start, written down before it happens.

use std::sync::{Arc, PoisonError};

use anyhow::{Result, anyhow};

use crate::agent::Agent;
use crate::audit::{By, Entry, Record};
use crate::base::digest;
use crate::exec::{ExecError, Helpers, Order, Sandbox, Ticket};
use crate::policy::{Policy, Why};
use crate::protocol::{Access, Mode, ToolCall};
use crate::tool::Start;
use crate::workspace::git;

/// Git's settings could not be listed. Why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unlisted(pub(super) String);

/// Where it is the audit log that failed, that is the reason.
fn unlisted(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(ExecError::Unwritten { .. }) => error,
        _ => Unlisted(format!("{error:#}")).into(),
    }
}

/// What holds while a call is judged.
pub(super) struct Witness {
    mode: Mode,
    /// The hash of the rules.
    policy: String,
    /// The hash of what is judged.
    call: String,
}

impl Witness {
    /// Looks at the call and at the rules that will judge it.
    pub(super) fn new(call: &ToolCall, mode: Mode, policy: &Policy) -> Self {
        // What the model said can always be spelled out again.
        let judged = serde_json::to_vec(&(&call.name, &call.input, &call.access));
        Self {
            mode,
            policy: policy.fingerprint(),
            call: digest::sha256(&judged.unwrap_or_default()),
        }
    }

    /// Appends what was decided about the call.
    ///
    /// # Errors
    ///
    /// Where the audit log cannot be written: the call must not run.
    pub(super) async fn decided(
        &self,
        agent: &Agent,
        call: &ToolCall,
        allowed: bool,
        by: By,
        why: &Why,
    ) -> Result<()> {
        let Why { reason, rule, source, .. } = why.clone();
        self.append(agent, call, Entry::Decision { allowed, by, reason, rule, source }).await
    }

    /// Writes down the program that the call starts: the right to start exactly that; none where
    /// it starts none.
    ///
    /// # Errors
    ///
    /// As [`Self::decided`], or [`Unlisted`].
    pub(super) async fn starts(
        &self,
        agent: &Agent,
        call: &ToolCall,
        sandbox: Option<Arc<Sandbox>>,
    ) -> Result<Option<Start>> {
        let script = call.access.iter().find_map(|access| match access {
            Access::Shell { script } => Some(script),
            _ => None,
        });
        let Some(script) = script else { return Ok(None) };
        let (reads, judged) = {
            let policy = agent.policy.read().unwrap_or_else(PoisonError::into_inner);
            (policy.git_reads(self.mode, script), policy.fingerprint())
        };
        let helpers = Helpers::new(Arc::clone(&agent.audit), Arc::clone(&agent.sandbox));
        let env = git::harmless(&reads, &helpers).await.map_err(unlisted)?;
        let order = Order {
            script: &script.command,
            cwd: &script.cwd,
            env: &env,
            sandbox: sandbox.as_deref(),
            policy: &judged,
        };
        let about = |entry| self.record(agent, call, entry);
        let ticket = Ticket::issue(order, Arc::clone(&agent.audit), about).await?;
        let rules = Arc::clone(&agent.policy);
        let policy =
            Arc::new(move || rules.read().unwrap_or_else(PoisonError::into_inner).fingerprint());
        Ok(Some(Start { ticket, env, sandbox, policy }))
    }

    fn record(&self, agent: &Agent, call: &ToolCall, entry: Entry) -> Record {
        Record {
            session: agent.journal.session().clone(),
            call: call.id.clone(),
            tool: call.name.clone(),
            title: call.title.clone(),
            call_hash: self.call.clone(),
            mode: Some(self.mode),
            policy: self.policy.clone(),
            entry,
        }
    }

    async fn append(&self, agent: &Agent, call: &ToolCall, entry: Entry) -> Result<()> {
        let record = self.record(agent, call, entry);
        let audit = Arc::clone(&agent.audit);
        // Another process may be appending: that is waited for where it holds up nobody else.
        let done = tokio::task::spawn_blocking(move || audit.append(&record)).await;
        done.unwrap_or_else(|crash| Err(anyhow!("writing the audit log: {crash}")))
    }
}
