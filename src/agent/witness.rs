//! What was decided and what is about to start, written down before it happens.

use std::sync::Arc;

use anyhow::{Result, anyhow};

use crate::agent::Agent;
use crate::audit::{By, Entry, Record};
use crate::base::digest;
use crate::policy::{Policy, Why};
use crate::protocol::{Access, Mode, ToolCall};

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
        Self { mode, policy: rules(policy), call: digest::sha256(&judged.unwrap_or_default()) }
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

    /// Appends each program that the call starts.
    ///
    /// # Errors
    ///
    /// As [`Self::decided`].
    pub(super) async fn starts(&self, agent: &Agent, call: &ToolCall) -> Result<()> {
        for access in &call.access {
            if let Access::Shell { script } = access {
                let (command, cwd) = (script.command.clone(), script.cwd.clone());
                self.append(agent, call, Entry::Spawn { command, cwd }).await?;
            }
        }
        Ok(())
    }

    async fn append(&self, agent: &Agent, call: &ToolCall, entry: Entry) -> Result<()> {
        let record = Record {
            session: agent.journal.session().clone(),
            call: call.id.clone(),
            tool: call.name.clone(),
            title: call.title.clone(),
            call_hash: self.call.clone(),
            mode: self.mode,
            policy: self.policy.clone(),
            entry,
        };
        let audit = Arc::clone(&agent.audit);
        // Another process may be appending: that is waited for where it holds up nobody else.
        let done = tokio::task::spawn_blocking(move || audit.append(&record)).await;
        done.unwrap_or_else(|crash| Err(anyhow!("writing the audit log: {crash}")))
    }
}

/// The hash of all rules with their places.
fn rules(policy: &Policy) -> String {
    let rules = &policy.rules;
    let mut text = String::new();
    for (effect, rules) in [("allow", &rules.allow), ("ask", &rules.ask), ("deny", &rules.deny)] {
        for rule in rules {
            for part in [effect, rule.text(), rule.source()] {
                text.push_str(part);
                text.push('\0');
            }
        }
    }
    digest::sha256(text.as_bytes())
}
