//! The face without a screen: one prompt in, an answer out as text, JSON or JSON lines.
//!
//! Nobody can be asked here: the engine has to be built unattended, so that a call which needs a
//! permission is refused, the model is told, and goes on as it can. The run then ends with
//! [`Ending::PermissionNeeded`], whatever the model made of it.

use std::io::{self, Write};

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;

use crate::bus::Subscription;
use crate::engine::{Handle, Start};
use crate::protocol::{Content, Event, Op, TurnId};
use crate::session::State;

mod ending;
mod output;
mod report;

pub use crate::exec::signal::{Signal, signals};
pub use ending::Ending;
pub use output::{Format, Output};
pub use report::Report;

/// Opens a session, says `prompt` into it, and writes what comes of it until the turn is over.
///
/// A signal stops the turn, a second one does not wait for that. A reader of the output that is
/// gone stops it too.
///
/// # Errors
///
/// Where the session cannot be opened or the output cannot be written; what goes wrong inside the
/// turn is an [`Ending`].
pub async fn run<O: Write, E: Write>(
    engine: &Handle,
    start: Start,
    prompt: String,
    mut output: Output<O, E>,
    mut stop: mpsc::Receiver<Signal>,
) -> Result<Ending> {
    let (state, mut events) = engine.open(start).await?;
    let session = state.id.clone();
    let send = |op| engine.send(&session, op);
    let ran = async {
        output.begin(&state)?;
        send(Op::Prompt { content: vec![Content::text(prompt)] }).map_err(io::Error::other)?;
        let cancel = || {
            // A session that takes no more is ending by itself.
            let _ = send(Op::Cancel);
        };
        let report = follow(state, &mut events, &mut output, &mut stop, cancel).await?;
        output.end(&report)?;
        io::Result::Ok(report.ending())
    };
    match ran.await {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ending::ReaderGone),
        ran => ran.context("writing the answer"),
    }
}

/// Takes events in until the first turn that starts is over, or a second signal came.
async fn follow<O: Write, E: Write>(
    mut state: State,
    events: &mut Subscription,
    output: &mut Output<O, E>,
    stop: &mut mpsc::Receiver<Signal>,
    cancel: impl Fn(),
) -> io::Result<Report> {
    let mut report = Report::new(state.id.clone());
    let mut turn: Option<TurnId> = None;
    loop {
        let envelope = tokio::select! {
            biased;
            Some(signal) = stop.recv() => {
                if !report.stopped_by(signal) {
                    return Ok(report);
                }
                cancel();
                continue;
            }
            envelope = events.next() => envelope,
        };
        let own = envelope.session == state.id;
        if own {
            state.apply(&envelope);
        }
        report.observe(&envelope, &state);
        output.envelope(&envelope)?;
        match &envelope.event {
            Event::TurnStarted { turn: started, .. } if own && turn.is_none() => {
                turn = Some(started.clone());
            }
            Event::TurnFinished { turn: ended, .. } if own && turn.as_ref() == Some(ended) => {
                return Ok(report);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
