//! Models, effort and money, by lines.

use crate::base::amount::{limit, tokens};
use crate::base::text::sanitise;
use crate::protocol::{Effort, Group, ModelId, PartState, Window};
use crate::provider::offers::Offer;
use crate::provider::{Catalogue, Model};
use crate::session::{Price, Spending, State, Sum};

/// The models, numbered, those of this machine's servers last; they have no numbers.
pub(super) fn list(offers: &[Offer], local: &[Offer], present: &ModelId) -> Vec<String> {
    let mut lines =
        vec![format!("Model: {}; /model NAME or /model N asks another", sanitise(&present.0))];
    let row = |offer: &Offer, model: &Model| {
        let window = if model.known { limit(model.window.into()) } else { "unknown".to_owned() };
        let images = if model.images { ", sees images" } else { "" };
        let missing = offer.missing().map_or_else(String::new, |what| format!(", first {what}"));
        let name = sanitise(&model.id.0);
        format!("{name}, window {window}, {}{images}{missing}", offer.price(model))
    };
    for (at, (offer, model)) in numbered(offers).enumerate() {
        lines.push(format!("  {} {}", at + 1, row(offer, model)));
    }
    lines.extend(numbered(local).map(|(offer, model)| format!("  {}", row(offer, model))));
    lines
}

fn numbered(offers: &[Offer]) -> impl Iterator<Item = (&Offer, &Model)> {
    offers.iter().flat_map(|offer| offer.models.iter().map(move |model| (offer, &**model)))
}

/// The model of this number or name; else why there is none.
pub(super) fn chosen(offers: &[Offer], name: &str) -> Result<ModelId, String> {
    let Ok(at) = name.parse::<usize>() else {
        return Ok(Catalogue::current().lookup(name).id.clone());
    };
    let found = at.checked_sub(1).and_then(|at| numbered(offers).nth(at));
    let found =
        found.ok_or_else(|| "There is no model of that number; /model lists them".to_owned());
    found.map(|(_, model)| model.id.clone())
}

/// The effort that a level means; else what there is, or why it cannot be.
pub(super) fn effort(
    state: &State,
    takes: &[Effort],
    level: &str,
) -> Result<Option<Effort>, String> {
    let model = sanitise(&state.model.0);
    match level {
        "auto" => return Ok(None),
        _ if takes.is_empty() => {
            return Err(format!("Effort: {model} takes none: it thinks as it does by itself"));
        }
        _ => {}
    }
    level.parse().map(Some).map_err(|_| {
        let known: Vec<&str> = takes.iter().map(|effort| effort.name()).collect();
        let now = state.effort.map_or("auto", Effort::name);
        format!("Effort: {now}; /effort auto, {} changes it", known.join(", "))
    })
}

/// What fills the window: each kind, then each of its parts.
pub(super) fn context(window: &Window) -> Vec<String> {
    let size = limit(window.size);
    let mut lines = vec![format!("Context: {} of {size} tokens", tokens(window.used()))];
    for group in Group::ALL {
        let parts: Vec<_> = window.parts.iter().filter(|part| part.group == group).collect();
        if parts.is_empty() {
            continue;
        }
        lines.push(format!("Context: {}: {}", group.words(), tokens(window.of(group))));
        lines.extend(parts.iter().map(|part| {
            let state = match part.state {
                PartState::Kept => "",
                PartState::Dropped => ", taken out",
                PartState::Pinned => ", pinned",
            };
            let (title, source) = (sanitise(&part.title), sanitise(&part.source));
            format!("  {title}, from {source}: {}{state}", tokens(part.tokens))
        }));
    }
    let kept = tokens(window.reserved);
    lines.push(format!("Context: free: {}; kept for the answer: {kept}", tokens(window.free())));
    lines
}

/// What the session used and cost.
pub(super) fn cost(state: &State, price: Price) -> Vec<String> {
    let (turn, session) = (Spending::of_turn(state, price), Spending::of_session(state, price));
    if session.rows().is_empty() {
        return vec!["Cost: no request was made in this session yet".to_owned()];
    }
    let mut lines = Vec::new();
    for (what, spending) in [("the last turn", turn), ("the session", session)] {
        let total = spending.total();
        lines.push(format!("Cost: {what}: {}", words(&total)));
        if spending.rows().len() > 1 {
            let rows = spending.rows().iter();
            lines.extend(
                rows.map(|(model, sum)| format!("  {}: {}", sanitise(&model.0), words(sum))),
            );
        }
    }
    lines
}

fn words(sum: &Sum) -> String {
    let used = &sum.usage;
    let requests = if sum.requests == 1 {
        "1 request".to_owned()
    } else {
        format!("{} requests", sum.requests)
    };
    let cached = sum
        .cached()
        .map_or_else(String::new, |percent| format!(", {percent}% of it from the cache"));
    format!(
        "{}, {requests}, {} in{cached}, {} out",
        sum.cost(),
        tokens(used.prompt()),
        tokens(used.output)
    )
}

/// The mode of that name.
pub(super) fn mode(name: &str) -> Option<crate::protocol::Mode> {
    use crate::protocol::Mode;
    let modes = [Mode::Default, Mode::AcceptEdits, Mode::Plan, Mode::Auto];
    modes.into_iter().find(|mode| mode.label().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::offers::offers;

    #[test]
    fn models_are_listed_by_number_and_chosen_by_it() {
        let all = offers(&Catalogue::bundled(), |vendor| vendor.id == "anthropic");
        let lines = list(&all, &[], &"claude-opus-5-5".into());
        assert!(lines[0].starts_with("Model: claude-opus-5-5;"), "{lines:?}");
        let at = lines.iter().position(|line| line.contains(" claude-sonnet-5-5, ")).unwrap();
        assert_eq!(
            lines[at].trim(),
            format!("{at} claude-sonnet-5-5, window 1M, $2 / $10, sees images")
        );
        assert_eq!(chosen(&all, &at.to_string()), Ok("claude-sonnet-5-5".into()));
        assert_eq!(chosen(&all, "openai/gpt-6-sol"), Ok("openai/gpt-6-sol".into()));
        assert!(chosen(&all, "0").is_err() && chosen(&all, "999").is_err());
        assert!(lines.iter().any(|line| line.ends_with("first set OPENAI_API_KEY")), "{lines:?}");
    }

    #[test]
    fn efforts_are_those_of_the_model() {
        let (state, takes) = (State::new("s".into()), [Effort::Low, Effort::High]);
        assert_eq!(effort(&state, &takes, "high"), Ok(Some(Effort::High)));
        assert_eq!(effort(&state, &takes, "auto"), Ok(None));
        let said = effort(&state, &takes, "").unwrap_err();
        assert_eq!(said, "Effort: auto; /effort auto, low, high changes it");
        assert!(effort(&state, &[], "high").unwrap_err().contains("takes none"));
    }
}
