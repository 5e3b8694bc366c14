//! The proxy of one command: a plain HTTP proxy that connects to granted hosts alone.
//!
//! It listens inside the command's network and connects from this one. A name is looked up once,
//! all its addresses are checked, and the connection goes to one of those: what a second look
//! would say does not matter.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::Either;
use http_body_util::Full;
use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::Uri;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderName;
use hyper::header::HeaderValue;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::exec::network::HostPattern;
use crate::exec::network::idle::Idle;
use crate::exec::network::refusal::Refusal;
use crate::exec::network::refusal::Refused;
use crate::exec::network::refusal::Why;
use crate::http::Authority;
use crate::http::Host;
use crate::http::address;
use crate::http::address::Reach;

/// The most connections at a time; more wait.
const CONNECTIONS: usize = 64;

/// Bytes of the head of a request or an answer.
const HEAD: usize = 16 << 10;

/// The most header lines of one.
const HEADERS: usize = 128;

/// How long looking a name up and connecting may take together.
const CONNECT: Duration = Duration::from_secs(10);

/// How long nothing may go over a connection.
const IDLE: Duration = Duration::from_mins(5);

/// How long the next connection waits where the system had no room for one.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks a name up.
type Resolve = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

type Body = Either<Incoming, Full<Bytes>>;

/// A proxy at work. It ends, with all its connections, where this is dropped.
#[derive(Debug)]
pub(in crate::exec) struct Serving {
    refused: Arc<Refused>,
    _task: AbortOnDropHandle<()>,
}

impl Serving {
    /// Serves on the socket that `listener` comes to give, which listens in another network.
    pub(in crate::exec) fn new(
        hosts: Vec<HostPattern>,
        listener: impl Future<Output = io::Result<OwnedFd>> + Send + 'static,
    ) -> Self {
        let refused = Arc::<Refused>::default();
        let proxy =
            Arc::new(Proxy { hosts, resolve: Arc::new(looked_up), refused: refused.clone() });
        let task = tokio::spawn(async move {
            // Without a listener the helper says itself why it could not go on.
            let Ok(listener) = listener.await else { return };
            let listener = std::net::TcpListener::from(listener);
            if listener.set_nonblocking(true).is_ok()
                && let Ok(listener) = TcpListener::from_std(listener)
            {
                proxy.serve(listener).await;
            }
        });
        Self { refused, _task: AbortOnDropHandle::new(task) }
    }

    /// The hosts that were refused, each with the reason: at most 20.
    pub(in crate::exec) fn refused(&self) -> Vec<String> {
        self.refused.lines()
    }
}

fn looked_up(name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

struct Proxy {
    hosts: Vec<HostPattern>,
    resolve: Resolve,
    refused: Arc<Refused>,
}

/// What is granted.
#[derive(Debug)]
struct Target {
    host: Host,
    port: u16,
}

/// What one connection has besides its requests, which come one after the other.
#[derive(Default)]
struct Connection {
    /// What follows the answer to `CONNECT`.
    tunnel: Mutex<Option<(OnUpgrade, TcpStream)>>,
    /// The connection to the server of the last plain request.
    server: Mutex<Option<AbortOnDropHandle<()>>>,
}

impl Proxy {
    async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if open.len() < CONNECTIONS => match accepted {
                    Ok((stream, _)) => {
                        open.spawn(self.clone().connection(stream));
                    }
                    // Too many files are open here: some will be closed.
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
                Some(_) = open.join_next() => {}
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let connection = Connection::default();
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .max_buf_size(HEAD)
            .max_headers(HEADERS)
            .serve_connection(
                TokioIo::new(Idle::new(stream, IDLE)),
                hyper::service::service_fn(|request| self.answer(request, &connection)),
            )
            .with_upgrades()
            .await;
        let tunnel = connection.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Ok(()), Some((client, mut server))) = (served, tunnel)
            && let Ok(client) = client.await
        {
            // How a tunnel ends is between the two ends of it.
            let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut server).await;
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        connection: &Connection,
    ) -> Result<Response<Body>, Infallible> {
        let answered = if request.method() == Method::CONNECT {
            self.tunnel(request, connection).await
        } else {
            self.forward(request, connection).await
        };
        Ok(answered.unwrap_or_else(|refusal| {
            self.refused.note(&refusal);
            refused(&refusal)
        }))
    }

    async fn tunnel(
        &self,
        request: Request<Incoming>,
        connection: &Connection,
    ) -> Result<Response<Body>, Refusal> {
        let authority = request.uri().authority();
        let target = self.judge(authority.map_or("", |to| to.as_str()), None)?;
        let server = self.connect(&target).await?;
        let tunnel = Some((hyper::upgrade::on(request), server));
        *connection.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = tunnel;
        Ok(Response::new(Either::Right(Full::default())))
    }

    async fn forward(
        &self,
        mut request: Request<Incoming>,
        connection: &Connection,
    ) -> Result<Response<Body>, Refusal> {
        let uri = request.uri();
        let plain = uri.scheme_str() == Some("http");
        let Some(authority) = uri.authority().filter(|_| plain) else {
            return Err(Refusal::odd("is neither a CONNECT nor an http:// address"));
        };
        let target = self.judge(authority.as_str(), Some(80))?;
        let failed = |error: &dyn std::fmt::Display| target.failed(error);
        let server = self.connect(&target).await?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path: Uri = path.parse().map_err(|error| failed(&error))?;
        let name = HeaderValue::from_str(&target.name()).map_err(|error| failed(&error))?;
        *request.uri_mut() = path;
        *request.version_mut() = hyper::Version::HTTP_11;
        of_one_hop(request.headers_mut());
        // The host that was judged, not the one that a header claims (RFC 9112, 3.2.2).
        request.headers_mut().insert(header::HOST, name);

        let handshake = hyper::client::conn::http1::Builder::new()
            .max_buf_size(HEAD)
            .max_headers(HEADERS)
            .handshake(TokioIo::new(server));
        let (mut sender, server) = handshake.await.map_err(|error| failed(&error))?;
        let task = tokio::spawn(async move {
            // What is wrong with it ends the answer too.
            let _ = server.await;
        });
        let task = AbortOnDropHandle::new(task);
        let mut response = sender.send_request(request).await.map_err(|error| failed(&error))?;
        *connection.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        of_one_hop(response.headers_mut());
        Ok(response.map(Either::Left))
    }

    /// The granted host and port that an address means.
    fn judge(&self, authority: &str, usual: Option<u16>) -> Result<Target, Refusal> {
        let Authority { host, port } = Authority::parse(authority).map_err(Refusal::odd)?;
        let port = port.or(usual).ok_or_else(|| Refusal::odd("has no port"))?;
        let target = Target { host, port };
        if self.hosts.iter().any(|pattern| pattern.grants(&target.host, port)) {
            Ok(target)
        } else {
            Err(target.refusal(Why::NotListed))
        }
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, Refusal> {
        let connected = async {
            let mut failed = io::ErrorKind::NotFound.into();
            for ip in self.addresses(target).await? {
                match TcpStream::connect((ip, target.port)).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => failed = error,
                }
            }
            Err(target.failed(&failed))
        };
        let connected = tokio::time::timeout(CONNECT, connected).await;
        connected.unwrap_or_else(|_| Err(target.failed(&format!("no answer for {CONNECT:?}"))))
    }

    /// The addresses of a granted host. Where one of them is not public, none counts.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, Refusal> {
        let name = match &target.host {
            // Granted as it stands.
            Host::Address(ip) => return Ok(vec![*ip]),
            // The one local name that needs no resolver (RFC 6761), granted with its port.
            Host::Name(name) if name == "localhost" => {
                return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
            }
            Host::Name(name) => name.clone(),
        };
        let found = (self.resolve)(name).await.map_err(|error| target.failed(&error))?;
        match found.iter().map(|ip| address::reach(*ip)).find(|reach| *reach != Reach::Public) {
            Some(reach) => Err(target.refusal(Why::Leads(reach))),
            None => Ok(found),
        }
    }
}

impl Target {
    fn refusal(&self, why: Why) -> Refusal {
        Refusal { target: Some((self.host.to_string(), self.port)), why }
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> Refusal {
        self.refusal(Why::Failed(error.to_string()))
    }

    /// As the header `Host` has it.
    fn name(&self) -> String {
        if self.port == 80 { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }
}

/// Takes away what concerns one connection and not the message (RFC 9110, 7.6.1).
fn of_one_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let always = [
        header::CONNECTION,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    // How long the body is stays, whoever names it.
    let framing = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    for name in named.into_iter().filter(|name| !framing.contains(name)).chain(always) {
        headers.remove(name);
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let body = Full::from(format!("claw: {refusal}\n"));
    let mut response = Response::new(Either::Right(body));
    *response.status_mut() = refusal.status();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response.extensions_mut().insert(ReasonPhrase::from_static(refusal.phrase().as_bytes()));
    response
}

#[cfg(test)]
mod tests;
