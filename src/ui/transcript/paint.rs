//! Highlighted code that is known, asked for, or wanted.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::ui::effect::{Effect, Effects};
use crate::ui::highlight;
use crate::ui::highlight::{Highlighted, Lines, Request};

/// Code blocks whose roles are kept; the oldest go first.
const KEPT: usize = 256;
/// Requests under way.
const ASKED: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Paints {
    known: HashMap<u64, Arc<Lines>>,
    order: VecDeque<u64>,
    asked: HashSet<u64>,
    wanted: Vec<Request>,
}

/// The roles for one cell.
#[derive(Debug)]
pub(super) struct Paint<'a> {
    all: &'a mut Paints,
    missed: bool,
}

impl Paints {
    pub(super) fn begin(&mut self) -> Paint<'_> {
        Paint { all: self, missed: false }
    }

    /// The requests that were not handed out yet.
    pub(super) fn wanted(&mut self) -> Effects {
        self.wanted.drain(..).map(Effect::Highlight).collect()
    }

    pub(super) fn take(&mut self, done: Highlighted) {
        self.asked.remove(&done.key);
        if self.known.insert(done.key, done.lines).is_none() {
            self.order.push_back(done.key);
        }
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

impl Paint<'_> {
    /// The roles of this code; asks for them where they are not known.
    pub(super) fn of(&mut self, language: &str, code: &str) -> Option<Arc<Lines>> {
        let key = highlight::key(language, code);
        if let Some(known) = self.all.known.get(&key) {
            return Some(known.clone());
        }
        if !self.all.asked.contains(&key) && self.all.asked.len() < ASKED {
            let request = Request::new(language, code)?;
            self.all.asked.insert(key);
            self.all.wanted.push(request);
        }
        self.missed = true;
        None
    }

    /// Was something not known?
    pub(super) fn missed(&self) -> bool {
        self.missed
    }
}
