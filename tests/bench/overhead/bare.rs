//! The least that a program does to stream an answer: one connection, one request, each piece
//! written as it comes.

use std::io::Write as _;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

/// The argument with which the bench starts itself as this program.
pub const ARG: &str = "--bare-client";

const BODY: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"go"}]}"#;

/// Asks the server at `url` and prints what it streams.
pub fn run(url: &str) {
    let host = url.trim_start_matches("http://");
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::post("/v1/messages")
            .header("host", host)
            .header("content-type", "application/json")
            .body(Full::new(BODY.as_bytes()))
            .unwrap();
        let mut answer = sender.send_request(request).await.unwrap().into_body();
        let mut out = std::io::stdout();
        while let Some(frame) = answer.frame().await {
            if let Ok(piece) = frame.unwrap().into_data() {
                out.write_all(&piece).unwrap();
                out.flush().unwrap();
            }
        }
    });
}
