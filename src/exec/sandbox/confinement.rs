//! Whether commands are confined: what the user wants, and what the self-test found.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::audit::Audit;
use crate::exec::sandbox::Sandbox;
use crate::protocol::SandboxState;

/// Whether the commands of a project are confined. Tried once, before the first command.
#[derive(Debug)]
pub struct Confinement {
    wanted: Wanted,
    found: OnceCell<State>,
}

#[derive(Debug)]
enum Wanted {
    Off,
    On(Arc<Sandbox>),
    Impossible(Arc<str>),
}

/// How commands run.
#[derive(Debug, Clone)]
pub enum State {
    /// The user wants them outside: the rules alone decide.
    Off,
    /// Inside: the self-test passed.
    Confined(Arc<Sandbox>),
    /// Not inside, though the user wants it: every command has to be asked. The reason.
    Unavailable(Arc<str>),
}

impl State {
    /// The same in the words of the protocol.
    pub fn shown(&self) -> SandboxState {
        match self {
            Self::Off => SandboxState::Off,
            Self::Confined(sandbox) => {
                let (roots, network) = (sandbox.roots.clone(), sandbox.network.reach());
                SandboxState::Confined { roots, network }
            }
            Self::Unavailable(why) => SandboxState::Unavailable { why: why.to_string() },
        }
    }
}

impl Confinement {
    /// Commands run outside, as the user wants it.
    pub fn off() -> Self {
        Self { wanted: Wanted::Off, found: OnceCell::new() }
    }

    /// Commands run inside, or it is said why not.
    pub fn on(sandbox: Result<Sandbox, String>) -> Self {
        let wanted = match sandbox {
            Ok(sandbox) => Wanted::On(Arc::new(sandbox)),
            Err(why) => Wanted::Impossible(why.into()),
        };
        Self { wanted, found: OnceCell::new() }
    }

    /// The sandbox, where the self-test has ended by now and found that it holds.
    pub(in crate::exec) fn known(&self) -> Option<&Arc<Sandbox>> {
        match self.found.get() {
            Some(State::Confined(sandbox)) => Some(sandbox),
            _ => None,
        }
    }

    /// How commands run; the first time this waits for the self-test, which is written into `audit`.
    pub async fn state(&self, audit: &Arc<Audit>) -> State {
        let tested = self.found.get_or_init(|| async {
            match &self.wanted {
                Wanted::Off => State::Off,
                Wanted::Impossible(why) => State::Unavailable(why.clone()),
                Wanted::On(sandbox) => {
                    let status = sandbox.test(audit).await;
                    if status.holds() {
                        State::Confined(sandbox.clone())
                    } else {
                        State::Unavailable(status.why().into())
                    }
                }
            }
        });
        tested.await.clone()
    }
}
