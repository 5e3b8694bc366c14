//! What turns began with, what files were, and what a rewind took away: how a session goes back,
//! and forward again.

use std::collections::HashMap;
use std::path::Path;

use crate::protocol::{CallId, KeptFile, ModelId, PlanStep, Rewind, TurnId, Usage};
use crate::session::state::{Entry, State};

/// What is needed to go back, and forward again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Past {
    /// The turns that can be gone back to, oldest first.
    starts: Vec<Start>,
    /// Every change of a file by claw, oldest first; rewinds are among them.
    touched: Vec<KeptFile>,
    /// What was taken away and can come back, the last one last.
    undone: Vec<Undone>,
    /// What requests used whose answers rewinds took away: it is spent.
    gone: Vec<(ModelId, Usage)>,
}

/// What a turn began with.
#[derive(Debug, Clone, PartialEq)]
struct Start {
    turn: TurnId,
    plan: Vec<PlanStep>,
    context: u64,
    /// How many changes of files there were.
    touched: usize,
}

/// What a rewind took away.
#[derive(Debug, Clone, PartialEq)]
struct Undone {
    to: TurnId,
    what: Rewind,
    /// Where the entries stood.
    at: usize,
    entries: Vec<Entry>,
    starts: Vec<Start>,
    turns: u32,
    plan: Vec<PlanStep>,
    context: u64,
    /// How many requests are among the entries.
    gone: usize,
    /// How many files it changed.
    files: usize,
}

impl Past {
    /// What claw did to files from a turn's start on, oldest first; none where that turn is not
    /// among those that can be gone back to.
    pub fn since(&self, turn: &TurnId) -> Option<&[KeptFile]> {
        let start = self.starts.iter().rfind(|start| start.turn == *turn)?;
        self.touched.get(start.touched..)
    }

    /// The files that claw changed in a turn, each once, sorted.
    pub fn files_of(&self, turn: &TurnId) -> Vec<&Path> {
        let Some(at) = self.starts.iter().rposition(|start| start.turn == *turn) else {
            return Vec::new();
        };
        let end = self.starts.get(at + 1).map_or(self.touched.len(), |next| next.touched);
        let files = self.touched.get(self.starts[at].touched..end).unwrap_or_default();
        let mut paths: Vec<_> = files.iter().map(|file| file.path.as_path()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    /// The last turn.
    pub fn last(&self) -> Option<&TurnId> {
        self.starts.last().map(|start| &start.turn)
    }

    /// The rewind that can be taken back: to before which turn, what, and the files that it changed.
    pub fn redoable(&self) -> Option<(&TurnId, Rewind, &[KeptFile])> {
        let last = self.undone.last()?;
        let from = self.touched.len().saturating_sub(last.files);
        Some((&last.to, last.what, &self.touched[from..]))
    }

    /// The prompt of the turn that the last rewind took away.
    pub fn prompt(&self) -> Option<&Entry> {
        self.undone.last()?.entries.first()
    }
}

impl State {
    /// A turn begins: what was undone cannot come back into another future.
    pub(super) fn begin(&mut self, turn: &TurnId) {
        self.past.undone.clear();
        self.live.rewind = None;
        self.past.starts.push(Start {
            turn: turn.clone(),
            plan: self.plan.clone(),
            context: self.context,
            touched: self.past.touched.len(),
        });
    }

    pub(super) fn keep(&mut self, files: &[KeptFile]) {
        self.past.touched.extend_from_slice(files);
    }

    pub(super) fn rewind(&mut self, to: &TurnId, what: Rewind, files: &[KeptFile]) {
        self.drop_open();
        self.live.rewind = None;
        let mut undone = Undone {
            to: to.clone(),
            what,
            at: self.entries.len(),
            entries: Vec::new(),
            starts: Vec::new(),
            turns: self.turns,
            plan: self.plan.clone(),
            context: self.context,
            gone: 0,
            files: files.len(),
        };
        let begins =
            |entry: &Entry| matches!(entry, Entry::Prompt { turn, steer: false, .. } if turn == to);
        let start = self.past.starts.iter().rposition(|start| start.turn == *to);
        let entry = self.entries.iter().rposition(begins);
        if let (true, Some(start), Some(at)) = (what.talk(), start, entry) {
            if let Some(Entry::Prompt { number, .. }) = self.entries.get(at) {
                self.turns = number.saturating_sub(1);
            }
            undone.at = at;
            undone.entries = self.entries.split_off(at);
            undone.starts = self.past.starts.split_off(start);
            if let Some(start) = undone.starts.first() {
                (self.plan, self.context) = (start.plan.clone(), start.context);
            }
            for entry in &mut undone.entries {
                if let Entry::Call(call) = entry {
                    // What is only seen while it runs.
                    call.tail.clear();
                    call.bytes = 0;
                }
            }
            let used = undone.entries.iter().filter_map(Entry::used);
            let before = self.past.gone.len();
            self.past.gone.extend(used.map(|(model, usage)| (model.clone(), *usage)));
            undone.gone = self.past.gone.len() - before;
            self.name_calls();
        }
        self.past.touched.extend_from_slice(files);
        self.past.undone.push(undone);
    }

    pub(super) fn redo(&mut self, files: &[KeptFile]) {
        self.live.rewind = None;
        let Some(undone) = self.past.undone.pop() else { return };
        let from = self.past.touched.len().saturating_sub(undone.files);
        let rewound = self.past.touched.split_off(from);
        // What did not come back was changed by the rewind for good.
        let stays = |file: &KeptFile| !files.iter().any(|redone| redone.path == file.path);
        self.past.touched.extend(rewound.into_iter().filter(stays));
        if undone.starts.is_empty() {
            return;
        }
        let at = undone.at.min(self.entries.len());
        self.entries.splice(at..at, undone.entries);
        self.past.starts.extend(undone.starts);
        let left = self.past.gone.len().saturating_sub(undone.gone);
        self.past.gone.truncate(left);
        (self.turns, self.plan, self.context) = (undone.turns, undone.plan, undone.context);
        self.name_calls();
    }

    /// Finds out anew where each call stands.
    fn name_calls(&mut self) {
        let calls = self.entries.iter().enumerate().filter_map(|(at, entry)| match entry {
            Entry::Call(call) => Some((call.call.id.clone(), at)),
            _ => None,
        });
        self.calls = calls.collect::<HashMap<CallId, usize>>();
    }

    /// What every request used, also where a rewind took the answer away, and beside the talk.
    pub fn paid(&self) -> impl Iterator<Item = (&ModelId, &Usage)> {
        let gone = self.past.gone.iter().map(|(model, usage)| (model, usage));
        let titled = self.titled.as_deref().map(|it| (&it.model, &it.usage));
        gone.chain(self.entries.iter().filter_map(Entry::used)).chain(titled)
    }
}
