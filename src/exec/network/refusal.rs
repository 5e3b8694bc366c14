//! Why the proxy did not connect: told to the program, and kept for who reads its output.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;

use hyper::StatusCode;

use crate::http::Authority;
use crate::http::address::Reach;

/// The most refused hosts that are kept of one command.
const KEPT: usize = 20;

/// A connection that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The host and its port; none where the address was not plain.
    pub(super) target: Option<(String, u16)>,
    pub(super) why: Why,
}

/// Why it was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// The address could mean something else to somebody else: the end of a sentence.
    Odd(&'static str),
    /// No pattern grants it.
    NotListed,
    /// Its name leads to where no name may lead.
    Leads(Reach),
    /// It has no address, or it cannot be reached: what the system says.
    Failed(String),
}

impl Refusal {
    pub(super) fn odd(why: &'static str) -> Self {
        Self { target: None, why: Why::Odd(why) }
    }

    /// What the program is answered with.
    pub(super) fn status(&self) -> StatusCode {
        match self.why {
            Why::Failed(_) => StatusCode::BAD_GATEWAY,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// The words after the status: many programs show them and nothing else.
    pub(super) fn phrase(&self) -> &'static str {
        match self.why {
            Why::Odd(_) => "Refused by the sandbox: odd address",
            Why::NotListed => "Refused by the sandbox: host not in the allow-list",
            Why::Leads(_) => "Refused by the sandbox: host leads to a local address",
            Why::Failed(_) => "The sandbox could not reach the host",
        }
    }

    /// The host, and the reason in brackets.
    fn line(&self) -> Option<String> {
        let why = match &self.why {
            Why::Odd(_) => "odd address",
            Why::NotListed => "not in the allow-list",
            Why::Leads(reach) => {
                return Some(format!("{} (leads to {})", self.shown(), reach.name()));
            }
            Why::Failed(_) => return None,
        };
        Some(format!("{} ({why})", self.shown()))
    }

    fn shown(&self) -> String {
        match &self.target {
            Some((host, port)) => format!("{host}:{port}"),
            None => "an address that is not plain".to_owned(),
        }
    }

    /// What the user would write to grant it.
    fn grant(&self) -> Option<String> {
        let (host, port) = self.target.as_ref()?;
        let plain = Authority::parse(host).is_ok() && [80, 443].contains(port);
        Some(if plain && host != "localhost" { host.clone() } else { format!("{host}:{port}") })
    }
}

/// A sentence for the program, and for the model and the user who see its output.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.shown();
        match &self.why {
            Why::Odd(why) => write!(f, "the sandbox refused an address, because it {why}."),
            Why::NotListed => {
                let grant = self.grant().unwrap_or_default();
                write!(
                    f,
                    "the sandbox refused {shown}, which is not in the allow-list; the user can \
                     allow it in their settings: [sandbox] network = [\"{grant}\"]."
                )
            }
            Why::Leads(reach) => write!(
                f,
                "the sandbox refused {shown}, because its name leads to {}; only an address \
                 that the user's settings name with its port may be local: \
                 [sandbox] network = [\"127.0.0.1:8080\"].",
                reach.name()
            ),
            Why::Failed(error) => write!(f, "the sandbox could not reach {shown}: {error}."),
        }
    }
}

/// What was refused to one command, a line for each host, the first ones.
#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<Vec<String>>);

impl Refused {
    pub(super) fn note(&self, refusal: &Refusal) {
        let Some(line) = refusal.line() else { return };
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < KEPT && !lines.contains(&line) {
            lines.push(line);
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
