//! `claw auth`: logging in to a provider, logging out, and where each key comes from.

mod status;
mod typed;

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Subcommand;
use secrecy::{ExposeSecret as _, SecretString};

use crate::audit::Audit;
use crate::auth::oauth::Issuer;
use crate::auth::{Kept, Place as KeptIn, Store};
use crate::base::redact;
use crate::base::text::sanitise;
use crate::cli::args::Flags;
use crate::cli::services::{self, Key, Services};
use crate::cli::setup::Place;
use crate::cli::{Wrong, desk, runtime, tell};
use crate::exec::signal::{Signal, signals};
use crate::provider::Catalogue;
use crate::provider::catalogue::{HOME, Vendor};

/// Most bytes of a key.
const LONGEST: u64 = 16 << 10;

/// What `claw auth` does.
#[derive(Debug, Subcommand)]
pub(super) enum AuthCommand {
    /// Keep a key: typed without being shown, read from standard input, or by a login with a
    /// browser where the provider has one (openrouter, and those with [provider.NAME.oauth])
    Login {
        /// Whose: as in vendor/name; without, that of the model that is chosen
        provider: Option<String>,
        /// Type a key, or pipe one in, also where one can log in with a browser
        #[arg(long)]
        key: bool,
        /// Log in with a code that is typed on another device
        #[arg(long, conflicts_with = "key")]
        device: bool,
        /// Only print the address
        #[arg(long, conflicts_with_all = ["key", "device"])]
        no_browser: bool,
        /// Keep it in claw's own file, which only you can read, also where the system has a secret
        /// store
        #[arg(long)]
        file: bool,
    },
    /// Forget what was kept
    Logout {
        /// Whose; without, the only one that there is
        provider: Option<String>,
    },
    /// Say where each key comes from; never a part of one
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// Carries the command out. The exit code.
pub(super) fn run(what: &AuthCommand, flags: &Flags) -> Result<u8, Wrong> {
    let place = Place::find(flags)?;
    match what {
        AuthCommand::Login { provider, key, device, no_browser, file } => {
            let how = match (key, device) {
                (true, _) => How::Key,
                (_, true) => How::Device,
                _ => How::Browser { open: !no_browser },
            };
            let wanted = if *file { KeptIn::File } else { KeptIn::Ring };
            login(&place, provider.as_deref(), how, wanted, flags)
        }
        AuthCommand::Logout { provider } => logout(&place, provider.as_deref(), flags),
        AuthCommand::Status { json } => status::run(&place, *json),
    }
}

/// How one logs in.
#[derive(Debug, Clone, Copy)]
enum How {
    Key,
    Device,
    /// Where there is such a login; else by a key.
    Browser {
        open: bool,
    },
}

fn login(
    place: &Place,
    name: Option<&str>,
    how: How,
    wanted: KeptIn,
    flags: &Flags,
) -> Result<u8, Wrong> {
    let (all, _) = services::catalogue(place).map_err(Wrong::Usage)?;
    let services = Services::of(place);
    let vendor = vendor(&all, place, name).map_err(Wrong::Usage)?;
    let runtime = runtime(flags)?;
    let issuer = services.issuer(vendor);
    // Said before anybody is asked.
    let issuer = match how {
        How::Device => issuer.filter(|issuer| issuer.device_url.is_some()),
        How::Key | How::Browser { .. } => issuer,
    };
    let kept = match (how, issuer) {
        (How::Key, _) | (How::Browser { .. }, None) => typed_key(vendor)?,
        (How::Device, None) => {
            let title = &vendor.title;
            let why = anyhow!("there are no device codes for {title}: leave --device out");
            return Err(Wrong::Usage(why));
        }
        (_, Some(issuer)) => {
            let asked = runtime.block_on(async {
                let mut stop = signals().context("listening for signals")?;
                tokio::select! {
                    kept = by_oauth(place, &issuer, how) => kept.map(Ok),
                    signal = stop.recv() => Ok(Err(signal)),
                }
            });
            match asked? {
                Ok(kept) => kept,
                Err(signal) => {
                    tell("the login was stopped; nothing was kept");
                    return Ok(if signal == Some(Signal::Terminate) { 143 } else { 130 });
                }
            }
        }
    };
    let store = services.store();
    let (now, why) = runtime.block_on(store.put(&vendor.id, &kept, wanted))?;
    if let Some(why) = why {
        tell(&format!("the system's secret store did not take it: {}", sanitise(&why)));
    }
    say(&format!("{}: kept in {}", sanitise(&vendor.title), place_of(store, now)));
    match services.key(vendor) {
        Key::Variable(name) => tell(&format!("{name} is set, and comes before it")),
        Key::Command => tell("its key_command comes before it"),
        _ => {}
    }
    Ok(0)
}

/// The provider of this name, or that of the model that is chosen.
fn vendor<'a>(all: &'a Catalogue, place: &Place, name: Option<&str>) -> Result<&'a Vendor> {
    let chosen = || place.settings.model.as_ref().and_then(|model| all.owner(&model.0));
    let name = match name {
        Some(name) => name,
        None => chosen().map_or(HOME, |vendor| &vendor.id),
    };
    all.vendor(name).ok_or_else(|| {
        let known: Vec<_> = all.vendors().map(|vendor| vendor.id.as_str()).collect();
        anyhow!(
            "there is no provider {name:?}: there are {}; another one is described in \
             [provider.{name}] of config.toml",
            known.join(", ")
        )
    })
}

/// Where a login is kept, for people.
fn place_of(store: &Store, place: KeptIn) -> String {
    match place {
        KeptIn::File => {
            let file = store.file().display().to_string();
            format!("{}, which only you can read", sanitise(&file))
        }
        KeptIn::Ring => "the system's secret store".to_owned(),
    }
}

async fn by_oauth(place: &Place, issuer: &Issuer, how: How) -> Result<Kept> {
    let title = sanitise(&issuer.title);
    if matches!(how, How::Device) || issuer.authorize_url.is_none() {
        let code = issuer.device().await?;
        let (page, user) = (sanitise(&code.page), sanitise(&code.user));
        tell(&format!("to log in to {title}, open {page} on any device and type {user}"));
        if let Some(whole) = &code.whole {
            tell(&format!("or open {}", sanitise(whole)));
        }
        return code.finish().await;
    }
    let begun = issuer.begin().await?;
    tell(&format!("to log in to {title}, open this address in a browser on this machine:"));
    // Alone on its line: it is copied whole.
    let _ = writeln!(io::stderr(), "{}", sanitise(begun.url()));
    let desk = desk::at(&place.paths.spill, Arc::new(Audit::new(place.paths.audit.clone())));
    let elsewhere =
        if issuer.device_url.is_some() { "--device logs in" } else { "--key takes a key" };
    if desk.facts.remote {
        tell(&format!("this machine is far from your browser: {elsewhere} from anywhere"));
    } else if matches!(how, How::Browser { open: true })
        && let Err(why) = desk.open(begun.url()).await
    {
        tell(&format!("it could not be opened for you: {why}"));
    }
    tell("waiting for the browser; Ctrl+C stops");
    begun.finish().await
}

/// A key that is typed, or comes on standard input.
fn typed_key(vendor: &Vendor) -> Result<Kept> {
    let title = sanitise(&vendor.title);
    let key = if io::stdin().is_terminal() {
        typed::line(&format!("Key for {title} (it is not shown): "))?
    } else {
        let mut text = String::new();
        let read = io::stdin().take(LONGEST + 1).read_to_string(&mut text);
        read.context("reading a key from standard input")?;
        SecretString::from(text)
    };
    let key = key.expose_secret().trim();
    ensure!(!key.is_empty(), "no key came: type one, or pipe it in, alone on one line");
    ensure!(key.len() as u64 <= LONGEST, "that is too long for a key");
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(plain, "a key has only visible ASCII characters: that was something else");
    redact::learn(key);
    Ok(Kept::Key { key: key.into() })
}

fn logout(place: &Place, name: Option<&str>, flags: &Flags) -> Result<u8, Wrong> {
    let services = Services::of(place);
    let store = services.store();
    let names = store.names()?;
    let name = match (name, names.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, []) => {
            tell("nothing is kept: there is nothing to log out of");
            return Ok(0);
        }
        (None, several) => {
            let why = anyhow!("which one? There are {}", several.join(", "));
            return Err(Wrong::Usage(why));
        }
    };
    let shown = sanitise(name);
    if runtime(flags)?.block_on(store.remove(name))? {
        say(&format!("{shown}: forgotten here; to withdraw it, use the provider's own page"));
    } else {
        tell(&format!("nothing was kept for {shown}"));
    }
    let (all, _) = services::catalogue(place).map_err(Wrong::Usage)?;
    if let Some(Key::Variable(name)) = all.vendor(name).map(|vendor| services.key(vendor)) {
        tell(&format!("{name} is still set"));
    }
    Ok(0)
}

/// A result. Nobody there to read it is no error.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{}", redact::all(text));
}
