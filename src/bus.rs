//! Envelopes from one maker to many readers: topics, bounded mailboxes, joining deltas.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

use crate::protocol::{Envelope, Event, Topics};

/// How many envelopes a mailbox holds before a publisher waits.
pub const MAILBOX: usize = 256;

/// Where envelopes are published. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Bus {
    readers: Arc<Mutex<Vec<Weak<Mailbox>>>>,
}

/// One reader's end. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Subscription {
    mailbox: Arc<Mailbox>,
}

#[derive(Debug)]
struct Mailbox {
    topics: Topics,
    queue: Mutex<VecDeque<Arc<Envelope>>>,
    filled: Notify,
    drained: Notify,
}

impl Bus {
    /// A bus without readers.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, every envelope whose topic is in `topics`.
    pub fn subscribe(&self, topics: Topics) -> Subscription {
        let mailbox = Arc::new(Mailbox {
            topics,
            queue: Mutex::default(),
            filled: Notify::new(),
            drained: Notify::new(),
        });
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|reader| reader.strong_count() > 0);
        readers.push(Arc::downgrade(&mailbox));
        Subscription { mailbox }
    }

    /// Gives the envelope to every reader of its topic; waits while a mailbox is full.
    ///
    /// A delta or a progress that follows its like in a mailbox joins it: then nothing waits.
    pub async fn publish(&self, envelope: Envelope) {
        let topic = envelope.event.topic();
        let readers: Vec<_> = {
            let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            readers.iter().filter_map(Weak::upgrade).filter(|r| r.topics.contains(topic)).collect()
        };
        let envelope = Arc::new(envelope);
        for reader in readers {
            reader.put(&envelope).await;
        }
    }
}

impl Mailbox {
    async fn put(&self, envelope: &Arc<Envelope>) {
        loop {
            // Made before the look, so that a drain between look and wait is not missed.
            let drained = self.drained.notified();
            {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                let joined = queue.back_mut().is_some_and(|last| join(last, envelope));
                if joined || queue.len() < MAILBOX {
                    if !joined {
                        queue.push_back(envelope.clone());
                    }
                    self.filled.notify_one();
                    return;
                }
            }
            drained.await;
        }
    }
}

/// Puts `next` into `last` where it only continues or replaces what that says.
fn join(last: &mut Arc<Envelope>, next: &Arc<Envelope>) -> bool {
    if last.session != next.session || last.seq != next.seq {
        return false;
    }
    match (&last.event, &next.event) {
        (
            Event::MessageDelta { message: m0, block: b0, kind: k0, start: s0, text: t0 },
            Event::MessageDelta { message: m1, block: b1, kind: k1, start: s1, text: t1 },
        ) if m0 == m1 && b0 == b1 && k0 == k1 && s0 + t0.len() == *s1 => {
            if let Event::MessageDelta { text, .. } = &mut Arc::make_mut(last).event {
                text.push_str(t1);
            }
            true
        }
        (Event::ToolCallProgress { call: c0, .. }, Event::ToolCallProgress { call: c1, .. })
            if c0 == c1 =>
        {
            *last = next.clone();
            true
        }
        (Event::FilesChanged { .. }, Event::FilesChanged { .. })
        | (Event::GitChanged { .. }, Event::GitChanged { .. }) => {
            *last = next.clone();
            true
        }
        _ => false,
    }
}

impl Subscription {
    /// The next envelope. Never ends: a reader stops when it is told to, not when a bus is quiet.
    pub async fn next(&mut self) -> Arc<Envelope> {
        loop {
            if let Some(envelope) = self.try_next() {
                return envelope;
            }
            self.mailbox.filled.notified().await;
        }
    }

    /// The next envelope, if one is there.
    pub fn try_next(&mut self) -> Option<Arc<Envelope>> {
        let next = self.mailbox.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if next.is_some() {
            self.mailbox.drained.notify_waiters();
        }
        next
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // A publisher that waits for room must not wait for ever.
        self.mailbox.queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.mailbox.drained.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Level, TextKind};

    fn envelope(event: Event) -> Envelope {
        Envelope { session: "s".into(), seq: 1, at: Millis(0), event }
    }

    fn delta(start: usize, text: &str) -> Envelope {
        let (message, kind) = ("m".into(), TextKind::Text);
        envelope(Event::MessageDelta { message, block: 0, kind, start, text: text.into() })
    }

    fn notice() -> Envelope {
        envelope(Event::Notice { level: Level::Info, text: "n".into() })
    }

    #[tokio::test]
    async fn deltas_join_and_other_events_do_not() {
        let bus = Bus::new();
        let mut reader = bus.subscribe(Topics::ALL);
        for event in [delta(0, "ab"), delta(2, "c"), notice(), notice(), delta(3, "d")] {
            bus.publish(event).await;
        }
        assert_eq!(*reader.next().await, delta(0, "abc"));
        assert_eq!(*reader.next().await, notice());
        assert_eq!(*reader.next().await, notice());
        assert_eq!(*reader.next().await, delta(3, "d"));
        assert!(reader.try_next().is_none());
    }

    #[tokio::test]
    async fn a_full_mailbox_makes_the_publisher_wait_until_it_is_drained_or_gone() {
        let bus = Bus::new();
        let mut reader = bus.subscribe(Topics::SESSION);
        let _deaf = bus.subscribe(Topics::TOOL);
        for _ in 0..MAILBOX {
            bus.publish(notice()).await;
        }
        let mut blocked = Box::pin(bus.publish(notice()));
        assert!(futures_util::poll!(&mut blocked).is_pending());
        reader.next().await;
        blocked.await;

        let mut blocked = Box::pin(bus.publish(notice()));
        assert!(futures_util::poll!(&mut blocked).is_pending());
        drop(reader);
        blocked.await;
    }
}
