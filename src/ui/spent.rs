//! What a session cost: the prices of its requests, added up once each.

use crate::protocol::{ModelId, SessionId, Usage};
use crate::session::{Entry, State};

/// A running sum over a session's messages; each is one request.
///
/// Costs are added, not usages: some prices depend on the length of a single prompt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    session: Option<SessionId>,
    /// Entries that are in the sum.
    seen: usize,
    dollars: f64,
    unknown: bool,
}

impl Spent {
    /// Adds what is new in `session`; begins anew where it is another one.
    pub fn follow(&mut self, session: &State, price: fn(&ModelId, &Usage) -> Option<f64>) {
        if self.session.as_ref() != Some(&session.id) || self.seen > session.entries.len() {
            *self = Self { session: Some(session.id.clone()), ..Self::default() };
        }
        // An open message is no request that ended, and what follows it may still change places.
        let new = session.entries[self.seen..].iter();
        for entry in new.take_while(|entry| !matches!(entry, Entry::Open(_))) {
            self.seen += 1;
            let Some((model, usage)) = entry.used() else { continue };
            match price(model, usage) {
                Some(dollars) => self.dollars += dollars,
                None => self.unknown = true,
            }
        }
    }

    /// US dollars; none where the price of a request is not known.
    pub fn dollars(&self) -> Option<f64> {
        (!self.unknown).then_some(self.dollars)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Message, StopReason};

    fn said(session: &mut State, model: &str, input: u64) {
        let usage = Usage { input, ..Usage::default() };
        let id = format!("m{}", session.entries.len()).as_str().into();
        let (content, stop) = (Vec::new(), StopReason::EndTurn);
        let message = Arc::new(Message { id, model: model.into(), content, stop, usage });
        session.entries.push(Entry::Message { message, at: Millis(0) });
    }

    #[test]
    fn each_request_counts_once_and_an_unknown_price_makes_the_sum_unknown() {
        let price: fn(&ModelId, &Usage) -> Option<f64> =
            |model, usage| (&*model.0 == "known").then_some(usage.input as f64);
        let (mut spent, mut session) = (Spent::default(), State::new("s".into()));
        spent.follow(&session, price);
        assert_eq!(spent.dollars(), Some(0.0));
        said(&mut session, "known", 2);
        said(&mut session, "known", 3);
        spent.follow(&session, price);
        spent.follow(&session, price);
        assert_eq!(spent.dollars(), Some(5.0));
        said(&mut session, "other", 1);
        spent.follow(&session, price);
        assert_eq!(spent.dollars(), None);
        spent.follow(&State::new("t".into()), price);
        assert_eq!(spent.dollars(), Some(0.0));
    }
}
