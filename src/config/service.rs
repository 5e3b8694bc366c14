//! The services that the user names in `[provider.NAME]`: where each is, and who asks it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use serde::Deserialize;
use toml::Spanned;

use crate::config::env;
use crate::config::named::{Named, Row};
use crate::config::oauth::{OauthRow, OauthText};
use crate::config::source::{Said, Source};
use crate::config::{Env, Layer};
use crate::http;

/// The vendor that `[provider]` itself stands for.
const HOME: &str = "anthropic";
/// Most seconds that a service may be silent.
const LONGEST: u32 = 3600;

/// How a service is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Anthropic's Messages.
    Messages,
    /// OpenAI's Chat Completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Google's Gemini.
    Gemini,
}

/// A service, as the user's file describes it. What it does not say is as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceText {
    /// How it is spoken with.
    pub wire: Option<Wire>,
    /// Where it is.
    pub base_url: Option<String>,
    /// The variable that holds its key.
    pub key_env: Option<String>,
    /// The command line that prints its key.
    pub key_command: Option<String>,
    /// More headers of each request; `${NAME}` in a value stands for a variable.
    pub headers: BTreeMap<String, String>,
    /// How long it may be silent.
    pub idle: Option<Duration>,
    /// Authorities that are trusted beside the system's: a file.
    pub ca_file: Option<PathBuf>,
    /// Who asks, where the connection itself says so: the files of a certificate and of its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Where one logs in to it.
    pub oauth: Option<OauthText>,
    /// Where it is described.
    pub at: Source,
}

/// What may stand in `[provider.NAME]`.
#[derive(Debug, Deserialize)]
pub(super) struct ServiceRow {
    wire: Option<Wire>,
    base_url: Option<Spanned<String>>,
    key_env: Option<Spanned<String>>,
    key_command: Option<Spanned<String>>,
    #[serde(default)]
    headers: BTreeMap<String, Spanned<String>>,
    idle_timeout: Option<Spanned<NonZeroU32>>,
    ca_file: Option<Spanned<String>>,
    client_cert: Option<Spanned<String>>,
    client_key: Option<Spanned<String>>,
    oauth: Option<OauthRow>,
}

impl Row for ServiceRow {
    const OWN: &'static [&'static str] = &["base_url", "key_env"];
}

impl Layer {
    /// Takes in what `[provider]` says: its own address and key are the home vendor's.
    pub(super) fn take_services(
        &mut self,
        mut said: Named<ServiceRow>,
        at: &impl Fn(usize) -> Source,
    ) -> Result<()> {
        let spot =
            |text: Spanned<String>| Said { at: at(text.span().start), value: text.into_inner() };
        self.base_url = said.take("base_url").map(spot);
        self.key_env = said.take("key_env").map(spot);
        for (name, row) in said.rows {
            let name = Said { at: at(name.span().start), value: name.into_inner() };
            let mut row = row.into_inner();
            if name.value == HOME {
                let own = [
                    ("base_url", row.base_url.take(), &mut self.base_url),
                    ("key_env", row.key_env.take(), &mut self.key_env),
                ];
                for (key, here, there) in own {
                    let Some(here) = here.map(spot) else { continue };
                    if let Some(there) = there {
                        let (here, there) = (here.at, &there.at);
                        return Err(anyhow!(
                            "{here}: `{key}` of {HOME} was said before, in {there}; say it once"
                        ));
                    }
                    *there = Some(here);
                }
            }
            let service = row.read(&name, at)?;
            ensure!(
                name.value != HOME || service.key_command.is_none() || self.key_env.is_none(),
                "{}: {HOME} has a key_env and a key_command; say one of them",
                name.at
            );
            self.services.insert(name.value, service);
        }
        Ok(())
    }
}

impl ServiceRow {
    fn read(self, name: &Said<String>, at: &impl Fn(usize) -> Source) -> Result<ServiceText> {
        let Said { value, at: place } = name;
        let odd = |c: char| c == '/' || c.is_whitespace() || c.is_control();
        ensure!(
            !value.is_empty() && !value.contains(odd),
            "{place}: `{value}` cannot be a provider's name: it stands before the `/` of a model's"
        );
        let spot =
            |text: Spanned<String>| Said { at: at(text.span().start), value: text.into_inner() };
        let base_url = self.base_url.map(spot);
        base_url.as_ref().map(check_address).transpose()?;
        let key_env = self.key_env.map(spot);
        key_env.as_ref().map(check_variable).transpose()?;
        let key_command = self.key_command.map(spot);
        if let Some(command) = &key_command {
            let (line, at) = (&command.value, &command.at);
            ensure!(!line.trim().is_empty(), "{at}: key_command is empty: write a command line");
            ensure!(
                key_env.is_none(),
                "{at}: {value} has a key_env and a key_command; say one of them"
            );
        }
        let mut headers = BTreeMap::new();
        for (header, value) in self.headers {
            let said = spot(value);
            let fits = http::Headers::default().set(&header, &said.value);
            fits.map_err(|_| anyhow!("{}: `{header}` cannot be such a header", said.at))?;
            variables(&said.value).map_err(|why| anyhow!("{}: {why}", said.at))?;
            headers.insert(header, said.value);
        }
        let idle = self.idle_timeout.map(|seconds| {
            let at = at(seconds.span().start);
            let seconds = seconds.into_inner().get();
            ensure!(seconds <= LONGEST, "{at}: idle_timeout is at most {LONGEST} seconds");
            Ok(Duration::from_secs(u64::from(seconds)))
        });
        let file = |said: Option<Spanned<String>>| said.map(|said| beside(&spot(said)));
        let client = match (file(self.client_cert), file(self.client_key)) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => {
                return Err(anyhow!(
                    "{place}: a client certificate needs both client_cert and client_key"
                ));
            }
        };
        Ok(ServiceText {
            wire: self.wire,
            base_url: base_url.map(|said| said.value),
            key_env: key_env.map(|said| said.value),
            key_command: key_command.map(|said| said.value),
            headers,
            idle: idle.transpose()?,
            ca_file: file(self.ca_file),
            client,
            oauth: self.oauth.map(|row| row.read(name, at)).transpose()?,
            at: place.clone(),
        })
    }
}

impl ServiceText {
    /// With what a later layer says in place of what it says too.
    pub(super) fn under(self, later: Self) -> Self {
        let mut headers = self.headers;
        headers.extend(later.headers);
        // A key of one kind replaces one of the other.
        let keyed = later.key_env.is_some() || later.key_command.is_some();
        let earlier = if keyed { (None, None) } else { (self.key_env, self.key_command) };
        Self {
            wire: later.wire.or(self.wire),
            base_url: later.base_url.or(self.base_url),
            key_env: later.key_env.or(earlier.0),
            key_command: later.key_command.or(earlier.1),
            headers,
            idle: later.idle.or(self.idle),
            ca_file: later.ca_file.or(self.ca_file),
            client: later.client.or(self.client),
            oauth: later.oauth.or(self.oauth),
            at: later.at,
        }
    }
}

/// The file of a setting: relative to the file that names it, `~/` below the home directory.
pub(super) fn beside(said: &Said<String>) -> PathBuf {
    let Said { value, at } = said;
    if let (Some(rest), Some(home)) = (value.strip_prefix("~/"), std::env::home_dir()) {
        return home.join(rest);
    }
    match at {
        Source::File { file, .. } => file.parent().unwrap_or(Path::new("")).join(value),
        _ => PathBuf::from(value),
    }
}

/// An address has to be one.
pub(super) fn check_address(Said { value, at }: &Said<String>) -> Result<()> {
    let web = value.starts_with("https://") || value.starts_with("http://");
    ensure!(web, "{at}: the base URL `{value}` has to begin with https:// or http://");
    Ok(())
}

/// A variable's name has to be one.
pub(super) fn check_variable(Said { value, at }: &Said<String>) -> Result<()> {
    let name = !value.is_empty() && !value.contains(['=', '\0']);
    ensure!(name, "{at}: `{value}` is no name of an environment variable");
    Ok(())
}

/// The text with each `${NAME}` in it replaced by the variable's value.
///
/// # Errors
///
/// Where a variable is not set: the sentence names it.
pub fn expand(text: &str, env: Env) -> Result<String> {
    let mut out = String::new();
    for piece in variables(text)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable(name) => {
                let value = env::text(env, name)?.ok_or_else(|| anyhow!("${name} is not set"))?;
                out.push_str(&value);
            }
        }
    }
    Ok(out)
}

enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

fn variables(mut text: &str) -> Result<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    while let Some((before, rest)) = text.split_once("${") {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let named =
            rest.split_once('}').filter(|(name, _)| !name.is_empty() && name.chars().all(fits));
        let (name, after) =
            named.ok_or_else(|| anyhow!("`${{` begins the name of a variable, as in ${{NAME}}"))?;
        pieces.extend([Piece::Text(before), Piece::Variable(name)]);
        text = after;
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}
