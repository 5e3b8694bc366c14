//! The place on this machine where a browser brings the code (RFC 8252, 7.3).

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, anyhow, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::base::cap;
use crate::base::redact;
use crate::http::form;

/// Most bytes of a request's head.
const MAX_HEAD: usize = 16 << 10;
/// Most connections at once: browsers open some in advance and say nothing on them.
const MOST: usize = 16;
/// Most bytes of the server's words that are shown.
const SHOWN: usize = 200;

/// A port of this machine's own that waits for one answer.
#[derive(Debug)]
pub(super) struct Callback {
    listener: TcpListener,
    port: u16,
}

/// What the browser has to bring.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    /// On which path.
    pub path: String,
    /// The `state` that was sent; none where the path itself is as good.
    pub state: Option<String>,
}

impl Callback {
    /// A port that the system chooses, on 127.0.0.1 alone.
    pub(super) async fn open() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("listening on 127.0.0.1 for the browser's answer")?;
        let port = listener.local_addr().context("finding the port")?.port();
        Ok(Self { listener, port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The code that the browser brings. What comes to other paths is refused and waited past.
    ///
    /// # Errors
    ///
    /// Where the answer is a refusal, or belongs to another login.
    pub(super) async fn code(self, expected: &Expected) -> Result<String> {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                came = self.listener.accept(), if open.len() < MOST => {
                    let (stream, _) = came.context("waiting for the browser")?;
                    open.spawn(serve(stream, expected.clone()));
                }
                Some(served) = open.join_next() => {
                    if let Ok(Some(answer)) = served {
                        return answer;
                    }
                }
            }
        }
    }
}

/// Answers one connection; none where it brought nothing that was waited for.
async fn serve(mut stream: TcpStream, expected: Expected) -> Option<Result<String>> {
    let target = target(&mut stream).await?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    if path != expected.path {
        page(&mut stream, "404 Not Found", "There is nothing here.").await;
        return None;
    }
    let answer = read(query, expected.state.as_deref());
    let (status, words) = match &answer {
        Ok(_) => ("200 OK", "You are logged in. Close this tab and go back to claw."),
        Err(_) => ("400 Bad Request", "This login failed. claw says why, in your terminal."),
    };
    page(&mut stream, status, words).await;
    Some(answer)
}

/// The target of a `GET`.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.ok().filter(|&read| read > 0)?;
        head.extend_from_slice(&piece[..read]);
        if head.len() > MAX_HEAD {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next()?.split(' ');
    (words.next()? == "GET").then_some(())?;
    words.next().map(str::to_owned)
}

/// A page of constant words: nothing of the request stands in it.
async fn page(stream: &mut TcpStream, status: &str, words: &str) {
    let body = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme \
         content=\"light dark\"><title>claw</title><body style=\"font:1.2em system-ui;\
         margin:20vh auto;max-width:30em\"><p>{words}"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\ncontent-security-policy: \
         default-src 'none'; style-src 'unsafe-inline'\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // A browser that hangs up early has brought its answer all the same.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads the answer (RFC 6749, 4.1.2). One of another login says nothing about this one.
fn read(query: &str, state: Option<&str>) -> Result<String> {
    let pairs = form::decode(query);
    let said = pairs.iter().rev();
    let get = |name: &str| said.clone().find(|(n, _)| n == name).map(|(_, value)| value);
    if let Some(state) = state
        && get("state").is_none_or(|got| got != state)
    {
        bail!(
            "the browser brought the answer to another login (its state is not the one that was \
             sent): log in again, and use only the tab that claw opens"
        );
    }
    if let Some(error) = get("error") {
        let words = get("error_description").unwrap_or(error);
        let words = redact::all(words);
        let words = &words[..cap::floor(&words, SHOWN)];
        let denied = if error == "access_denied" { "you, or the service, said no" } else { "" };
        let said = [denied, words].into_iter().filter(|part| !part.is_empty());
        bail!("the login was refused: {}", said.collect::<Vec<_>>().join(": "));
    }
    let code = get("code").filter(|code| !code.is_empty());
    code.cloned().ok_or_else(|| anyhow!("the browser brought no code: log in again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn answers() {
        let table = [
            // query                                                    the code, or what is said
            ("code=c%2F1&state=s",                                      Ok("c/1")),
            ("state=s&code=c&iss=https%3A%2F%2Fa.example",              Ok("c")),
            ("code=c&state=t",                                          Err("another login")),
            ("code=c",                                                  Err("another login")),
            ("error=access_denied&state=t",                             Err("another login")),
            ("error=access_denied&state=s",                             Err("said no")),
            ("error=server_error&error_description=it+is+down&state=s", Err("refused: it is down")),
            ("state=s",                                                 Err("no code")),
            ("code=&state=s",                                           Err("no code")),
        ];
        for (query, expected) in table {
            match (read(query, Some("s")), expected) {
                (Ok(code), Ok(expected)) => assert_eq!(code, expected, "{query}"),
                (Err(error), Err(words)) => {
                    assert!(error.to_string().contains(words), "{query}: {error}");
                }
                (got, _) => panic!("{query}: {got:?}"),
            }
        }
        assert_eq!(read("code=c", None).unwrap(), "c");
    }

    async fn get(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let text = format!("GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_its_own_path_is_answered_and_silence_holds_up_nobody() {
        let callback = Callback::open().await.unwrap();
        let port = callback.port();
        let expected = Expected { path: "/callback".into(), state: Some("s".into()) };
        let waiting = tokio::spawn(async move { callback.code(&expected).await });
        let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        for other in ["/favicon.ico", "/callbackx?code=evil&state=s", "/?code=evil&state=s"] {
            assert!(get(port, other).await.starts_with("HTTP/1.1 404"), "{other}");
        }
        let page = get(port, "/callback?code=the-code&state=s").await;
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("go back to claw"), "{page}");
        assert!(!page.contains("the-code"));
        assert_eq!(waiting.await.unwrap().unwrap(), "the-code");
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err(), "it is closed");
    }
}
