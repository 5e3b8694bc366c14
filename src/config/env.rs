//! The environment, as a function: what is tested needs no process.

use std::ffi::OsString;

use anyhow::{Result, anyhow};

/// Gives the value of a variable, none where it is not set.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The environment of this process.
pub fn process(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A variable as text; one that is empty counts as not set.
///
/// # Errors
///
/// Where the value is not UTF-8.
pub(crate) fn text(env: Env, name: &str) -> Result<Option<String>> {
    let Some(value) = env(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.into_string();
    text.map(Some).map_err(|_| anyhow!("reading ${name}: its value is not UTF-8; set it anew"))
}
