//! An authorization server on loopback, and the API that it opens: it checks what a client sends,
//! as RFC 6749, 7636 and 8628 say, and each refresh token is good for one use.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claw::http::form;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::messages::{Received, Reply, Server};

/// The server.
pub(crate) struct Issuer {
    pub(crate) server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Codes that were given: the challenge and the redirect of each.
    codes: BTreeMap<String, (String, String)>,
    /// Access tokens that hold, and refresh tokens that were not used.
    access: BTreeSet<String>,
    refresh: BTreeSet<String>,
    given: usize,
    renewals: usize,
    device: Vec<&'static str>,
}

impl State {
    /// New tokens. They are of no known shape: only who learned them can take them out.
    fn tokens(&mut self) -> Reply {
        self.given += 1;
        let access = format!("access.of.gate.{}", self.given);
        let refresh = format!("refresh.of.gate.{}", self.given);
        self.access.insert(access.clone());
        self.refresh.insert(refresh.clone());
        json_reply(
            200,
            &json!({"access_token": access, "refresh_token": refresh, "token_type": "Bearer",
                    "expires_in": 3600}),
        )
    }
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let own = Arc::clone(&state);
        let server = Server::answering(move |request| answer(&mut own.lock().unwrap(), request));
        Self { server, state }
    }

    /// What a device is told, one after the other, before it gets its tokens.
    pub(crate) fn device_says(&self, codes: &[&'static str]) {
        self.state.lock().unwrap().device = codes.iter().rev().copied().collect();
    }

    /// From now on no access token holds that was given.
    pub(crate) fn withdraw_access(&self) {
        self.state.lock().unwrap().access.clear();
    }

    /// From now on no refresh token does.
    pub(crate) fn withdraw_refresh(&self) {
        self.state.lock().unwrap().refresh.clear();
    }

    /// How often a refresh token was exchanged.
    pub(crate) fn renewals(&self) -> usize {
        self.state.lock().unwrap().renewals
    }

    /// What was asked at this path: the pairs of each form.
    pub(crate) fn asked(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        let requests = self.server.requests();
        let those = requests.iter().filter(|request| request.path == path);
        those
            .map(|it| form::decode(&String::from_utf8_lossy(&it.body)).into_iter().collect())
            .collect()
    }

    /// The settings of a gateway that takes its tokens.
    pub(crate) fn config(&self) -> String {
        let url = self.server.url();
        format!(
            "[provider.gate]\nwire = \"chat\"\nbase_url = \"{url}/v1\"\n\n\
             [provider.gate.oauth]\nauthorize_url = \"{url}/authorize?tenant=7\"\n\
             token_url = \"{url}/token\"\ndevice_url = \"{url}/device\"\nclient_id = \"claw-cli\"\n\
             scopes = [\"models\", \"offline_access\"]\nparams = {{ audience = \"gate\" }}\n\n\
             [models.\"gate/large\"]\nwindow = 50000\n"
        )
    }
}

fn json_reply(status: u16, value: &Value) -> Reply {
    Reply::status(status).header("content-type", "application/json").body(value.to_string())
}

fn refused(code: &str) -> Reply {
    json_reply(400, &json!({"error": code, "error_description": format!("sorry, {code}")}))
}

fn answer(state: &mut State, request: &Received) -> Reply {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let body = String::from_utf8_lossy(&request.body);
    let text = if request.method == "GET" { query } else { &*body };
    let said: BTreeMap<_, _> = form::decode(text).into_iter().collect();
    let get = |name: &str| said.get(name).map(String::as_str).unwrap_or_default();
    let ours = get("client_id") == "claw-cli" && get("audience") == "gate";
    match path {
        // Another user says yes at once, in another tab: for tests that swap codes.
        "/authorize" | "/auth" => {
            let back = if path == "/auth" { "callback_url" } else { "redirect_uri" };
            let pkce = get("code_challenge_method") == "S256" && get("code_challenge").len() == 43;
            let whole = path == "/auth"
                || ours
                    && get("response_type") == "code"
                    && get("tenant") == "7"
                    && get("scope") == "models offline_access";
            if !pkce || !whole {
                return refused("invalid_request");
            }
            let code = format!("code-{}", state.codes.len());
            let kept = (get("code_challenge").to_owned(), get(back).to_owned());
            state.codes.insert(code.clone(), kept);
            let mut pairs = vec![("code", code.as_str())];
            pairs.extend(said.get("state").map(|it| ("state", it.as_str())));
            let location = form::address(get(back), pairs).unwrap();
            Reply::status(302).header("location", &location)
        }
        "/token" if !ours => refused("invalid_client"),
        "/token" => match get("grant_type") {
            "authorization_code" => {
                let kept = state.codes.remove(get("code"));
                let proven = kept.is_some_and(|(challenge, redirect)| {
                    redirect == get("redirect_uri") && challenge == proof(get("code_verifier"))
                });
                if proven { state.tokens() } else { refused("invalid_grant") }
            }
            "refresh_token" if state.refresh.remove(get("refresh_token")) => {
                state.renewals += 1;
                state.tokens()
            }
            "urn:ietf:params:oauth:grant-type:device_code" if get("device_code") == "device-1" => {
                match state.device.pop() {
                    Some(code) => refused(code),
                    None => state.tokens(),
                }
            }
            _ => refused("invalid_grant"),
        },
        "/device" if ours => {
            let page = "http://127.0.0.1:9/type";
            json_reply(
                200,
                &json!({"device_code": "device-1", "user_code": "AB-CD", "interval": 0,
                        "verification_uri": page, "expires_in": 600}),
            )
        }
        "/keys" => {
            let said: Value = serde_json::from_slice(&request.body).unwrap();
            let text = |name: &str| said[name].as_str().unwrap_or_default();
            let kept = state.codes.remove(text("code"));
            match kept {
                Some((challenge, _)) if challenge == proof(text("code_verifier")) => {
                    json_reply(200, &json!({"key": "key.of.the.router", "user_id": "u"}))
                }
                _ => json_reply(403, &json!({"error": {"code": 403, "message": "no such code"}})),
            }
        }
        "/v1/chat/completions" => {
            let signed =
                request.headers.get("authorization").and_then(|it| it.strip_prefix("Bearer "));
            if !signed.is_some_and(|token| state.access.contains(token)) {
                return json_reply(401, &json!({"error": {"message": "no such token"}}));
            }
            let words =
                r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"Yes."}}]}"#;
            let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
            Reply::stream(format!("data: {words}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
        }
        _ => Reply::status(404),
    }
}

/// The challenge that belongs to a verifier.
fn proof(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// What a browser gets at an address: the head and the body as they come.
pub(crate) fn browse(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    // What a machine may know as ::1 waits on 127.0.0.1.
    let place = host.replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(place).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let mut piece = [0; 4096];
    while !answer.contains("\r\n0\r\n") && !answer.contains("claw") {
        let read = stream.read(&mut piece).unwrap_or(0);
        if read == 0 {
            break;
        }
        answer.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    answer
}

/// Where an answer sends the browser.
pub(crate) fn location(answer: &str) -> String {
    let line = answer.lines().find_map(|line| line.strip_prefix("location: "));
    line.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// A user who says yes: from the authorization's page back to claw.
pub(crate) fn say_yes(url: &str) -> String {
    browse(&location(&browse(url)))
}
