//! Commands that may reach some hosts: by the proxy and in no other way, as this user and as nobody.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use claw::exec::sandbox::Confinement;
use claw::exec::{End, Network, Order, Sandbox};
use claw::protocol::CallId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::sandbox::{Fixture, started, text};
use crate::support::model::{Model, calls, says};
use crate::support::session::{Session, Wish};

/// A web server on this machine: `/away` leads to another host, the rest is answered.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines =
                BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            let answer = if first.contains("/away") {
                "302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0"
            } else {
                "200 OK\r\nContent-Length: 8"
            };
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(b"granted\n");
        }
    });
    at
}

fn granted(hosts: &[String]) -> Network {
    Network::only(hosts.iter().map(|host| host.parse().unwrap()).collect())
}

#[rustfmt::skip]
#[test]
fn a_granted_host_is_reached_and_nothing_else() {
    let (here, other) = (server(), server());
    let port = here.port();
    let sentence = "claw: the sandbox refused evil.example:80, which is not in the allow-list; the user \
                    can allow it in their settings: [sandbox] network = [\"evil.example\"].";
    // Speaks to the proxy itself.
    let raw = |bytes: &str| format!("exec 3<>/dev/tcp/127.0.0.1/3128; printf '{bytes}' >&3; timeout 5 cat <&3");
    let python = |line: &str| format!("python3 -c 'import os, socket, errno\ntry: {line}; print(\"DONE\")\nexcept OSError as e: print(errno.errorcode.get(e.errno, e))'");
    let table: &[(String, &str)] = &[
        (format!("curl -sS http://{here}/"),                                       "granted"),
        (format!("curl -sS -p http://localhost:{port}/"),                          "granted"),
        (format!("curl -sS -p -x http://127.0.0.1:3128 http://{here}/"),           "granted"),
        (format!("python3 -c 'import urllib.request as r; print(r.urlopen(\"http://{here}/\").read())'"), "granted"),
        (raw(&format!("GET http://{here}/ HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")), "granted"),
        // other hosts, however they are written
        ("curl -sS http://evil.example/".into(),                                   sentence),
        ("curl -sS -v https://evil.example/ 2>&1".into(),                          "403 Refused by the sandbox: host not in the allow-list"),
        ("python3 -c 'import urllib.request as r; r.urlopen(\"https://evil.example/\")' 2>&1".into(), "403 Refused by the sandbox"),
        ("git ls-remote https://evil.example/x.git 2>&1".into(),                   "403"),
        (format!("curl -sS -L http://{here}/away"),                                sentence),
        (format!("curl -sS http://{other}/"),                                      "not in the allow-list"),
        (format!("curl -sS http://127.0.0.2:{port}/"),                             "not in the allow-list"),
        ("curl -sS http://169.254.169.254/latest/meta-data/".into(),               "not in the allow-list"),
        (raw(&format!("CONNECT 2130706433:{port} HTTP/1.1\\r\\n\\r\\n")),          "unusual form"),
        (raw(&format!("CONNECT 0x7f.1:{port} HTTP/1.1\\r\\n\\r\\n")),              "unusual form"),
        (raw(&format!("CONNECT x@127.0.0.1:{port} HTTP/1.1\\r\\n\\r\\n")),         "user"),
        (raw(&format!("CONNECT evil.example\\0.127.0.0.1:{port} HTTP/1.1\\r\\n\\r\\n")), "HTTP/1.1 400"),
        (raw("\\5\\1\\0\\r\\n\\r\\n"),                                             "HTTP/1.1 400"),
        (raw("\\4\\1\\0\\120\\0\\0\\0\\1\\0evil.example\\0good.example\\0\\r\\n\\r\\n"), "HTTP/1.1 400"),
        // past the proxy
        ("echo x > /dev/tcp/192.0.2.1/9".into(),                                   "Network is unreachable"),
        ("echo x > /dev/udp/192.0.2.53/53".into(),                                 "Network is unreachable"),
        (format!("echo x > /dev/tcp/127.0.0.1/{port}"),                            "Connection refused"),
        ("curl -sS --noproxy '*' http://192.0.2.1/ 2>&1".into(),                   "curl: (7)"),
        ("curl -sS --noproxy '*' http://docs.rs/ 2>&1".into(),                     "curl: (6)"),
        (python("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"x\", (\"192.0.2.53\", 53))"), "ENETUNREACH"),
        (python("socket.socket(socket.AF_INET6).connect((\"2001:db8::1\", 80))"),  "E"),
        // in the place of the proxy
        (python("s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); s.bind((\"127.0.0.1\", 3128))"), "EADDRINUSE"),
        // a server of its own is its own
        ("python3 -m http.server 8099 --bind ::1 > /dev/null 2>&1 & for i in $(seq 500); do curl -sS 'http://[::1]:8099/' 2> /dev/null && break; done".into(), "Directory listing"),
    ];
    for fixture in Fixture::all() {
        let as_who = fixture.user.map_or("this user", |_| "nobody");
        let hosts = [here.to_string(), format!("localhost:{port}")];
        for (script, wanted) in table {
            let args = ["sandbox", "run", "--allow-host", &hosts[0], "--allow-host", &hosts[1], "--", "/bin/bash", "-c", script];
            let got = fixture.claw(&args).output().unwrap();
            let said = text(&got.stdout) + &text(&got.stderr);
            assert!(said.contains(wanted), "{as_who}: {script}: {said}");
            assert!(!said.contains("DONE"), "{as_who}: {script}: {said}");
            eprintln!("{as_who:<10} {script:<50.50} {:.100}", said.trim().replace('\n', " | "));
        }
    }
}

#[test]
fn the_settings_grant_hosts_and_the_status_names_them() {
    for fixture in Fixture::all() {
        let own = fixture.dir.path().join("home/claw");
        for (network, wanted) in [
            ("[]", "network     none, but its own loopback"),
            ("['docs.rs', '*.crates.io']", "network     by proxy: docs.rs, *.crates.io"),
            ("true", "network     the user's own"),
        ] {
            fs::create_dir_all(&own).unwrap();
            fs::write(own.join("config.toml"), format!("[sandbox]\nnetwork = {network}")).unwrap();
            let got = fixture.claw(&["sandbox", "status"]).output().unwrap();
            let said = text(&got.stdout) + &text(&got.stderr);
            assert!(got.status.success() && said.contains(wanted), "{network}: {said}");
        }
        fs::write(own.join("config.toml"), "[sandbox]\nnetwork = ['docs.rs']").unwrap();
        let args = ["sandbox", "run", "--", "/bin/bash", "-c", "kill -9 $$"];
        let ended = fixture.claw(&args).output().unwrap();
        assert_eq!(ended.status.signal(), Some(9), "it ends as the command did");
    }
}

/// A server that says when its first connection came and when that ended.
fn watched() -> (SocketAddr, Receiver<&'static str>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let (tell, told) = sync_channel(2);
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        tell.send("open").unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
        let _ = tell.send("closed");
    });
    (at, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_ends_with_its_command() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let cwd = fixture.project();
    for left_by_itself in [true, false] {
        let (at, told) = watched();
        let network = granted(&[at.to_string()]);
        let sandbox = Sandbox { network, ..fixture.sandbox() };
        let last = if left_by_itself { "sleep 300 & disown" } else { "sleep 300" };
        let script = format!(
            "exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT {at} HTTP/1.1\\r\\n\\r\\n' >&3; \
             read -r status <&3; echo \"$status\"; {last}"
        );
        let (script, sandbox) = (script.as_str(), Some(&sandbox));
        let order = Order { script, cwd: &cwd, env: &[], sandbox, policy: "" };
        let cancel = CancellationToken::new();
        let watch = |tail: String, _| {
            if !left_by_itself && tail.contains("200") {
                assert!(TcpStream::connect("127.0.0.1:3128").is_err(), "nothing listens outside");
                cancel.cancel();
            }
        };
        let got = started(order, Duration::from_mins(1), watch, &cancel).await;
        assert!(got.text.starts_with("HTTP/1.1 200"), "{}", got.text);
        assert_eq!(matches!(got.end, End::Cancelled), !left_by_itself, "{:?}", got.end);
        assert_eq!(got.refused, Vec::<String>::new());
        for wanted in ["open", "closed"] {
            assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(wanted));
        }
    }
}

#[tokio::test]
async fn the_model_is_told_what_was_refused() {
    let Some(fixture) = Fixture::all().into_iter().next() else { return };
    let command = "for i in 1 2; do curl -s https://evil.example/; done; curl -s http://x.example/a; echo end";
    let script = json!({"command": command});
    let model = Model::new(vec![calls(&[("b", "bash", script)]), says("done")]);
    let wish = Wish::default();
    let dir = tempfile::tempdir().unwrap();
    let mut setup = crate::support::session::setup(dir.path(), model, &wish);
    setup.sandbox = Arc::new(Confinement::on(Ok(Sandbox {
        roots: vec![setup.root.clone()],
        network: granted(&["docs.rs".to_owned()]),
        ..fixture.sandbox()
    })));
    setup.mode = claw::protocol::Mode::Bypass;
    let handle = claw::engine::Handle::new(setup);
    let mut session = Session::open(dir, handle, claw::engine::Start::New).await;
    session.prompt("go");
    session.stop().await;
    let (_, call) = session.state.call(&CallId::from("b")).unwrap();
    let outcome = call.outcome.as_ref().unwrap();
    let wanted = "end\n\
        [network: refused evil.example:443 (not in the allow-list)]\n\
        [network: refused x.example:80 (not in the allow-list)]";
    assert!(outcome.text.ends_with(wanted), "{}", outcome.text);
    assert!(outcome.text.contains("[sandbox] network = [\"x.example\"]"), "{}", outcome.text);
}
