//! A Messages API on loopback that says what a test tells it to, and remembers what it was asked.
//!
//! It has threads of its own, so that it serves async tests and tests that start the binary alike.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

/// The longest that anything here waits for a test, or a test for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Where one piece of the body ends and the next begins.
    bounds: Vec<usize>,
    cut: Option<usize>,
    gate: Option<(usize, Arc<Latch>)>,
}

impl Reply {
    /// A status with an empty body.
    pub(crate) fn status(status: u16) -> Self {
        let (headers, body, bounds) = (Vec::new(), Vec::new(), Vec::new());
        Self { status, headers, body, bounds, cut: None, gate: None }
    }

    /// An error in the service's own form.
    pub(crate) fn error(status: u16, kind: &str, message: &str) -> Self {
        let error = json!({"type": "error", "error": {"type": kind, "message": message}});
        Self::status(status).header("content-type", "application/json").body(error.to_string())
    }

    /// A stream of these bytes.
    pub(crate) fn stream(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("content-type", "text/event-stream").body(body)
    }

    /// A whole reply of these blocks, in the form in which they would be sent back.
    pub(crate) fn message(blocks: &[Value]) -> Self {
        Self::message_with(blocks, &json!({"input_tokens": 12, "output_tokens": 4}))
    }

    /// A whole reply, and what it used.
    pub(crate) fn message_with(blocks: &[Value], usage: &Value) -> Self {
        Self::stream(events(blocks, usage))
    }

    /// A whole reply of words.
    pub(crate) fn text(text: &str) -> Self {
        Self::message(&[json!({"type": "text", "text": text})])
    }

    /// A whole reply that asks for one tool.
    pub(crate) fn tool(id: &str, name: &str, input: &Value) -> Self {
        Self::message(&[json!({"type": "tool_use", "id": id, "name": name, "input": input})])
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the body in two pieces.
    pub(crate) fn split_at(mut self, at: usize) -> Self {
        self.bounds = vec![at];
        self
    }

    /// Sends the body in pieces of `size` bytes.
    pub(crate) fn pieces(mut self, size: usize) -> Self {
        self.bounds = (size..self.body.len()).step_by(size).collect();
        self
    }

    /// Closes the connection after `at` bytes of the body.
    pub(crate) fn cut_at(mut self, at: usize) -> Self {
        self.cut = Some(at);
        self
    }

    /// Stops after `at` bytes of the body until the gate is opened or dropped.
    pub(crate) fn gate_at(mut self, at: usize) -> (Self, Gate) {
        let latch = Arc::new(Latch::default());
        self.gate = Some((at, latch.clone()));
        (self, Gate(latch))
    }

    /// The body.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }
}

/// Holds a reply back.
#[derive(Debug)]
pub(crate) struct Gate(Arc<Latch>);

impl Gate {
    /// Lets the reply go on.
    pub(crate) fn open(self) {
        drop(self);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        *self.0.open.lock().unwrap() = true;
        self.0.changed.notify_all();
    }
}

#[derive(Debug, Default)]
struct Latch {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Latch {
    fn wait(&self) {
        let open = self.open.lock().unwrap();
        drop(self.changed.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap());
    }
}

/// The server. It ends with the test.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

type Answer = dyn Fn(&Received) -> Reply + Send + Sync;

struct Shared {
    answer: Box<Answer>,
    received: Mutex<Vec<Received>>,
    arrived: Condvar,
    over: AtomicBool,
}

impl Server {
    /// Answers the first request with the first reply, and so on; what comes after the last reply
    /// is an error that is not tried again.
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let replies = Mutex::new(VecDeque::from(replies));
        Self::answering(move |_| {
            let next = replies.lock().unwrap().pop_front();
            next.unwrap_or_else(|| {
                Reply::error(400, "invalid_request_error", "the script of this test has ended")
            })
        })
    }

    /// Answers each request as the request itself says.
    pub(crate) fn answering(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            received: Mutex::new(Vec::new()),
            arrived: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let server = shared.clone();
        let listening = thread::spawn(move || {
            for stream in listener.incoming() {
                if server.over.load(Ordering::SeqCst) {
                    break;
                }
                let (stream, server) = (stream.unwrap(), server.clone());
                // A client that hangs up in the middle ends its own thread only.
                thread::spawn(move || serve(&stream, &server));
            }
        });
        Self { address, shared, listening: Some(listening) }
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Waits until `count` requests have come, and gives them.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Received> {
        let received = self.shared.received.lock().unwrap();
        let wait =
            self.shared.arrived.wait_timeout_while(received, PATIENCE, |all| all.len() < count);
        let (received, waited) = wait.unwrap();
        assert!(!waited.timed_out(), "{} of {count} requests came", received.len());
        received.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the listener, which sees that it is over.
        let woken = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take().filter(|_| woken.is_ok()) {
            drop(listening.join());
        }
    }
}

/// Serves a connection until the client closes it or a reply is cut.
fn serve(stream: &TcpStream, shared: &Shared) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = receive(&mut reader)?;
        let reply = (shared.answer)(&request);
        shared.received.lock().unwrap().push(request);
        shared.arrived.notify_all();
        send(stream, &reply)?;
    }
}

fn receive(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Received { method, path, headers, body })
}

/// Sends a reply in chunks (RFC 9112, 7.1), one for each piece; none where it was cut.
fn send(mut stream: &TcpStream, reply: &Reply) -> Option<()> {
    write!(stream, "HTTP/1.1 {} Scripted\r\ntransfer-encoding: chunked\r\n", reply.status).ok()?;
    for (name, value) in &reply.headers {
        write!(stream, "{name}: {value}\r\n").ok()?;
    }
    stream.write_all(b"\r\n").ok()?;

    let end = reply.cut.unwrap_or(reply.body.len()).min(reply.body.len());
    let gate = reply.gate.as_ref().map(|(at, _)| *at);
    let mut bounds: Vec<_> = reply.bounds.iter().copied().chain(gate).chain([end]).collect();
    bounds.retain(|&at| at <= end);
    bounds.sort_unstable();
    let mut sent = 0;
    for bound in bounds {
        let piece = &reply.body[sent..bound];
        if !piece.is_empty() {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            stream.write_all(&chunk).ok()?;
        }
        if let Some((_, latch)) = reply.gate.as_ref().filter(|(at, _)| *at == bound) {
            latch.wait();
        }
        sent = bound;
    }
    if reply.cut.is_some() {
        stream.shutdown(std::net::Shutdown::Both).ok()?;
        return None;
    }
    stream.write_all(b"0\r\n\r\n").ok()
}

/// The events of a whole reply, each block in several deltas.
fn events(blocks: &[Value], usage: &Value) -> String {
    let asks = blocks.iter().any(|block| block["type"] == "tool_use");
    let stop = if asks { "tool_use" } else { "end_turn" };
    let mut opening = usage.clone();
    opening["output_tokens"] = json!(0);
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "content": [],
                         "model": "claude-sonnet-4-6", "stop_reason": null, "usage": opening});
    let mut all =
        vec![json!({"type": "message_start", "message": message}), json!({"type": "ping"})];
    for (index, block) in blocks.iter().enumerate() {
        let (empty, deltas) = parts(block);
        all.push(json!({"type": "content_block_start", "index": index, "content_block": empty}));
        for delta in deltas {
            all.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        all.push(json!({"type": "content_block_stop", "index": index}));
    }
    all.push(json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": usage}));
    all.push(json!({"type": "message_stop"}));
    let lines = all
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()));
    lines.collect()
}

/// A block as it begins, and its deltas.
fn parts(block: &Value) -> (Value, Vec<Value>) {
    let pieces = |text: &str, kind: &str, field: &str| -> Vec<Value> {
        let letters: Vec<char> = text.chars().collect();
        let parts = letters.chunks(letters.len().div_ceil(3).max(1));
        parts.map(|part| json!({"type": kind, field: part.iter().collect::<String>()})).collect()
    };
    let mut empty = block.clone();
    let mut deltas = Vec::new();
    match block["type"].as_str().unwrap() {
        "text" => {
            deltas.extend(pieces(block["text"].as_str().unwrap(), "text_delta", "text"));
            empty["text"] = json!("");
        }
        "thinking" => {
            let thinking = block["thinking"].as_str().unwrap();
            deltas.extend(pieces(thinking, "thinking_delta", "thinking"));
            let signature = &block["signature"];
            deltas.push(json!({"type": "signature_delta", "signature": signature}));
            empty["thinking"] = json!("");
            empty["signature"] = json!("");
        }
        "tool_use" => {
            let input = block["input"].to_string();
            deltas.extend(pieces(&input, "input_json_delta", "partial_json"));
            empty["input"] = json!({});
        }
        _ => {}
    }
    (empty, deltas)
}
