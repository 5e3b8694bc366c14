//! When the terminal is told something: what changed since it was told last.

use crate::base::clock::Millis;
use crate::session::Status;
use crate::ui::effect::{Effect, Effects};
use crate::ui::model::Model;
use crate::ui::signal::{Agent, Signal};

/// Who was away for longer than this is called when a turn ends, in milliseconds.
const AWAY: u64 = 20_000;

/// What the terminal was told last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    agent: Agent,
    armed: bool,
    directory: bool,
    /// The question that stood first.
    question: Option<String>,
    /// Since when the terminal has not had the focus.
    away: Option<Millis>,
}

/// What can be seen of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    agent: Agent,
    /// A question takes keys.
    armed: bool,
    /// The question that stands first.
    question: Option<String>,
    /// The terminal has the focus.
    awake: bool,
    now: Millis,
}

/// What the terminal has to be told for this frame.
pub(in crate::ui) fn signals(model: &mut Model) -> Effects {
    let session = &model.session;
    let permission = &model.panes.permission;
    let seen = Seen {
        agent: match session.status() {
            Status::Idle => Agent::Idle,
            Status::Running => Agent::Working,
            Status::Waiting => Agent::Waiting,
        },
        armed: permission.is_open(session) && permission.armed(),
        question: session.pending.first().map(|request| request.id.to_string()),
        awake: model.awake,
        now: model.now,
    };
    let mut signals = decide(&mut model.told, &seen);
    if !std::mem::replace(&mut model.told.directory, true) {
        signals.push(Signal::Directory(session.cwd.clone()));
    }
    signals.into_iter().map(Effect::Tell).collect()
}

/// Only what changed is told. The user is called where they are elsewhere: at once when they are
/// needed, and when a turn ends after they were away for a while.
fn decide(told: &mut Told, seen: &Seen) -> Vec<Signal> {
    let mut signals = Vec::new();
    let away = (!seen.awake).then(|| told.away.unwrap_or(seen.now));
    if told.armed != seen.armed {
        signals.push(Signal::Armed(seen.armed));
    }
    if told.agent != seen.agent {
        signals.push(Signal::Agent(seen.agent));
    }
    let asked = seen.agent == Agent::Waiting
        && (told.agent != Agent::Waiting || told.question != seen.question);
    let ended = seen.agent == Agent::Idle && told.agent != Agent::Idle;
    if let Some(since) = away {
        if asked {
            signals.push(Signal::Call("needs you".to_owned()));
        } else if ended && seen.now.0.saturating_sub(since.0) > AWAY {
            signals.push(Signal::Call("done".to_owned()));
        }
    }
    let Seen { agent, armed, question, .. } = seen.clone();
    *told = Told { agent, armed, question, away, directory: told.directory };
    signals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(agent: Agent, awake: bool, seconds: u64) -> Seen {
        let question = (agent == Agent::Waiting).then(|| "r1".to_owned());
        Seen { agent, armed: false, question, awake, now: Millis(seconds * 1000) }
    }

    /// What is said of each step, in order.
    fn told(steps: &[Seen]) -> Vec<String> {
        let mut told = Told::default();
        let said = |signal: Signal| match signal {
            Signal::Call(text) => format!("call {text}"),
            Signal::Agent(agent) => format!("{agent:?}").to_lowercase(),
            Signal::Armed(armed) => format!("armed {armed}"),
            Signal::Directory(_) => "directory".to_owned(),
        };
        steps.iter().flat_map(|seen| decide(&mut told, seen)).map(said).collect()
    }

    #[rustfmt::skip]
    #[test]
    fn the_user_is_called_only_while_they_are_elsewhere() {
        use Agent::{Idle, Waiting, Working};
        type Case<'a> = (&'a str, &'a [(Agent, bool, u64)], &'a [&'a str]);
        let table: [Case<'_>; 7] = [
            ("at the screen",        &[(Working, true, 0), (Waiting, true, 60), (Idle, true, 90)], &["working", "waiting", "idle"]),
            ("needed elsewhere",     &[(Working, true, 0), (Working, false, 1), (Waiting, false, 2)], &["working", "waiting", "call needs you"]),
            ("asked once",           &[(Working, false, 1), (Waiting, false, 2), (Waiting, false, 9)], &["working", "waiting", "call needs you"]),
            ("done too soon",        &[(Working, true, 0), (Working, false, 100), (Idle, false, 119)], &["working", "idle"]),
            ("done after a while",   &[(Working, true, 0), (Working, false, 100), (Idle, false, 121)], &["working", "idle", "call done"]),
            ("back in between",      &[(Working, false, 0), (Working, true, 30), (Working, false, 40), (Idle, false, 50)], &["working", "idle"]),
            ("nothing happens",      &[(Idle, false, 0), (Idle, false, 100), (Idle, true, 200)], &[]),
        ];
        for (name, steps, expected) in table {
            let steps: Vec<_> = steps.iter().map(|&(agent, awake, at)| seen(agent, awake, at)).collect();
            assert_eq!(told(&steps), expected, "{name}");
        }
    }

    #[test]
    fn another_question_calls_again_and_keys_follow_the_question() {
        let first = seen(Agent::Waiting, false, 1);
        let armed = Seen { armed: true, ..first.clone() };
        let next = Seen { question: Some("r2".to_owned()), ..first.clone() };
        let said = told(&[first, armed.clone(), armed, next]);
        let call = "call needs you";
        assert_eq!(said, ["waiting", call, "armed true", "armed false", call]);
    }
}
