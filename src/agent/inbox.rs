//! What the user says while a turn runs: into it, or after it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::protocol::QueueItem;

/// Prompts that wait, oldest first.
#[derive(Debug, Default)]
pub struct Inbox(Mutex<VecDeque<QueueItem>>);

impl Inbox {
    /// With what a resumed session had waiting.
    pub fn new(items: Vec<QueueItem>) -> Self {
        Self(Mutex::new(items.into()))
    }

    /// Puts something last.
    pub fn push(&self, item: QueueItem) {
        self.with(|items| items.push_back(item));
    }

    /// Takes the last one back that is like `wanted`, or the last one of all.
    pub fn take_back(&self, wanted: Option<&QueueItem>) -> Option<QueueItem> {
        self.with(|items| {
            let at = items.iter().rposition(|item| wanted.is_none_or(|wanted| item == wanted))?;
            items.remove(at)
        })
    }

    /// Takes all that is to go into the running turn.
    pub fn take_steering(&self) -> Vec<QueueItem> {
        self.with(|items| {
            let (steering, rest) = items.drain(..).partition(|item| item.steer);
            *items = rest;
            Vec::from_iter::<VecDeque<_>>(steering)
        })
    }

    /// Takes the first one.
    pub fn next(&self) -> Option<QueueItem> {
        self.with(VecDeque::pop_front)
    }

    /// All that waits.
    pub fn list(&self) -> Vec<QueueItem> {
        self.with(|items| items.iter().cloned().collect())
    }

    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<QueueItem>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
