//! A command line of the user's own: judged and run like the model's, and told to it.

use anyhow::Result;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::agent::call::{prepare, refuse, run};
use crate::base::ids;
use crate::protocol::{CallId, ToolUse};

/// Runs a line that the user typed. It has its one result when this returns.
///
/// # Errors
///
/// Where the log takes no more.
pub async fn run_line(agent: &Agent, command: &str, cancel: &CancellationToken) -> Result<()> {
    let asked = ToolUse {
        id: CallId::from(format!("user_{}", ids::fresh())),
        name: "bash".to_owned(),
        input: json!({ "command": command }),
    };
    match prepare(agent, &asked).await {
        Ok(prepared) => run(agent, prepared.typed(), cancel).await,
        Err(outcome) => refuse(agent, &asked, outcome).await,
    }
}
