//! The proxy against servers on this machine's loopback, and resolvers that say what they like.

use std::collections::HashMap;
use std::net::SocketAddr;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use super::*;

/// A proxy on the loopback of this machine, which only tests have.
struct Stage {
    at: SocketAddr,
    proxy: Arc<Proxy>,
    _task: AbortOnDropHandle<()>,
}

impl Stage {
    async fn new(hosts: &[String], names: &[(&str, &[&str])]) -> Self {
        let names: HashMap<String, Vec<IpAddr>> = names
            .iter()
            .map(|(name, ips)| {
                ((*name).to_owned(), ips.iter().map(|ip| ip.parse().unwrap()).collect())
            })
            .collect();
        let resolve: Resolve = Arc::new(move |name| {
            let found = names.get(&name).cloned().ok_or(io::ErrorKind::NotFound.into());
            Box::pin(std::future::ready(found))
        });
        let hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
        let proxy = Arc::new(Proxy { hosts, resolve, refused: Arc::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let task = AbortOnDropHandle::new(tokio::spawn(proxy.clone().serve(listener)));
        Self { at, proxy, _task: task }
    }

    /// What comes back for these bytes, until the other side closes.
    async fn ask(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        // It may answer before it has read all.
        let _ = stream.write_all(bytes.as_bytes()).await;
        let mut got = Vec::new();
        let read = stream.read_to_end(&mut got);
        let _ = tokio::time::timeout(Duration::from_secs(10), read).await.expect("it closes");
        String::from_utf8_lossy(&got).into_owned()
    }
}

/// A server that tells each request it got, and answers with it.
async fn echo() -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut got = vec![0; 4096];
            let read = stream.read(&mut got).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {read}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&got[..read]).await.unwrap();
        }
    });
    (at, AbortOnDropHandle::new(task))
}

#[tokio::test]
async fn a_granted_host_is_reached_with_the_host_that_was_judged() {
    let (server, _task) = echo().await;
    let port = server.port();
    let stage = Stage::new(&[server.to_string(), format!("localhost:{port}")], &[]).await;
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        let got = stage
            .ask(&format!(
                "GET http://{host}/a?b HTTP/1.1\r\nHost: evil.example\r\nProxy-Connection: x\r\n\
                 Connection: X-Mine, close\r\nX-Mine: 1\r\nX-Other: 2\r\n\r\n"
            ))
            .await;
        assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
        let body = got.split_once("\r\n\r\n").unwrap().1.to_ascii_lowercase();
        assert!(body.starts_with("get /a?b http/1.1\r\n"), "{body}");
        assert!(
            body.contains(&format!("\r\nhost: {host}\r\n")) && body.contains("x-other: 2"),
            "{body}"
        );
        for gone in ["evil.example", "proxy-connection", "x-mine"] {
            assert!(!body.contains(gone), "{gone} in {body}");
        }
    }
    let got = stage
        .ask(&format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\nhello through it"))
        .await;
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
    assert!(got.ends_with("hello through it"), "{got}");
    assert_eq!(stage.proxy.refused.lines(), Vec::<String>::new());
}

#[rustfmt::skip]
#[tokio::test]
async fn everything_else_is_refused_in_a_sentence() {
    let hosts = ["good.example", "*.wide.example", "127.0.0.1:9"].map(ToOwned::to_owned);
    let names: &[(&str, &[&str])] = &[
        ("good.example",     &["127.0.0.1"]),
        ("a.wide.example",   &["93.184.215.14", "10.0.0.1"]),
        ("b.wide.example",   &["169.254.169.254"]),
        ("c.wide.example",   &["::ffff:192.168.0.1"]),
        ("d.wide.example",   &["64:ff9b::7f00:1"]),
        ("e.wide.example",   &["100.64.1.1"]),
        ("f.wide.example",   &["fd00::1"]),
        ("g.wide.example",   &["0.0.0.0"]),
        ("h.wide.example",   &[]),
    ];
    let stage = Stage::new(&hosts, names).await;
    let listed = "not in the allow-list";
    let table = [
        // target                            status  what is said
        ("evil.example:443",                  403, "network = [\"evil.example\"]"),
        ("evil.example:8443",                 403, "network = [\"evil.example:8443\"]"),
        ("good.example:22",                   403, listed),
        ("wide.example:443",                  403, listed),
        ("awide.example:443",                 403, listed),
        ("good.example.evil.example:443",     403, listed),
        ("127.0.0.1:10",                      403, listed),
        ("127.0.0.2:9",                       403, listed),
        ("localhost:9",                       403, "network = [\"localhost:9\"]"),
        ("[::1]:9",                           403, listed),
        ("0x7f.0.0.1:9",                      403, "unusual form"),
        ("2130706433:9",                      403, "unusual form"),
        ("0177.0.0.1:9",                      403, "unusual form"),
        ("[::ffff:127.0.0.1]:9",              403, "unusual form"),
        ("good.example@evil.example:443",     403, "user's name"),
        ("169.254.169.254:80",                403, listed),
        // names that lead where none may: a rebinding answer looks like this
        ("good.example:443",                  403, "leads to a loopback address"),
        ("a.wide.example:443",                403, "leads to a private address"),
        ("b.wide.example:443",                403, "leads to the address of a cloud's metadata"),
        ("c.wide.example:443",                403, "leads to a private address"),
        ("d.wide.example:443",                403, "leads to a loopback address"),
        ("e.wide.example:443",                403, "leads to a private address"),
        ("f.wide.example:443",                403, "leads to a private address"),
        ("g.wide.example:443",                403, "leads to a reserved address"),
        ("h.wide.example:443",                502, "could not reach"),
        ("missing.wide.example:443",          502, "could not reach"),
    ];
    for (target, status, said) in table {
        for first in [
            format!("CONNECT {target} HTTP/1.1\r\n"),
            format!("GET http://{target}/ HTTP/1.1\r\nConnection: close\r\n"),
        ] {
            let got = stage.ask(&format!("{first}Host: good.example\r\n\r\n")).await;
            assert!(got.starts_with(&format!("HTTP/1.1 {status} ")), "{first}: {got}");
            assert!(got.contains(said), "{first}: {got}");
        }
    }
    let refused = stage.proxy.refused.lines();
    assert!(refused.contains(&"evil.example:443 (not in the allow-list)".to_owned()), "{refused:?}");
    let kept = refused.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(kept, 20, "the first ones, each once: {refused:?}");
}

#[rustfmt::skip]
#[tokio::test]
async fn what_is_no_proxy_request_is_refused() {
    let (server, _task) = echo().await;
    let stage = Stage::new(&[server.to_string()], &[]).await;
    let table = [
        ("GET / HTTP/1.1\r\nHost: HERE\r\n\r\n".to_owned(),                   "403"),
        ("GET https://HERE/ HTTP/1.1\r\nHost: HERE\r\n\r\n".to_owned(),       "403"),
        ("GET ftp://HERE/ HTTP/1.1\r\nHost: HERE\r\n\r\n".to_owned(),         "403"),
        ("CONNECT localhost HTTP/1.1\r\n\r\n".to_owned(),                     "403"),
        ("CONNECT good.example\0HERE HTTP/1.1\r\n\r\n".to_owned(),            "400"),
        ("\u{5}\u{1}\0".to_owned() + &"x".repeat(20) + "\r\n\r\n",            "400"),
        ("\u{4}\u{1}\0P\0\0\0\u{1}\0HERE\0\r\n\r\n".to_owned(),               "400"),
        ("GET http://HERE/\r\nevil HTTP/1.1\r\n\r\n".to_owned(),              "400"),
        (format!("GET http://HERE/ HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(20 << 10)), "431"),
        (format!("GET http://HERE/ HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200)),      "431"),
        ("POST http://HERE/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".to_owned(), "400"),
    ];
    for (request, status) in table {
        let got = stage.ask(&request.replace("HERE", &server.to_string())).await;
        assert!(got.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {got}");
    }
}

#[tokio::test]
async fn a_connection_kept_open_is_judged_for_each_request() {
    let (server, _task) = echo().await;
    let stage = Stage::new(&[server.to_string()], &[]).await;
    let got = stage
        .ask(&format!(
            "GET http://{server}/one HTTP/1.1\r\nHost: a\r\n\r\n\
             GET http://{server}/two HTTP/1.1\r\nHost: a\r\n\r\n\
             GET http://evil.example/three HTTP/1.1\r\nHost: {server}\r\n\r\n"
        ))
        .await;
    assert_eq!(got.matches("HTTP/1.1 200").count(), 2, "{got}");
    assert_eq!(got.matches("HTTP/1.1 403 Refused by the sandbox").count(), 1, "{got}");
    assert!(got.contains("GET /one") && got.contains("GET /two") && !got.contains("GET /three"));
}

#[tokio::test]
async fn it_ends_with_all_its_connections_where_it_is_dropped() {
    let (server, _task) = echo().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let listener: OwnedFd = listener.into_std().unwrap().into();
    let pattern = server.to_string().parse().unwrap();
    let serving = Serving::new(vec![pattern], std::future::ready(Ok(listener)));
    let mut stream = TcpStream::connect(at).await.unwrap();
    let connect = format!("CONNECT {server} HTTP/1.1\r\n\r\n");
    stream.write_all(connect.as_bytes()).await.unwrap();
    let mut got = [0; 12];
    stream.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"HTTP/1.1 200");

    drop(serving);

    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the tunnel is gone");
    // The listener is closed a moment later, when the task has been ended.
    while TcpStream::connect(at).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_more_than_so_many_at_a_time() {
    let stage = Stage::new(&[], &[]).await;
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(stage.at).await.unwrap();
        stream.write_all(b"GET http://evil.example/ HTTP/1.1\r\n").await.unwrap();
        open.push(stream);
    }
    let mut late = TcpStream::connect(stage.at).await.unwrap();
    late.write_all(b"GET http://evil.example/ HTTP/1.1\r\n\r\n").await.unwrap();
    let mut got = [0; 12];
    let early = tokio::time::timeout(Duration::from_millis(100), late.read_exact(&mut got)).await;
    assert!(early.is_err(), "it waits");
    open.pop();
    late.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"HTTP/1.1 403");
}
