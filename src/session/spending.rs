//! What requests used and cost, added up for each model.

use std::collections::BTreeMap;

use crate::base::amount::dollars;
use crate::protocol::{Broken, Message, ModelId, Spent, Usage};
use crate::session::overview::Price;
use crate::session::{Entry, State};

/// What some requests used and cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    /// How many there were.
    pub requests: u64,
    /// What they used.
    pub usage: Usage,
    /// What those cost whose price is known.
    known: f64,
    /// The price of one of them is not known.
    unknown: bool,
    /// One of them is for money, or may be.
    paid: bool,
}

/// What requests used and cost, for each model in the order in which they were first asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spending {
    rows: Vec<(ModelId, Sum)>,
    /// How often a part of a request kept the provider from reading from its cache.
    broken: BTreeMap<&'static str, u64>,
}

impl Sum {
    /// Adds one request.
    ///
    /// Costs are added, not usages: some prices depend on the length of a single prompt.
    pub fn add(&mut self, message: &Message, price: Price) {
        let one = Usage { input: 1, output: 1, ..Usage::default() };
        self.requests += 1;
        self.usage.add(&message.usage);
        self.paid |= price(&message.model, &one) != Some(0.0);
        match price(&message.model, &message.usage) {
            Some(dollars) => self.known += dollars,
            None => self.unknown = true,
        }
    }

    fn join(&mut self, other: &Self) {
        self.requests += other.requests;
        self.usage.add(&other.usage);
        self.known += other.known;
        self.unknown |= other.unknown;
        self.paid |= other.paid;
    }

    /// US dollars; none where the price of a request is not known.
    pub fn dollars(&self) -> Option<f64> {
        (!self.unknown).then_some(self.known)
    }

    /// What counts against a budget.
    pub fn spent(&self) -> Spent {
        let tokens = self.usage.prompt().saturating_add(self.usage.output);
        Spent { usd: self.known, unpriced: self.unknown, tokens }
    }

    /// What it cost, in words: `$0.42`, `free`, `price unknown`.
    pub fn cost(&self) -> String {
        match (self.unknown, self.paid) {
            (true, _) if self.known > 0.0 => format!("{} + unknown", dollars(self.known)),
            (true, _) => "price unknown".to_owned(),
            (false, true) => dollars(self.known),
            (false, false) => "free".to_owned(),
        }
    }

    /// How much of the input came from the cache, in percent; none where there was no input.
    pub fn cached(&self) -> Option<u64> {
        self.usage.cache_read.saturating_mul(100).checked_div(self.usage.prompt())
    }
}

impl Spending {
    /// Of the whole session.
    pub fn of_session(state: &State, price: Price) -> Self {
        Self::of(&state.entries, price)
    }

    /// Of the last turn of the session, which may run.
    pub fn of_turn(state: &State, price: Price) -> Self {
        let prompt = |entry: &Entry| matches!(entry, Entry::Prompt { steer: false, .. });
        let from = state.entries.iter().rposition(prompt).unwrap_or(0);
        Self::of(&state.entries[from..], price)
    }

    fn of(entries: &[Entry], price: Price) -> Self {
        let mut spending = Self::default();
        for entry in entries {
            if let Entry::Message { message, .. } = entry {
                spending.add(message, price);
            }
        }
        spending
    }

    /// Each turn of the session with its number, where it asked a model.
    pub fn by_turn(state: &State, price: Price) -> Vec<(u32, Self)> {
        let (mut turns, mut now) = (Vec::<(u32, Self)>::new(), 0);
        for entry in &state.entries {
            match (entry, turns.last_mut()) {
                (Entry::Prompt { number, .. }, _) => now = *number,
                (Entry::Message { message, .. }, Some((number, turn))) if *number == now => {
                    turn.add(message, price);
                }
                (Entry::Message { message, .. }, _) => {
                    let mut turn = Self::default();
                    turn.add(message, price);
                    turns.push((now, turn));
                }
                _ => {}
            }
        }
        turns
    }

    /// Counts what kept a provider from reading from its cache.
    pub fn broke(&mut self, by: &Broken) {
        *self.broken.entry(by.word()).or_default() += 1;
    }

    /// How often which part of a request did.
    pub fn broken(&self) -> &BTreeMap<&'static str, u64> {
        &self.broken
    }

    /// Adds one request.
    pub fn add(&mut self, message: &Message, price: Price) {
        self.row(&message.model).add(message, price);
    }

    /// Adds what others are the sum of.
    pub fn join(&mut self, other: &Self) {
        for (model, sum) in &other.rows {
            self.row(model).join(sum);
        }
        for (word, times) in &other.broken {
            *self.broken.entry(word).or_default() += times;
        }
    }

    fn row(&mut self, model: &ModelId) -> &mut Sum {
        let at = self.rows.iter().position(|(known, _)| known == model).unwrap_or_else(|| {
            self.rows.push((model.clone(), Sum::default()));
            self.rows.len() - 1
        });
        &mut self.rows[at].1
    }

    /// Each model with its sum.
    pub fn rows(&self) -> &[(ModelId, Sum)] {
        &self.rows
    }

    /// All of it.
    pub fn total(&self) -> Sum {
        let mut total = Sum::default();
        for (_, sum) in &self.rows {
            total.join(sum);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::StopReason;

    fn message(model: &str, input: u64, cache_read: u64) -> Message {
        let usage = Usage { input, cache_read, output: 1, cache_write: 0 };
        let (content, stop) = (Vec::new(), StopReason::EndTurn);
        Message { id: "m".into(), model: model.into(), content, stop, usage }
    }

    fn price(model: &ModelId, usage: &Usage) -> Option<f64> {
        match &*model.0 {
            "paid" => Some(usage.prompt() as f64 / 100.0),
            "local" => Some(0.0),
            _ => None,
        }
    }

    #[rustfmt::skip]
    #[test]
    fn money_is_said_as_it_is_known() {
        type Case = (&'static [(&'static str, u64)], &'static str, Option<f64>);
        let table: [Case; 6] = [
            (&[("paid", 42), ("paid", 58)],  "$1.00",            Some(1.0)),
            (&[("paid", 0)],                 "$0.0000",          Some(0.0)),
            (&[("local", 9)],                "free",             Some(0.0)),
            (&[("local", 9), ("paid", 50)],  "$0.50",            Some(0.5)),
            (&[("other", 9)],                "price unknown",    None),
            (&[("other", 9), ("paid", 50)],  "$0.50 + unknown",  None),
        ];
        for (requests, words, dollars) in table {
            let mut spending = Spending::default();
            for (model, input) in requests {
                spending.add(&message(model, *input, 0), price);
            }
            let total = spending.total();
            assert_eq!((total.cost().as_str(), total.dollars()), (words, dollars), "{requests:?}");
            assert_eq!(total.requests, requests.len() as u64);
            let tokens = requests.iter().map(|(_, input)| input + 1).sum();
            let unpriced = dollars.is_none();
            assert_eq!(total.spent(), Spent { usd: total.known, unpriced, tokens });
        }
    }

    #[test]
    fn a_sum_of_sums_is_the_sum_and_the_cache_has_its_share() {
        let (mut one, mut other) = (Spending::default(), Spending::default());
        one.add(&message("paid", 10, 30), price);
        other.add(&message("local", 5, 0), price);
        other.add(&message("paid", 10, 50), price);
        one.join(&other);
        let names: Vec<&str> = one.rows().iter().map(|(model, _)| &*model.0).collect();
        assert_eq!(names, ["paid", "local"]);
        assert_eq!(one.rows()[0].1.cached(), Some(80));
        assert_eq!(one.total().usage.prompt(), 105);
        assert_eq!(Sum::default().cached(), None);
    }

    #[test]
    fn the_last_turn_begins_with_the_last_prompt() {
        use crate::base::clock::Millis;
        let mut state = State::new("s".into());
        let prompt = |number, steer| Entry::Prompt {
            turn: "t".into(),
            number,
            at: Millis(0),
            content: [].into(),
            steer,
        };
        let said =
            |input| Entry::Message { message: message("paid", input, 0).into(), at: Millis(0) };
        state.entries =
            vec![prompt(1, false), said(1), prompt(2, false), said(2), prompt(2, true), said(3)];
        assert_eq!(Spending::of_turn(&state, price).total().usage.input, 5);
        assert_eq!(Spending::of_session(&state, price).total().usage.input, 6);
        let turns = Spending::by_turn(&state, price);
        let turns: Vec<_> = turns.iter().map(|(n, it)| (*n, it.total().usage.input)).collect();
        assert_eq!(turns, [(1, 1), (2, 5)]);
    }
}
