//! Calls of tools, put together from their deltas.
//!
//! By the book a call's first delta has an index, a name and an id, the others only the index.
//! Servers leave out the index or the id, repeat both in each delta, number all calls 0, or send
//! whole calls with an object in place of a string.

use std::collections::VecDeque;

use serde_json::Value;

use crate::base::cap;
use crate::provider::Chunk;

/// Most calls of a reply; more are passed over.
const MAX_CALLS: usize = 512;
/// Most bytes of a call's name.
const MAX_ID: usize = 256;
/// Most bytes of an input that is held until its tool has a name.
const MAX_HELD: usize = 1 << 20;

/// The calls of one reply.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    index: Option<u64>,
    id: String,
    /// None until it has a name.
    block: Option<usize>,
    /// What came before the name.
    held: String,
    input: Whole,
}

impl Calls {
    /// Takes a delta of a call in. `next` is the next block's number.
    pub(super) fn take(&mut self, delta: &Value, next: &mut usize, chunks: &mut VecDeque<Chunk>) {
        let function = delta.get("function").unwrap_or(delta);
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let (mut id, name) = (text(delta.get("id")), text(function.get("name")));
        id.truncate(cap::floor(&id, MAX_ID));
        let index = delta.get("index").and_then(Value::as_u64);
        let json = match function.get("arguments") {
            Some(Value::String(json)) => json.clone(),
            Some(value @ (Value::Object(_) | Value::Array(_))) => value.to_string(),
            _ => String::new(),
        };
        let at = match self.find(index, &id, &name, &json) {
            Some(at) => at,
            // It says nothing of a call.
            None if id.is_empty() && name.is_empty() && json.is_empty() => return,
            None if self.all.len() >= MAX_CALLS => return,
            None => {
                let (id, held, input) = (id.clone(), String::new(), Whole::default());
                self.all.push(Call { index, id, block: None, held, input });
                self.all.len() - 1
            }
        };
        let call = &mut self.all[at];
        if call.id.is_empty() {
            call.id = id;
        }
        call.input.feed(&json);
        if call.block.is_none() && !name.is_empty() {
            call.open(name, next, chunks);
        }
        match call.block {
            Some(block) if !json.is_empty() => chunks.push_back(Chunk::ToolInput { block, json }),
            None if call.held.len() + json.len() <= MAX_HELD => call.held.push_str(&json),
            _ => {}
        }
    }

    /// Nothing more comes: what has no name is a call all the same, for the model to see its error.
    pub(super) fn end(&mut self, next: &mut usize, chunks: &mut VecDeque<Chunk>) {
        for call in self.all.iter_mut().filter(|call| call.block.is_none()) {
            call.open(String::new(), next, chunks);
        }
    }

    /// Which call a delta goes on with; none where a new one begins.
    fn find(&self, index: Option<u64>, id: &str, name: &str, json: &str) -> Option<usize> {
        let here = |call: &Call| index.is_none() || call.index.is_none() || call.index == index;
        let known = |call: &Call| !id.is_empty() && call.id == id && here(call);
        if let Some(at) = self.all.iter().rposition(known) {
            // A name after a whole input begins another call, which was given the same id.
            let again = !name.is_empty() && !json.is_empty() && self.all[at].input.is_whole();
            return (!again).then_some(at);
        }
        let at = self.all.iter().rposition(here)?;
        let call = &self.all[at];
        let new = match (name.is_empty(), id.is_empty() || call.id.is_empty()) {
            // Some servers make up a new id for each delta.
            (true, _) => false,
            // An id that nobody had: whatever the index says.
            (false, false) => true,
            // Only the input tells whether the name was repeated.
            (false, true) => {
                call.block.is_some()
                    && (call.input.is_whole() || index.is_none() && !call.input.begun)
            }
        };
        (!new).then_some(at)
    }
}

impl Call {
    fn open(&mut self, name: String, next: &mut usize, chunks: &mut VecDeque<Chunk>) {
        let block = *next;
        *next += 1;
        self.block = Some(block);
        chunks.push_back(Chunk::ToolUse { block, id: self.id.clone(), name });
        let json = std::mem::take(&mut self.held);
        if !json.is_empty() {
            chunks.push_back(Chunk::ToolInput { block, json });
        }
    }
}

/// Is a JSON object or list whole? Counts its brackets; nothing is kept.
#[derive(Debug, Default)]
struct Whole {
    depth: usize,
    begun: bool,
    quoted: bool,
    escaped: bool,
}

impl Whole {
    fn feed(&mut self, json: &str) {
        for byte in json.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.quoted => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                _ if self.quoted => {}
                b'{' | b'[' => {
                    self.depth += 1;
                    self.begun = true;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.begun && self.depth == 0
    }
}
