//! `/compact`: a summary in place of the older part of the session.

use crate::protocol::Op;
use crate::session::Status;
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::update::to_session;

/// Asks for it, with what matters to the user in the summary; where a turn runs, it comes before
/// the turn's next request.
#[allow(clippy::unnecessary_wraps, reason = "a slash command may say what is missing")]
pub(super) fn ask(model: &mut Model, words: &str) -> Result<Effects, String> {
    if model.session.live.compacting.is_some() {
        return Err("it is being compacted: Esc stops it".to_owned());
    }
    if model.session.status() != Status::Idle {
        model.toasts.say("compacting before the next request", model.now);
    }
    let instructions = (!words.is_empty()).then(|| words.to_owned());
    Ok(vec![to_session(model, Op::Compact { instructions })])
}

/// The same by a key.
pub(super) fn by_key(model: &mut Model) -> Effects {
    ask(model, "").unwrap_or_else(|why| {
        model.toasts.say(why, model.now);
        Effects::new()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::protocol::{Compaction, Event, Op, StopReason, Trigger, Usage};
    use crate::session::Status;
    use crate::ui::effect::Effect;
    use crate::ui::keymap::Context;
    use crate::ui::tests::{Stage, golden, text};

    fn sent(effects: Vec<Effect>) -> Vec<Op> {
        let op = |effect| match effect {
            Effect::Send(_, op) => Some(op),
            _ => None,
        };
        effects.into_iter().filter_map(op).collect()
    }

    fn compacted(text: &str) -> Event {
        let (why, model) = (Trigger::Asked, Some("claude-sonnet-5-5".into()));
        let text = text.to_owned();
        let compaction = Compaction { why, text, model, kept: 0, before: 312_400, after: 41_200 };
        Event::Compacted { compaction: Arc::new(compaction) }
    }

    #[test]
    fn a_key_and_a_command_ask_for_it() {
        let mut stage = Stage::new((100, 30));
        stage.turn("read all of it");
        let ask = |instructions: Option<&str>| Op::Compact {
            instructions: instructions.map(str::to_owned),
        };
        assert_eq!(sent(stage.keys(&["Ctrl+X", "c"])), [ask(None)]);
        stage.write("/compact keep the paths");
        // What comes faster than anybody types would be a paste.
        stage.wait(1_000);
        if stage.model.context() == Context::Completion {
            let _ = stage.keys(&["Esc"]);
        }
        assert_eq!(sent(stage.keys(&["Enter"])), [ask(Some("keep the paths"))]);
    }

    #[test]
    fn it_is_seen_while_it_runs_and_esc_stops_it() {
        let mut stage = Stage::new((100, 30));
        stage.turn("read all of it");
        let (stop, usage) = (StopReason::EndTurn, Usage::default());
        stage.event(Event::TurnFinished { turn: "t1".into(), stop, usage });
        stage.event(Event::Compacting { why: Some(Trigger::Asked) });
        assert_eq!(stage.model.session.status(), Status::Running);
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("compacting"), "{seen}");
        assert_eq!(sent(stage.keys(&["Ctrl+X", "c"])), []);
        assert_eq!(sent(stage.keys(&["Esc", "Esc"])), [Op::Cancel]);
        stage.event(Event::Compacting { why: None });
        assert_eq!(stage.model.session.status(), Status::Idle);
    }

    #[test]
    fn a_line_divides_what_is_sent_from_what_is_not() {
        let mut stage = Stage::new((80, 24));
        stage.turn("read all of it");
        stage.event(compacted("## Goal\nUnify the seeds."));
        stage.turn("go on");
        assert_eq!(stage.model.session.context, 41_200);
        golden("compacted", &mut stage);
    }
}
