//! What lies beside the terminal, for the faces that copy and open.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use crate::audit::Audit;
use crate::config;
use crate::desk::clipboard::Facts;
use crate::desk::{DESK, Desk};
use crate::engine::Setup;

/// What lies beside the terminal, as the environment says.
pub(super) fn find(setup: &Setup) -> Desk {
    at(&setup.spill, Arc::clone(&setup.audit))
}

/// The same where there is no session.
pub(super) fn at(cache: &Path, audit: Arc<Audit>) -> Desk {
    let var = |name: &str| config::process(name).filter(|value| !value.is_empty());
    let term = var("TERM").is_some_and(|term| term.to_string_lossy().starts_with("screen"));
    let tmux = var("TMUX").is_some();
    let facts = Facts {
        remote: ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| var(name).is_some()),
        tmux,
        screen: var("STY").is_some() || term && !tmux,
        wayland: var("WAYLAND_DISPLAY").is_some(),
        x11: var("DISPLAY").is_some(),
        mac: cfg!(target_os = "macos"),
        wsl: var("WSL_DISTRO_NAME").is_some(),
    };
    Desk { facts, env: variables(), cache: cache.to_owned(), audit }
}

/// The variables that programs of the user's desk need.
pub(super) fn variables() -> Vec<(OsString, OsString)> {
    let var = |name: &str| config::process(name).filter(|value| !value.is_empty());
    DESK.iter().filter_map(|name| Some((OsString::from(name), var(name)?))).collect()
}
