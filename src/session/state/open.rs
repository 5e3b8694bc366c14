//! The message in the making.

use crate::base::clock::Millis;
use crate::protocol::{MessageId, TextKind};
use crate::session::state::{Entry, OpenBlock, OpenMessage, State};

impl State {
    /// Where the open message stands: the last entry but for notices and steering after it.
    pub(super) fn open_at(&self) -> Option<usize> {
        let from = self.entries.len().saturating_sub(16);
        let recent = self.entries[from..].iter();
        recent.rev().position(|e| matches!(e, Entry::Open(_))).map(|n| self.entries.len() - 1 - n)
    }

    pub(super) fn drop_open(&mut self) {
        if let Some(at) = self.open_at() {
            self.entries.remove(at);
            self.calls.values_mut().filter(|place| **place > at).for_each(|place| *place -= 1);
        }
    }

    pub(super) fn delta(
        &mut self,
        id: &MessageId,
        block: usize,
        kind: TextKind,
        start: usize,
        text: &str,
        at: Millis,
    ) {
        // A delta of a message that is finished already, or of no running turn, says nothing new.
        let finished = matches!(self.entries.last(), Some(Entry::Message { message, .. }) if message.id == *id);
        if finished || self.turn.is_none() || block > 4096 {
            return;
        }
        let open_is_other = self.open().is_some_and(|(_, open)| open.id != *id);
        if open_is_other {
            self.drop_open();
        }
        let place = self.open_at().unwrap_or_else(|| {
            self.entries.push(Entry::Open(OpenMessage { id: id.clone(), at, blocks: Vec::new() }));
            self.entries.len() - 1
        });
        let Some(Entry::Open(open)) = self.entries.get_mut(place) else { return };
        while open.blocks.len() <= block {
            open.blocks.push(OpenBlock { kind, text: String::new() });
        }
        let target = &mut open.blocks[block];
        target.kind = kind;
        // What is there already is not said again; a gap cannot be filled and stays unsaid.
        if let Some(new) = target.text.len().checked_sub(start).and_then(|known| text.get(known..))
        {
            target.text.push_str(new);
        }
    }
}
