//! A new session that begins as a copy of another.

use std::path::Path;

use anyhow::{Result, bail};

use crate::bus::Bus;
use crate::protocol::{Envelope, Event, SessionId};
use crate::session::{Entry, Journal, State, Store, Summary, read};

/// Copies a session, as far as its log is written now or only to the end of one of its turns.
///
/// The two share nothing: what happens in one is never seen in the other. That log may be open.
///
/// # Errors
///
/// Where the log cannot be read or the copy cannot be written, or there is no such turn.
pub async fn fork(
    store: &Store,
    from: &Summary,
    at: Option<u32>,
    cwd: &Path,
    bus: Bus,
) -> Result<Journal> {
    let mut said = read(&from.path)?.envelopes;
    if let Some(number) = at {
        said.truncate(end_of(&said, number)?);
    }
    let id = SessionId::fresh();
    let path = store.place(&id, cwd);
    let copy = Journal::copy(said, id, &path, bus)?;
    copy.record(Event::SessionForked { from: from.id.clone() }).await?;
    if !copy.look(|state| state.queue.is_empty()) {
        // What waits there is said there, not here too.
        copy.record(Event::QueueChanged { queue: Vec::new() }).await?;
    }
    Ok(copy)
}

/// How many of these belong to the turn of that number, or happened before it.
fn end_of(said: &[Envelope], number: u32) -> Result<usize> {
    let id = said.first().map_or_else(|| "".into(), |first| first.session.clone());
    let mut state = State::new(id);
    for envelope in said {
        state.apply(envelope);
    }
    // As the user sees the turns now: what was taken back has no number any more.
    let wanted = state.entries.iter().find_map(|entry| match entry {
        Entry::Prompt { turn, number: found, steer: false, .. } if *found == number => Some(turn),
        _ => None,
    });
    let Some(wanted) = wanted else {
        bail!("the session has no turn {number}: it has {}", state.turns);
    };
    let began = said
        .iter()
        .position(|one| matches!(&one.event, Event::TurnStarted { turn, .. } if turn == wanted));
    let rest = began.map_or(0, |began| began + 1);
    let ended = said[rest..].iter().position(|one| match &one.event {
        Event::TurnFinished { turn, .. } => turn == wanted,
        // One that was never finished ends where the next begins.
        Event::TurnStarted { .. } => true,
        _ => false,
    });
    let is_end = |at: usize| matches!(said[at].event, Event::TurnFinished { .. });
    Ok(ended.map_or(said.len(), |at| rest + at + usize::from(is_end(rest + at))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Content, Level, StopReason, Usage};

    fn turn(id: &str) -> [Event; 3] {
        let stop = StopReason::EndTurn;
        [
            Event::TurnStarted { turn: id.into(), prompt: vec![Content::text(id)] },
            Event::Notice { level: Level::Info, text: "n".into() },
            Event::TurnFinished { turn: id.into(), stop, usage: Usage::default() },
        ]
    }

    #[test]
    fn a_copy_ends_with_its_turn() {
        let events = [turn("a"), turn("b"), turn("c")].into_iter().flatten();
        // The second was never finished, the last one runs.
        let events = events.enumerate().filter(|(at, _)| ![5, 8].contains(at));
        let said: Vec<_> = (1..)
            .zip(events)
            .map(|(seq, (_, event))| Envelope { session: "s".into(), seq, at: Millis(1), event })
            .collect();
        assert_eq!(said.len(), 7);
        for (number, length) in [(1, 3), (2, 5), (3, 7)] {
            assert_eq!(end_of(&said, number).unwrap(), length, "{number}");
        }
        for number in [0, 4] {
            let error = end_of(&said, number).unwrap_err().to_string();
            assert!(error.contains("it has 3"), "{error}");
        }
    }
}
