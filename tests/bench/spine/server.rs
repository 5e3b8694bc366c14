//! A fast Messages API on loopback that says what a bench wants.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What one request is answered with.
pub enum Answer {
    /// These words, in tokens of about four letters, so many a second (0: flat out).
    Tokens { count: usize, per_second: usize },
    /// One tool call.
    Call { tool: &'static str, input: String },
}

/// How the n-th request (from 0) is answered.
pub type Script = dyn Fn(usize) -> Answer + Send + Sync;

pub struct Server {
    pub url: String,
    /// When each request came, and how long its body was.
    pub seen: Arc<Mutex<Vec<(Instant, usize)>>>,
}

impl Server {
    pub fn start(script: Box<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (script.into(), seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, log) = (script.clone(), log.clone());
                // A client that goes away ends its connection, nothing else.
                std::thread::spawn(move || {
                    let _ = serve(&stream, &*script, &log);
                });
            }
        });
        Self { url, seen }
    }
}

fn serve(
    stream: &TcpStream,
    script: &Script,
    seen: &Mutex<Vec<(Instant, usize)>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(1 << 20, stream.try_clone()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some((_, value)) = line
                .split_once(": ")
                .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let nth = {
            let mut seen = seen.lock().unwrap();
            seen.push((Instant::now(), length));
            seen.len() - 1
        };
        answer(stream, script(nth), nth)?;
    }
}

fn answer(mut out: &TcpStream, answer: Answer, nth: usize) -> std::io::Result<()> {
    out.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )?;
    let mut text = event(
        "message_start",
        r#"{"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":12,"output_tokens":0}}}"#,
    );
    let reason = match answer {
        Answer::Call { tool, input } => {
            text += &event(
                "content_block_start",
                &format!(
                    r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"tool_use","id":"toolu_{nth}","name":"{tool}","input":{{}}}}}}"#
                ),
            );
            let json = serde_json::to_string(&input).unwrap();
            text += &event(
                "content_block_delta",
                &format!(
                    r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"input_json_delta","partial_json":{json}}}}}"#
                ),
            );
            "tool_use"
        }
        Answer::Tokens { count, per_second } => {
            text += &event(
                "content_block_start",
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            );
            let began = Instant::now();
            for n in 0..count {
                text += &token(n, count);
                if per_second > 0 {
                    chunk(out, &text)?;
                    text.clear();
                    let due = Duration::from_secs_f64((n + 1) as f64 / per_second as f64);
                    std::thread::sleep(due.saturating_sub(began.elapsed()));
                } else if text.len() > 16 << 10 {
                    chunk(out, &text)?;
                    text.clear();
                }
            }
            "end_turn"
        }
    };
    text += &event("content_block_stop", r#"{"type":"content_block_stop","index":0}"#);
    text += &event(
        "message_delta",
        &format!(
            r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}},"usage":{{"output_tokens":4}}}}"#
        ),
    );
    text += &event("message_stop", r#"{"type":"message_stop"}"#);
    chunk(out, &text)?;
    out.write_all(b"0\r\n\r\n")
}

/// Words in paragraphs; now and then a list and a code block, as models speak.
fn token(n: usize, count: usize) -> String {
    let word = match n {
        n if n + 1 == count => "THEEND".to_owned(),
        n if n % 400 == 399 => "\\n\\n```rust\\nlet x = 1;\\nfn main() {}\\n```\\n\\n".to_owned(),
        n if n % 90 == 89 => "\\n\\n- a **point** of `code` ".to_owned(),
        n if n % 45 == 44 => "\\n\\n".to_owned(),
        n => format!("w{} ", n % 1000),
    };
    event(
        "content_block_delta",
        &format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{word}"}}}}"#
        ),
    )
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

fn chunk(mut out: &TcpStream, text: &str) -> std::io::Result<()> {
    out.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
}
