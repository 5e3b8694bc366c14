//! The loop: wait, update all that came, perform, maybe draw.

use anyhow::Result;

use crate::base::clock;
use crate::base::clock::Millis;
use crate::bus::Subscription;
use crate::ui::effect::{Effect, Effects};
use crate::ui::frame::FrameClock;
use crate::ui::input::Incoming;
use crate::ui::model::Model;
use crate::ui::msg::Msg;
use crate::ui::perform::{Done, perform};
use crate::ui::runtime::live::Stage;
use crate::ui::update::{self, signals};

/// How many messages of one kind are taken in before a frame may be drawn.
const BATCH: usize = 256;

/// Why the loop woke.
enum Woken {
    Incoming(Incoming),
    Event(Msg),
    Frame,
    Tick,
}

/// Runs the screen until it ends. The exit code.
pub(super) async fn drive(
    model: &mut Model,
    subscription: &mut Subscription,
    stage: &mut impl Stage,
) -> Result<u8> {
    let mut frames = FrameClock::default();
    loop {
        let now = clock::instant();
        if model.dirty && frames.due(now) <= now {
            draw(model, stage)?;
            frames.drawn(clock::instant());
        }
        let woken = wait(model.dirty, model.next_tick(), subscription, stage, &frames).await;

        let mut effects = take(model, stage, Msg::Tick(clock::now()));
        let mut incoming = match woken {
            Woken::Incoming(first) => Some(first),
            Woken::Event(msg) => {
                effects.extend(take(model, stage, msg));
                stage.ready()
            }
            Woken::Frame | Woken::Tick => stage.ready(),
        };
        // Keys first, whatever floods in behind them.
        for _ in 0..BATCH {
            match incoming.take() {
                None => break,
                Some(Incoming::Quit(code)) => return Ok(code),
                Some(Incoming::Stop) => {
                    stage.suspend()?;
                    model.dirty = true;
                }
                Some(Incoming::Continue) => {
                    stage.resume()?;
                    model.dirty = true;
                }
                Some(Incoming::Msg(msg)) => {
                    frames.hurry();
                    effects.extend(take(model, stage, msg));
                }
            }
            if perform_all(model, stage, &mut effects)? {
                return Ok(0);
            }
            incoming = stage.ready();
        }
        for _ in 0..BATCH {
            let Some(envelope) = subscription.try_next() else { break };
            effects.extend(take(model, stage, Msg::Event(envelope)));
        }
        if perform_all(model, stage, &mut effects)? {
            return Ok(0);
        }
    }
}

/// Waits for something to do. While a frame waits for its time, events wait too: in their mailbox
/// deltas join, and a flood costs one update a frame.
async fn wait(
    dirty: bool,
    tick: Option<Millis>,
    subscription: &mut Subscription,
    stage: &mut impl Stage,
    frames: &FrameClock,
) -> Woken {
    let due = tokio::time::Instant::from_std(frames.due(clock::instant()));
    let pause = tick.map(|at| at.since(clock::now())).unwrap_or_default();
    tokio::select! {
        biased;
        incoming = stage.next() => Woken::Incoming(incoming),
        () = tokio::time::sleep_until(due), if dirty => Woken::Frame,
        envelope = subscription.next(), if !dirty => Woken::Event(Msg::Event(envelope)),
        () = tokio::time::sleep(pause), if tick.is_some() => Woken::Tick,
    }
}

/// Carries effects out, and those that come of them. Does the screen end?
fn perform_all(
    model: &mut Model,
    stage: &mut impl Stage,
    effects: &mut Vec<Effect>,
) -> Result<bool> {
    while !effects.is_empty() {
        for effect in std::mem::take(effects) {
            match perform(effect, stage)? {
                Done::Yes => {}
                Done::Told(msg) => effects.extend(take(model, stage, msg)),
                Done::Redraw => model.dirty = true,
                Done::Quit => return Ok(true),
            }
        }
    }
    Ok(false)
}

/// Takes a message in; a trace gets it first.
fn take(model: &mut Model, stage: &mut impl Stage, msg: Msg) -> Effects {
    if let Some(trace) = stage.trace() {
        trace.message(&msg);
    }
    update::update(model, msg)
}

/// Lays out and draws, at the size that the terminal has now.
fn draw(model: &mut Model, stage: &mut impl Stage) -> Result<()> {
    model.size = stage.size();
    if let Some(trace) = stage.trace() {
        trace.frame(model.size);
    }
    model.arrange();
    model.dirty = false;
    let mut wanted = model.panes.transcript.wanted();
    wanted.extend(signals(model));
    wanted.extend(model.panes.sessions.wanted());
    wanted.extend(model.panes.changes.wanted());
    // None of these ends the screen.
    perform_all(model, stage, &mut wanted)?;
    stage.draw(model)
}
