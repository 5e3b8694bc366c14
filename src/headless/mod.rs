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
#[cfg_attr(not(feature = "json-schema"), path = "no_form.rs")]
mod form;
mod output;
mod report;

pub use crate::exec::signal::{Signal, signals};
pub use ending::Ending;
pub use form::Form;
pub use output::{Format, Output};
pub use report::Report;

/// How often a model is told what is wrong with the form of its answer.
const TRIES: u32 = 3;

/// Opens a session, says `prompt` into it, and writes what comes of it until the turn is over. An
/// answer that has not the `form` is asked for again.
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
    form: Option<Form>,
    mut output: Output<O, E>,
    mut stop: mpsc::Receiver<Signal>,
) -> Result<Ending> {
    let (mut state, mut events) = engine.open(start).await?;
    let session = state.id.clone();
    let send = |op| engine.send(&session, op);
    let say = |content| send(Op::Prompt { content }).map_err(io::Error::other);
    let ran = async {
        output.begin(&state)?;
        let wish = form.as_ref().map(|form| Content::text(form.wish()));
        say([Content::text(prompt)].into_iter().chain(wish).collect())?;
        let cancel = || {
            // A session that takes no more is ending by itself.
            let _ = send(Op::Cancel);
        };
        let mut report = Report::new(session.clone());
        for tried in 0..=TRIES {
            follow(&mut state, &mut report, &mut events, &mut output, &mut stop, &cancel).await?;
            let Some(form) = form.as_ref().filter(|_| report.answered()) else { break };
            let value = form.value(report.text());
            let faults = value.as_ref().err().map(ToString::to_string);
            report.judged(value);
            match faults {
                Some(faults) if tried < TRIES => say(vec![Content::text(form::again(&faults))])?,
                _ => break,
            }
        }
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
    state: &mut State,
    report: &mut Report,
    events: &mut Subscription,
    output: &mut Output<O, E>,
    stop: &mut mpsc::Receiver<Signal>,
    cancel: impl Fn(),
) -> io::Result<()> {
    let mut turn: Option<TurnId> = None;
    loop {
        let envelope = tokio::select! {
            biased;
            Some(signal) = stop.recv() => {
                if !report.stopped_by(signal) {
                    return Ok(());
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
        report.observe(&envelope, state);
        output.envelope(&envelope)?;
        match &envelope.event {
            Event::TurnStarted { turn: started, .. } if own && turn.is_none() => {
                turn = Some(started.clone());
            }
            Event::TurnFinished { turn: ended, .. } if own && turn.as_ref() == Some(ended) => {
                return Ok(());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
