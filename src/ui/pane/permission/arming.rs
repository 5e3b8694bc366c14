//! Arming: a question never takes the keyboard from someone who types.

use crate::base::clock::Millis;
use crate::ui::keymap::Chord;

/// No key for so long, and the question takes the focus.
const PAUSE: u64 = 600;
/// It is seen for at least so long before it takes the focus.
const SEEN: u64 = 150;
/// Who pressed no key for so long is not typing.
const RESTED: u64 = 3_000;
/// After a question left, keys reach no other one for so long.
const QUIET: u64 = 300;
/// A letter for a question that has been seen for less may be the first of a text.
const FRESH: u64 = 1_000;
/// What follows a letter sooner shows that both are text.
const FOLLOWS: u64 = 250;

/// Whether the question in front has the keyboard. All times are those of the ticks.
#[derive(Debug, Clone, Default)]
pub(in crate::ui) struct Arming {
    /// The last tick.
    now: Millis,
    last_key: Option<Millis>,
    /// The first tick with this question in front.
    shown: Option<Millis>,
    off_until: Millis,
    summoned: bool,
    armed: bool,
    /// A key was meant for this question: the next one is too.
    engaged: bool,
    /// A letter that may be an answer or text, and since when it waits.
    held: Option<(Chord, Millis)>,
}

impl Arming {
    /// Is the keyboard the question's?
    pub(in crate::ui) fn armed(&self) -> bool {
        self.armed
    }

    /// The last tick.
    pub(super) fn now(&self) -> Millis {
        self.now
    }

    /// Another question stands in front: it is armed anew.
    pub(in crate::ui) fn restart(&mut self) {
        (self.shown, self.summoned, self.armed) = (None, false, false);
        (self.engaged, self.held) = (false, None);
    }

    /// A question went away, at `at` or when the last tick was: the finger may be on its way.
    pub(super) fn quiet(&mut self, at: Millis) {
        self.off_until = Millis(self.now.max(at).0.saturating_add(QUIET));
    }

    /// A question was answered; the answer was a key.
    pub(in crate::ui) fn answered(&mut self) {
        self.last_key = Some(self.now);
        self.quiet(self.now);
        self.armed = false;
    }

    /// Is it so soon after a question left that a key may have been meant for that?
    pub(super) fn is_quiet(&self, now: Millis) -> bool {
        now < self.off_until
    }

    /// A key or a paste went elsewhere.
    pub(in crate::ui) fn typed(&mut self, now: Millis) {
        self.move_to(now);
        self.last_key = Some(self.now);
        (self.summoned, self.armed, self.engaged) = (false, false, false);
    }

    /// May a letter be text? It may, until a key was surely meant for the question, where a draft
    /// is being written or the question came only just now.
    pub(super) fn in_doubt(&self, drafting: bool) -> bool {
        let seen = self.now.0.saturating_sub(self.shown.unwrap_or(self.now).0);
        self.armed && !self.engaged && !self.summoned && (drafting || seen < FRESH)
    }

    /// The question has the user's attention.
    pub(super) fn engage(&mut self) {
        self.engaged = true;
    }

    /// A letter waits for what follows it.
    pub(super) fn hold(&mut self, chord: Chord, now: Millis) {
        self.held = Some((chord, now));
    }

    /// Another key came: the letter that waited, which was text.
    pub(super) fn followed(&mut self) -> Option<Chord> {
        Some(self.held.take()?.0)
    }

    /// Nothing followed the letter for so long that it was meant for the question.
    pub(super) fn alone(&mut self) -> Option<Chord> {
        let now = self.now.0;
        Some(self.held.take_if(|(_, at)| now >= at.0.saturating_add(FOLLOWS))?.0)
    }

    /// The user called for the question.
    pub(super) fn summon(&mut self) {
        self.summoned = true;
        self.tick(self.now);
    }

    /// Time passed, with a question in front.
    pub(in crate::ui) fn tick(&mut self, now: Millis) {
        self.move_to(now);
        self.shown.get_or_insert(self.now);
        self.armed |= self.now >= self.deadline();
    }

    /// How much of the four-step bar is full.
    pub(in crate::ui) fn steps(&self) -> usize {
        if self.armed {
            return 4;
        }
        let (start, end) = (self.start(), self.deadline());
        let whole = end.0.saturating_sub(start.0).max(1);
        (self.now.0.saturating_sub(start.0).saturating_mul(4) / whole).min(3) as usize
    }

    /// When the bar moves next.
    pub(in crate::ui) fn next_tick(&self) -> Option<Millis> {
        if self.armed {
            return self.held.map(|(_, at)| Millis(at.0.saturating_add(FOLLOWS)));
        }
        if self.shown.is_none() {
            return Some(self.now);
        }
        let (start, end) = (self.start(), self.deadline());
        let whole = end.0.saturating_sub(start.0);
        let step = start.0 + (whole * (self.steps() as u64 + 1)).div_ceil(4);
        Some(Millis(step.min(end.0).max(self.now.0.saturating_add(1))))
    }

    /// The clock was set back: nothing that was measured holds, so arming begins again.
    fn move_to(&mut self, now: Millis) {
        if now < self.now {
            self.off_until = self.off_until.min(Millis(now.0.saturating_add(QUIET)));
            self.last_key = self.last_key.map(|_| now);
            self.shown = self.shown.map(|_| now);
            self.held = self.held.map(|(chord, _)| (chord, now));
        }
        self.now = now;
    }

    fn start(&self) -> Millis {
        self.shown.unwrap_or(self.now).max(self.last_key.unwrap_or_default())
    }

    fn deadline(&self) -> Millis {
        if self.summoned {
            return self.off_until;
        }
        let shown = self.shown.unwrap_or(self.now).0;
        let seen = shown.saturating_add(SEEN);
        let paused = match self.last_key {
            Some(key) if key.0.saturating_add(RESTED) > shown => key.0.saturating_add(PAUSE),
            _ => seen,
        };
        Millis(seen.max(paused)).max(self.off_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a question shown at 10,000 ms is armed, with ticks each ms.
    fn armed_at(keys: &[u64], quiet: Option<u64>, summon: Option<u64>) -> u64 {
        let mut arming = Arming::default();
        for now in 5_000..20_000 {
            if quiet == Some(now) {
                arming.quiet(Millis(now));
            }
            if keys.contains(&now) {
                arming.typed(Millis(now));
            }
            if now >= 10_000 {
                arming.tick(Millis(now));
                if summon == Some(now) {
                    arming.summon();
                }
            }
            if arming.armed() {
                return now;
            }
        }
        u64::MAX
    }

    #[rustfmt::skip]
    #[test]
    fn when_it_is_armed() {
        type Case<'a> = (&'a [u64], Option<u64>, Option<u64>, u64);
        let table: &[Case<'_>] = &[
            // keys before and after        left          summoned      armed at
            (&[],                           None,         None,         10_150),
            (&[6_999],                      None,         None,         10_150),
            (&[7_001],                      None,         None,         10_150),
            (&[9_500],                      None,         None,         10_150),
            (&[9_700],                      None,         None,         10_300),
            (&[10_000],                     None,         None,         10_600),
            (&[9_900, 10_400],              None,         None,         11_000),
            (&[10_100, 10_300, 10_899],     None,         None,         11_499),
            (&[],                           Some(9_990),  None,         10_290),
            (&[9_990],                      Some(9_990),  None,         10_590),
            (&[10_000],                     None,         Some(10_010), 10_010),
            (&[10_000],                     Some(9_990),  Some(10_010), 10_290),
        ];
        for (keys, quiet, summon, want) in table {
            assert_eq!(armed_at(keys, *quiet, *summon), *want, "{keys:?} {quiet:?} {summon:?}");
        }
    }

    #[test]
    fn the_bar_fills_in_four_steps_and_its_ticks_are_enough() {
        let mut arming = Arming::default();
        arming.typed(Millis(9_900));
        arming.tick(Millis(10_000));
        let mut seen = vec![(10_000, arming.steps())];
        while let Some(next) = arming.next_tick() {
            arming.tick(next);
            seen.push((next.0, arming.steps()));
        }
        assert_eq!(seen, [(10_000, 0), (10_125, 1), (10_250, 2), (10_375, 3), (10_500, 4)]);
    }

    #[test]
    fn a_clock_that_is_set_back_only_begins_again() {
        let mut arming = Arming::default();
        arming.typed(Millis(1_000_000));
        arming.tick(Millis(1_000_100));
        arming.tick(Millis(50));
        assert!(!arming.armed());
        arming.tick(Millis(700));
        assert!(arming.armed());
    }
}
