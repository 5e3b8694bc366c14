//! A server behind TLS with an authority of its own and certificates of its clients; a proxy to it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::support::run::{Place, Ran, claw, ran};

/// A host that only the proxy knows.
const FAR: &str = "gate.invalid";
const STREAM: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Safe.\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n"
);

/// An authority, and the files that it gave out.
struct Authority {
    server: Arc<ServerConfig>,
    ca: String,
    client: (String, String),
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let signed = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let (params, key) = (CertificateParams::new(names).unwrap(), KeyPair::generate().unwrap());
        (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    let (chain, key) = signed(&["127.0.0.1", "0.0.0.0", FAR]);
    let mut roots = RootCertStore::empty();
    roots.add(ca.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        );
    Authority { server: Arc::new(server.unwrap()), ca: ca.pem(), client: signed(&["me"]) }
}

/// The head of a request, and what came with it.
fn request(stream: &mut impl Read) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(head)
}

/// Answers one request behind TLS. Who is not trusted gets no answer.
fn serve(stream: TcpStream, config: &Arc<ServerConfig>) -> Option<()> {
    let connection = ServerConnection::new(config.clone()).ok()?;
    let mut stream = StreamOwned::new(connection, stream);
    request(&mut stream)?;
    let length = STREAM.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{STREAM}"
    )
    .ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}

/// A listener, each of whose connections is served on a thread of its own. It ends with the test.
fn listen(with: impl Fn(TcpStream) -> Option<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let with = Arc::new(with);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let with = with.clone();
            std::thread::spawn(move || with(stream));
        }
    });
    address
}

/// A proxy that leads every host to the server, and the lines that asked for it.
fn proxy(config: Arc<ServerConfig>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let lines = asked.clone();
    let address = listen(move |mut stream| {
        let head = request(&mut stream)?;
        lines.lock().unwrap().push(head.lines().next()?.to_owned());
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
        serve(stream, &config)
    });
    (address, asked)
}

/// claw with a provider at this address and these lines in its table.
fn ask(place: &Place, base: &str, more: &str, vars: &[(&str, &str)]) -> Ran {
    let own = place.home.path().join("claw");
    let text = format!("[provider.gate]\nwire = \"chat\"\nbase_url = \"{base}/v1\"\n{more}\n");
    std::fs::write(own.join("config.toml"), text).unwrap();
    let mut command = claw(&place.home, &place.project, &["-p", "hello", "--model", "gate/m"]);
    command.envs(vars.iter().copied());
    ran(&mut command)
}

fn files(place: &Place, authority: &Authority) {
    let own = place.home.path().join("claw");
    std::fs::create_dir_all(&own).unwrap();
    let (client, key) = &authority.client;
    for (name, text) in [("ca.pem", &authority.ca), ("me.pem", client), ("me.key", key)] {
        std::fs::write(own.join(name), text).unwrap();
    }
}

const CA: &str = "ca_file = \"ca.pem\"";
const BOTH: &str = "ca_file = \"ca.pem\"\nclient_cert = \"me.pem\"\nclient_key = \"me.key\"";

#[test]
fn a_private_authority_and_a_certificate_of_ones_own() {
    let authority = authority();
    let config = authority.server.clone();
    let server = listen(move |stream| serve(stream, &config));
    let place = Place::new();
    files(&place, &authority);
    let base = format!("https://{server}");
    let got = ask(&place, &base, BOTH, &[]);
    assert_eq!((got.code, got.out.trim()), (Some(0), "Safe."), "{got:?}");
    // Without the authority, or unknown to the server: at once, and with what can be set.
    for more in ["", CA] {
        let got = ask(&place, &base, more, &[]);
        assert_eq!(got.code, Some(1), "{more}: {got:?}");
        for words in ["no secure connection to 127.0.0.1", "ca_file", "client_cert"] {
            assert!(got.err.contains(words), "{more}: {words}: {}", got.err);
        }
        assert!(!got.err.contains("retry"), "{more}: {}", got.err);
    }
}

#[test]
fn a_proxy_is_asked_for_all_but_this_machine_and_no_proxy() {
    let authority = authority();
    let place = Place::new();
    files(&place, &authority);
    let (proxy, asked) = proxy(authority.server.clone());
    let by = format!("http://{proxy}");
    let config = authority.server.clone();
    let server = listen(move |stream| serve(stream, &config));
    let lines = || std::mem::take(&mut *asked.lock().unwrap());

    let got = ask(&place, &format!("https://{FAR}"), BOTH, &[("HTTPS_PROXY", &by)]);
    assert_eq!((got.code, got.out.trim()), (Some(0), "Safe."), "{got:?}");
    assert_eq!(lines(), [format!("CONNECT {FAR}:443 HTTP/1.1")]);

    // This machine by an address that is not called so: the list of hosts decides.
    let port = server.port();
    let any = format!("https://0.0.0.0:{port}");
    let got = ask(&place, &any, BOTH, &[("HTTPS_PROXY", &by), ("NO_PROXY", "a.example,0.0.0.0")]);
    assert_eq!((got.code, lines().len()), (Some(0), 0), "{got:?}");
    let got = ask(&place, &any, BOTH, &[("HTTPS_PROXY", &by), ("NO_PROXY", "a.example")]);
    assert_eq!(got.code, Some(0), "{got:?}");
    assert_eq!(lines(), [format!("CONNECT 0.0.0.0:{port} HTTP/1.1")]);

    let got = ask(&place, &format!("https://{server}"), BOTH, &[("HTTPS_PROXY", &by)]);
    assert_eq!((got.code, lines().len()), (Some(0), 0), "this machine needs none: {got:?}");
}
