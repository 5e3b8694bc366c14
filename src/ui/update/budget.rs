//! What the session may cost: asked when it is used up, and whenever the user wants.

use crate::protocol::{Budget, Event, Op};
use crate::ui::effect::Effects;
use crate::ui::model::Model;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::picker::{Item, Picker};
use crate::ui::update::{layer, to_session};

/// `/budget [DOLLARS | N tokens | off]`; alone, what can be done.
pub(super) fn set(model: &mut Model, said: &str) -> Result<Effects, String> {
    if said.is_empty() {
        open(model);
        return Ok(Effects::new());
    }
    let budget = model.session.budget.said(said);
    let budget = budget.ok_or("say it as 5 (dollars), 200000 tokens, or off")?;
    Ok(vec![to_session(model, Op::SetBudget { budget })])
}

/// The turn waits because the budget is used up: the user is asked, unless something is being
/// written or asked already. A notice says the same in any case.
pub(super) fn told(model: &mut Model, event: &Event) {
    let free = model.layers.is_empty() && model.composer.is_blank();
    match event {
        Event::BudgetReached { .. } if free => open(model),
        Event::BudgetChanged { budget } => {
            let limits = budget.limits();
            let words = if limits.is_empty() { "none".to_owned() } else { limits };
            model.toasts.say(format!("budget: {words}"), model.now);
        }
        _ => {}
    }
}

fn open(model: &mut Model) {
    let (budget, over) = (model.session.budget, model.session.over);
    if budget.is_none() {
        model.toasts.say("no budget: /budget 5 lets the session cost $5 at most", model.now);
        return;
    }
    let row = |label: &str, budget: Budget| Item {
        label: label.to_owned(),
        right: budget.limits(),
        chosen: Some(Msg::Chosen(Chosen::Budget(budget))),
        ..Item::default()
    };
    // What costs nothing stands first: that is what a stray Enter does.
    let stop = over.map(|_| Item {
        label: "stop the turn".to_owned(),
        chosen: Some(Msg::Chosen(Chosen::StopTurn)),
        ..Item::default()
    });
    let keep = over.is_none().then(|| row("keep it", budget));
    let more = [
        row("half as much again", budget.times(1.5)),
        row("twice as much", budget.times(2.0)),
        row("no budget any more", Budget::default()),
    ];
    let title = match over {
        Some(spent) => format!("Budget used up: {}", budget.words(&spent)),
        None => "Budget".to_owned(),
    };
    let items = stop.into_iter().chain(keep).chain(more).collect();
    layer::open(model, Picker::new(&title, items));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Spent;
    use crate::ui::effect::Effect;
    use crate::ui::tests::{Stage, is_kept, text};

    fn used_up() -> Stage {
        let mut stage = Stage::new((120, 40));
        stage.turn("spend it");
        let budget = Budget { usd: Some(1.0), tokens: None };
        stage.event(Event::BudgetChanged { budget });
        stage
    }

    fn reached(stage: &mut Stage) {
        let spent = Spent { usd: 1.02, unpriced: false, tokens: 9 };
        stage.event(Event::BudgetReached { spent, budget: stage.model.session.budget });
    }

    fn sent(stage: &mut Stage, keys: &[&str]) -> Vec<Op> {
        let mut effects = stage.keys(keys);
        effects.retain(|effect| !is_kept(effect));
        let op = |effect| match effect {
            Effect::Send(_, op) => Some(op),
            _ => None,
        };
        effects.into_iter().filter_map(op).collect()
    }

    #[test]
    fn what_is_used_up_is_asked_and_the_first_answer_costs_nothing() {
        let mut stage = used_up();
        reached(&mut stage);
        let seen = text(&stage.drawn().0);
        assert!(seen.contains("Budget used up: $1.02 of $1.00"), "{seen}");
        assert_eq!(sent(&mut stage, &["Enter"]), [Op::Cancel]);

        reached(&mut stage);
        let half = Budget { usd: Some(1.5), tokens: None };
        assert_eq!(sent(&mut stage, &["Down", "Enter"]), [Op::SetBudget { budget: half }]);
    }

    #[test]
    fn who_writes_is_not_interrupted() {
        let mut stage = used_up();
        assert_eq!(sent(&mut stage, &["a"]), []);
        reached(&mut stage);
        assert!(stage.model.layers.is_empty());
    }
}
