//! Which services there are here, who asks them, and which model is asked where nobody chose one.

mod list;
mod project;
mod start;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use crate::audit::Audit;
use crate::auth::oauth::Issuer;
use crate::auth::{Found, KeyCommand, Login, Ring, Store};
use crate::base::redact;
use crate::cli::desk;
use crate::cli::setup::Place;
use crate::config::{self, Credentials, ServiceText, expand};
use crate::http;
use crate::protocol::ModelId;
use crate::provider::catalogue::{HOME, Vendor};
use crate::provider::{Auth, Catalogue, ProviderError, Service};

pub(super) use list::{MAX_LIST, catalogue, fetched, found, with_found};
pub(super) use project::settle;
pub(super) use start::{NoModel, start};

/// The model that is asked where nobody chose one and the home vendor has a key.
const MODEL: &str = "sonnet";
/// Whose model is asked where nobody chose one: the first that has a key.
const ORDER: [&str; 8] =
    [HOME, "openai", "google", "openrouter", "xai", "deepseek", "mistral", "groq"];

/// What signs requests to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A variable that is set.
    Variable(String),
    /// A command that prints it.
    Command,
    /// `claw auth login` kept it.
    Login(Found),
    /// None is needed.
    Free,
    /// None is set; these variables could hold one.
    Missing(Vec<String>),
    /// One is set that cannot be one.
    Bad(String),
}

impl Key {
    /// Can the vendor be asked?
    pub(super) fn is_there(&self) -> bool {
        self.is_own() || *self == Self::Free
    }
}

impl Key {
    /// Is there one that somebody gave?
    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Variable(_) | Self::Command | Self::Login(_))
    }
}

/// The services of the user.
pub(super) struct Services {
    tables: BTreeMap<String, ServiceText>,
    /// The home vendor's address and variable.
    base_url: Option<String>,
    key_env: Option<String>,
    /// Where the commands that print keys run.
    config: PathBuf,
    audit: Arc<Audit>,
    store: Store,
}

impl Services {
    pub(super) fn of(place: &Place) -> Self {
        let settings = &place.settings;
        let audit = Arc::new(Audit::new(place.paths.audit.clone()));
        let ring = Ring::find(desk::variables(), Arc::clone(&audit));
        Self {
            tables: settings.services.clone(),
            base_url: settings.base_url.clone(),
            key_env: settings.key_env.clone(),
            config: place.paths.config.clone(),
            audit,
            store: Store::new(place.paths.auth.clone(), ring),
        }
    }

    /// What logins are kept in.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Where one logs in to this vendor; none where it only has keys.
    pub(super) fn issuer(&self, vendor: &Vendor) -> Option<Issuer> {
        let text = self.tables.get(&vendor.id).and_then(|table| table.oauth.as_ref());
        text.map(|text| Issuer::described(&vendor.title, text))
            .or_else(|| Issuer::built_in(&vendor.id))
    }

    /// What `claw auth login` kept for this vendor.
    fn login(&self, vendor: &Vendor) -> Result<Option<(Key, Auth)>> {
        let Some(found) = self.store.look(&vendor.id)? else { return Ok(None) };
        let login = Login::new(&vendor.id, self.store.clone(), found, self.issuer(vendor));
        Ok(Some((Key::Login(found), Auth::Renewed(Arc::new(login)))))
    }

    /// What signs requests to this vendor.
    pub(super) fn key(&self, vendor: &Vendor) -> Key {
        match self.auth(vendor) {
            Ok((key, _)) => key,
            Err(why) => Key::Bad(format!("{why:#}")),
        }
    }

    fn auth(&self, vendor: &Vendor) -> Result<(Key, Auth)> {
        let table = self.tables.get(&vendor.id);
        if let Some(line) = table.and_then(|table| table.key_command.as_ref()) {
            // Named by an absolute path: the command may run where no project is.
            let cwd = if self.config.is_dir() { self.config.clone() } else { "/".into() };
            let vars = std::env::vars_os();
            let command = KeyCommand::new(&vendor.id, line, cwd, vars, self.audit.clone());
            return Ok((Key::Command, Auth::Renewed(Arc::new(command))));
        }
        let variables = self.variables(vendor);
        if vendor.id == HOME {
            let held = Credentials::read(&config::process, self.key_env.as_deref())?;
            if let Some(key) = held.api_key {
                let name = variables.iter().find(|name| is_set(name)).cloned();
                return Ok((Key::Variable(name.unwrap_or_default()), Auth::Key(key)));
            }
            if let Some(token) = held.auth_token {
                let all = ["CLAW_AUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"];
                let name = all.iter().find(|name| is_set(name)).copied().unwrap_or_default();
                return Ok((Key::Variable(name.to_owned()), Auth::Bearer(token)));
            }
            if let Some(login) = self.login(vendor)? {
                return Ok(login);
            }
            let free = self.base_url.is_some();
            let key = if free { Key::Free } else { Key::Missing(variables) };
            return Ok((key, Auth::None));
        }
        if let Some(name) = variables.iter().find(|name| is_set(name)) {
            let held = Credentials::read(&config::process, Some(name))?;
            if let Some(key) = held.api_key {
                return Ok((Key::Variable(name.clone()), Auth::Key(key)));
            }
        }
        if let Some(login) = self.login(vendor)? {
            return Ok(login);
        }
        // A server of one's own, and a gateway that was described without a key.
        let described = table.is_some_and(|table| {
            table.key_env.is_none() && table.oauth.is_none() && table.base_url.is_some()
        });
        let free = described || vendor.env.is_empty() && self.issuer(vendor).is_none();
        Ok((if free { Key::Free } else { Key::Missing(variables) }, Auth::None))
    }

    /// The variables that may hold a key: others may stand beside them in a list of models.
    fn variables(&self, vendor: &Vendor) -> Vec<String> {
        if vendor.id == HOME {
            return match &self.key_env {
                Some(name) => vec![name.clone()],
                None => vec!["CLAW_API_KEY".to_owned(), "ANTHROPIC_API_KEY".to_owned()],
            };
        }
        let own = self.tables.get(&vendor.id).and_then(|table| table.key_env.clone());
        if let Some(name) = own {
            return vec![name];
        }
        let names = |name: &&String| ["KEY", "TOKEN"].iter().any(|end| name.ends_with(end));
        vendor.env.iter().filter(names).cloned().collect()
    }

    /// A service by its name.
    ///
    /// # Errors
    ///
    /// `Auth` where there is no key, `Fatal` where its settings are wrong; both say what to do.
    pub(super) fn find(&self, all: &Catalogue, name: &str) -> Result<Service, ProviderError> {
        let wrong = |why: String| ProviderError::Fatal(format!("{name}: {why}"));
        let vendor =
            all.vendor(name).ok_or_else(|| wrong("there is no such provider".to_owned()))?;
        let table = self.tables.get(name);
        let (key, auth) =
            self.auth(vendor).map_err(|why| ProviderError::Auth(format!("{why:#}")))?;
        if let Key::Missing(variables) = &key {
            return Err(ProviderError::Auth(missing(vendor, variables)));
        }
        let api = if name == HOME {
            self.base_url.as_ref().or(vendor.api.as_ref())
        } else {
            vendor.api.as_ref()
        };
        let base_url = api.map(|api| expand(api, &config::process)).transpose();
        let base_url = base_url.map_err(|why| wrong(format!("its base_url: {why:#}")))?;
        // A wire without an address asks the vendor that made it: no other key goes there.
        if base_url.is_none() && ![HOME, "openai", "google"].contains(&name) {
            return Err(wrong(format!(
                "where it is is not known; set base_url in [provider.{name}]"
            )));
        }
        let mut service = Service {
            base_url,
            auth,
            key_from: match &key {
                Key::Variable(_) if name == HOME && self.key_env.is_none() => {
                    "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN".to_owned()
                }
                Key::Variable(name) => name.clone(),
                Key::Command => format!("the key_command of [provider.{name}]"),
                Key::Login(_) => format!("your login, or log in anew: claw auth login {name}"),
                _ => String::new(),
            },
            ..Service::new(name, vendor.wire)
        };
        let Some(table) = table else { return Ok(service) };
        for (header, value) in &table.headers {
            let value = expand(value, &config::process).map_err(|why| {
                ProviderError::Auth(format!("the header {header} of [provider.{name}]: {why:#}"))
            })?;
            let name = header.to_lowercase();
            if ["auth", "key", "token", "secret", "cookie"].iter().any(|word| name.contains(word)) {
                redact::learn(value.rsplit(' ').next().unwrap_or_default());
            }
            service.headers.push((header.clone(), value.into()));
        }
        service.idle = table.idle.unwrap_or(service.idle);
        let client = table.client.as_ref().map(|(certificate, key)| (&**certificate, &**key));
        service.tls = http::Tls::read(table.ca_file.as_deref(), client)
            .map_err(|why| wrong(format!("its certificates in [provider.{name}]: {why}")))?;
        Ok(service)
    }

    /// The model of the first vendor that has a key: the newest of which the price is known.
    pub(super) fn choose(&self, all: &Catalogue) -> Option<ModelId> {
        let own = self.tables.keys().map(String::as_str).filter(|name| !ORDER.contains(name));
        ORDER.into_iter().chain(own).find_map(|name| {
            let vendor = all.vendor(name)?;
            if !self.key(vendor).is_there() {
                return None;
            }
            if name == HOME {
                return Some(all.lookup(MODEL).id.clone());
            }
            let usable = || vendor.models.iter().filter(|model| model.tools);
            let priced = usable().find(|model| model.price.is_some());
            // What a user described needs no price.
            let own = || usable().next().filter(|_| !ORDER.contains(&name));
            priced.or_else(own).map(|model| model.id.clone())
        })
    }

    /// What is wrong with the first key that can be none.
    fn bad(&self, all: &Catalogue) -> Option<String> {
        all.vendors().find_map(|vendor| match self.key(vendor) {
            Key::Bad(why) => Some(why),
            _ => None,
        })
    }

    /// Why none could be chosen.
    fn none_chosen(&self, all: &Catalogue) -> anyhow::Error {
        if let Some(why) = self.bad(all) {
            return anyhow!(why);
        }
        let keyed = |vendor: &&Vendor| self.key(vendor).is_own();
        match all.vendors().find(keyed) {
            Some(Vendor { id, title, .. }) => anyhow!(
                "there is a key for {title}, but no model was chosen: claw --model {id}/NAME, or \
                 fetch its models with claw models --refresh https://models.dev/api.json"
            ),
            None => anyhow!(
                "there is no key: claw auth login keeps one, or set ANTHROPIC_API_KEY or that of \
                 another provider (claw models lists them), or try `claw demo`"
            ),
        }
    }
}

fn is_set(name: &str) -> bool {
    config::process(name).is_some_and(|value| !value.is_empty())
}

/// What to do where there is no key.
fn missing(vendor: &Vendor, variables: &[String]) -> String {
    let Vendor { id, title, .. } = vendor;
    let variable = match variables {
        [.., last] if id == HOME => last,
        [first, ..] => first,
        [] => "key_env",
    };
    let demo = if id == HOME { ", or try `claw demo`" } else { "" };
    format!(
        "there is no key for {title}: claw auth login {id} keeps one, or set {variable}, or a \
         key_command in [provider.{id}] of config.toml{demo}"
    )
}
