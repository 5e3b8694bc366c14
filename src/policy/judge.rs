//! What was found out about one atom, and what the mode makes of it.

use crate::policy::{Verdict, Why};
use crate::protocol::Mode;

/// A judgement before the mode turned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ruling {
    Allow(Why),
    Ask {
        why: Why,
        /// It is asked in every mode.
        firm: bool,
        /// It is asked in plan mode too: of what only reads, the place or a rule is in question.
        stays: bool,
    },
    Deny(Why),
}

impl Ruling {
    /// A question that a mode may answer.
    pub(super) fn ask(why: Why) -> Self {
        Self::Ask { why, firm: false, stays: false }
    }

    /// A question in every mode.
    pub(super) fn firm(why: Why) -> Self {
        Self::Ask { why, firm: true, stays: false }
    }

    /// The same, also asked in plan mode.
    #[must_use]
    pub(super) fn staying(self) -> Self {
        match self {
            Self::Ask { why, firm, .. } => Self::Ask { why, firm, stays: true },
            ruling => ruling,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Allow(_) => 0,
            Self::Ask { firm: false, .. } => 1,
            Self::Ask { firm: true, .. } => 2,
            Self::Deny(_) => 3,
        }
    }
}

/// One judgement on an atom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) ruling: Ruling,
    /// What was judged provably changes nothing.
    pub(super) reads: bool,
    /// It is the verdict on the program itself, not on a place or by a floor.
    pub(super) program: bool,
}

impl Part {
    pub(super) fn new(ruling: Ruling, reads: bool) -> Self {
        Self { ruling, reads, program: false }
    }

    /// What the mode makes of it.
    pub(super) fn settle(&self, mode: Mode) -> Verdict {
        match (self.ruling.clone(), mode) {
            (Ruling::Deny(why), _) => Verdict::Deny(why),
            (Ruling::Allow(why), Mode::Plan) if !self.reads => planned(&why),
            (Ruling::Ask { why, stays: false, .. }, Mode::Plan) => planned(&why),
            (Ruling::Ask { why, .. }, Mode::DontAsk) => {
                let reason = format!("{}; in this mode nobody is asked", why.reason);
                Verdict::Deny(Why { reason, offer: None, ..why })
            }
            (Ruling::Ask { why, firm: false, .. }, Mode::Bypass) => {
                let reason = format!("all checks are skipped: {}", why.reason);
                Verdict::Allow(Why { risky: why.risky, ..Why::mode(mode, reason) })
            }
            (Ruling::Ask { why, .. }, _) => Verdict::Ask(why),
            (Ruling::Allow(why), _) => Verdict::Allow(why),
        }
    }
}

fn planned(why: &Why) -> Verdict {
    let reason = format!(
        "plan mode changes nothing: {}. Present a plan instead, and ask to leave plan mode",
        why.reason
    );
    Verdict::Deny(Why { offer: None, ..Why::mode(Mode::Plan, reason) })
}

/// A piece of a command line that is judged by itself, or one path of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    pub(super) reads: Vec<String>,
    pub(super) writes: Vec<String>,
    pub(super) runs: Vec<Vec<Option<String>>>,
}

impl Atom {
    /// An atom with one judgement.
    pub(super) fn of(text: impl Into<String>, ruling: Ruling, reads: bool) -> Self {
        let parts = vec![Part::new(ruling, reads)];
        Self { text: text.into(), parts, ..Self::default() }
    }

    pub(super) fn push(&mut self, ruling: Ruling, reads: bool) {
        self.parts.push(Part::new(ruling, reads));
    }

    /// The verdict on it: the strictest of its parts, in the order of S2 where two are as strict.
    pub(super) fn settle(&self, mode: Mode) -> Verdict {
        let mut parts: Vec<&Part> = self.parts.iter().collect();
        // What is said of the program tells more than what is said of its places.
        parts.sort_by_key(|part| (std::cmp::Reverse(part.ruling.rank()), !part.program));
        let verdict = parts.into_iter().map(|part| part.settle(mode)).reduce(strictest);
        let mut verdict = verdict.unwrap_or_else(|| {
            Verdict::Allow(Why::table(format!("`{}` does nothing by itself", self.text)))
        });
        let (Verdict::Allow(why) | Verdict::Ask(why) | Verdict::Deny(why)) = &mut verdict;
        why.atom.get_or_insert_with(|| self.text.clone());
        verdict
    }
}

/// The stricter of two; of two questions one is asked for both, and no rule is offered for it.
pub(super) fn strictest(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Deny(why), _) | (_, Verdict::Deny(why)) => Verdict::Deny(why),
        (Verdict::Ask(one), Verdict::Ask(other)) => {
            let offer = one.offer.clone().filter(|_| one.offer == other.offer);
            let risky = one.risky || other.risky;
            let shown = if other.risky && !one.risky { other } else { one };
            Verdict::Ask(Why { offer, risky, ..shown })
        }
        (Verdict::Ask(why), _) | (_, Verdict::Ask(why)) => Verdict::Ask(why),
        (one @ Verdict::Allow(_), Verdict::Allow(_)) => one,
    }
}
