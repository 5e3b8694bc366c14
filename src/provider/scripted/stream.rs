//! A step's reply, piece by piece.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Sleep;

use crate::base::cap;
use crate::protocol::StopReason;
use crate::provider::scripted::script::{Block, Fault, Seen, Step};
use crate::provider::{Chunk, Chunks, ProviderError};

/// Most bytes of one piece: about a token or two.
const PIECE: usize = 12;

/// A reply that is being played.
pub(super) struct Playing {
    chunks: VecDeque<Chunk>,
    /// After how many more chunks it breaks off.
    fault: Option<(usize, Fault)>,
    gap: Duration,
    /// The wait before the next chunk; kept here so that `next` can be dropped and called again.
    wait: Option<Pin<Box<Sleep>>>,
}

impl Playing {
    pub(super) fn new(chunks: VecDeque<Chunk>, fault: Option<Fault>, gap: Duration) -> Self {
        Self { chunks, fault: fault.map(|fault| (fault.after_chunks, fault)), gap, wait: None }
    }
}

impl Chunks for Playing {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Chunk, ProviderError>>> {
        Box::pin(async move {
            if let Some(wait) = &mut self.wait {
                wait.as_mut().await;
                self.wait = None;
            }
            match &mut self.fault {
                Some((0, fault)) => {
                    let error = fault.error();
                    self.chunks.clear();
                    self.fault = None;
                    return Some(Err(error));
                }
                Some((left, _)) => *left -= 1,
                None => {}
            }
            let chunk = self.chunks.pop_front()?;
            if !self.gap.is_zero() {
                self.wait = Some(Box::pin(tokio::time::sleep(self.gap)));
            }
            Some(Ok(chunk))
        })
    }
}

impl Step {
    /// The whole reply. `said` messages came before it; they make its calls' names unique.
    pub(super) fn chunks(&self, said: usize, seen: Option<&Seen>) -> VecDeque<Chunk> {
        let mut chunks = VecDeque::new();
        for (block, content) in self.say.iter().enumerate() {
            match content {
                Block::Text(text) => {
                    let text = Seen::fill(seen, text);
                    chunks.extend(pieces(&text).map(|text| Chunk::Text { block, text }));
                }
                Block::Think(text) => {
                    chunks.extend(pieces(text).map(|text| Chunk::Thinking { block, text }));
                }
                Block::Call { tool, input } => {
                    chunks.push_back(call(said, block, tool));
                    let json = input.to_string();
                    chunks.extend(pieces(&json).map(|json| Chunk::ToolInput { block, json }));
                }
                Block::RawCall { tool, fragments } => {
                    chunks.push_back(call(said, block, tool));
                    let fragments = fragments.iter().cloned();
                    chunks.extend(fragments.map(|json| Chunk::ToolInput { block, json }));
                }
            }
        }
        let calls =
            self.say.iter().any(|b| matches!(b, Block::Call { .. } | Block::RawCall { .. }));
        let natural = if calls { StopReason::ToolUse } else { StopReason::EndTurn };
        chunks.push_back(Chunk::Usage(self.usage));
        chunks.push_back(Chunk::Stopped(self.stop.clone().unwrap_or(natural)));
        chunks
    }
}

fn call(said: usize, block: usize, tool: &str) -> Chunk {
    Chunk::ToolUse { block, id: format!("call_{said}_{block}"), name: tool.to_owned() }
}

/// Cuts a text after each run of blanks, and long words on character boundaries.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let longest = cap::ceil(rest, PIECE);
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let blanks = rest[word..].find(|c: char| !c.is_whitespace()).unwrap_or(rest.len() - word);
        let (piece, left) = rest.split_at((word + blanks).min(longest));
        rest = left;
        (!piece.is_empty()).then(|| piece.to_owned())
    })
}
