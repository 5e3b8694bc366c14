//! A model that says what the test wants, when the test wants it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use claw::protocol::{StopReason, Usage};
use claw::provider::{Chunk, Chunks, Provider, ProviderError, Request};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

/// One thing that happens in a reply.
#[derive(Clone)]
pub enum Step {
    Chunk(Chunk),
    Error(ProviderError),
    /// Waits until the test gives the semaphore a permit.
    Gate(Arc<Semaphore>),
    /// Nothing more ever comes.
    Hang,
}

/// Replies in order; after the last one it says "done".
#[derive(Default)]
pub struct Model {
    replies: Mutex<VecDeque<Vec<Step>>>,
    requests: Mutex<Vec<Request>>,
}

impl Model {
    pub fn new(replies: Vec<Vec<Step>>) -> Arc<Self> {
        Arc::new(Self { replies: Mutex::new(replies.into()), requests: Mutex::default() })
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// A reply of words.
pub fn says(text: &str) -> Vec<Step> {
    let usage = Usage { input: 11, output: 8, ..Usage::default() };
    vec![
        Step::Chunk(Chunk::Text { block: 0, text: text.to_owned() }),
        Step::Chunk(Chunk::Usage(usage)),
        Step::Chunk(Chunk::Stopped(StopReason::EndTurn)),
    ]
}

/// A reply of calls: name of the call, tool, input.
pub fn calls(asked: &[(&str, &str, serde_json::Value)]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (block, (id, name, input)) in asked.iter().enumerate() {
        let (id, name) = ((*id).to_owned(), (*name).to_owned());
        steps.push(Step::Chunk(Chunk::ToolUse { block, id, name }));
        let json = match input {
            serde_json::Value::String(raw) => raw.clone(),
            input => input.to_string(),
        };
        steps.push(Step::Chunk(Chunk::ToolInput { block, json }));
    }
    steps.push(Step::Chunk(Chunk::Usage(Usage { input: 12, output: 4, ..Usage::default() })));
    steps.push(Step::Chunk(Chunk::Stopped(StopReason::ToolUse)));
    steps
}

impl Provider for Model {
    fn name(&self) -> &'static str {
        "test"
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        self.requests.lock().unwrap().push(request);
        let steps = self.replies.lock().unwrap().pop_front().unwrap_or_else(|| says("done"));
        async move { Ok(Box::new(Coming(steps.into())) as Box<dyn Chunks>) }.boxed()
    }
}

struct Coming(VecDeque<Step>);

impl Chunks for Coming {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Chunk, ProviderError>>> {
        async move {
            loop {
                match self.0.front()? {
                    Step::Gate(gate) => {
                        gate.clone().acquire_owned().await.unwrap().forget();
                        self.0.pop_front();
                    }
                    Step::Hang => std::future::pending().await,
                    Step::Chunk(_) | Step::Error(_) => {}
                }
                match self.0.pop_front()? {
                    Step::Chunk(chunk) => return Some(Ok(chunk)),
                    Step::Error(error) => return Some(Err(error)),
                    step => self.0.push_front(step),
                }
            }
        }
        .boxed()
    }
}
