//! One layer of settings: a file, the environment or the command line, as it was said and where.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use crate::base::regular;
use crate::config::Env;
use crate::config::env;
use crate::config::known::{Unknown, find_unknown};
use crate::config::named::Named;
use crate::config::offer::{ModelRow, ModelText};
use crate::config::rule::{Effect, Entry, RuleText};
use crate::config::service::{self, ServiceRow, ServiceText};
use crate::config::source::{Said, Source};
use crate::config::theme::ThemeChoice;
use crate::exec::Network;
use crate::protocol::Mode;

/// The longest file of settings, in bytes.
const MAX_FILE: usize = 1 << 20;

/// How much moves on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motion {
    /// Spinners and timers.
    #[default]
    Full,
    /// Words instead of spinners, timers in steps of five seconds.
    Reduced,
    /// Nothing.
    None,
}

/// What of the transcript is printed when the screen ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Printed {
    /// Nothing.
    None,
    /// The last turn.
    #[default]
    Last,
    /// All.
    All,
}

/// Which characters the screen is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Glyphs {
    /// Lines, blocks and arrows.
    #[default]
    Unicode,
    /// Only ASCII.
    Ascii,
}

/// What one layer says. What it does not say is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// The model's name.
    pub model: Option<Said<String>>,
    /// Who goes on where the model does not answer.
    pub fallback: Option<Said<Vec<String>>>,
    /// Most US dollars of a session.
    pub budget_usd: Option<Said<f64>>,
    /// Most tokens of a session.
    pub budget_tokens: Option<Said<u64>>,
    /// How much is asked.
    pub mode: Option<Said<Mode>>,
    /// The theme.
    pub theme: Option<Said<ThemeChoice>>,
    /// The most requests to the model in one turn.
    pub max_turns: Option<Said<NonZeroU32>>,
    /// Is the mouse used?
    pub mouse: Option<Said<bool>>,
    /// Does the composer have vim's keys?
    pub vim: Option<Said<bool>>,
    /// How much moves.
    pub motion: Option<Said<Motion>>,
    /// Which characters are used.
    pub glyphs: Option<Said<Glyphs>>,
    /// Is the user called while they are elsewhere?
    pub notify: Option<Said<bool>>,
    /// Is the terminal told what the agent does (OSC 7501)?
    pub osc7501: Option<Said<bool>>,
    /// Does tmux let notifications through to the terminal?
    pub tmux_passthrough: Option<Said<bool>>,
    /// Is what the mouse selects copied at once?
    pub copy_on_select: Option<Said<bool>>,
    /// What is printed when the screen ends.
    pub print_on_exit: Option<Said<Printed>>,
    /// The home vendor's address.
    pub base_url: Option<Said<String>>,
    /// The variable that holds the home vendor's key.
    pub key_env: Option<Said<String>>,
    /// Services by their names.
    pub services: BTreeMap<String, ServiceText>,
    /// A file of models.
    pub catalogue: Option<Said<PathBuf>>,
    /// What is said of models, by their names.
    pub models: BTreeMap<String, ModelText>,
    /// Are commands confined?
    pub sandbox: Option<Said<bool>>,
    /// What confined commands can reach.
    pub network: Option<Said<Network>>,
    /// Permission rules, in order.
    pub rules: Vec<RuleText>,
    /// Keys that are there and mean nothing to claw, where that is no mistake.
    pub unknown: Vec<Said<String>>,
}

#[derive(Debug, Deserialize)]
struct File {
    model: Option<Spanned<String>>,
    fallback: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    budget: BudgetRow,
    mode: Option<Spanned<String>>,
    theme: Option<Spanned<ThemeChoice>>,
    max_turns: Option<Spanned<NonZeroU32>>,
    #[serde(default)]
    ui: Ui,
    #[serde(default)]
    permissions: Permissions,
    #[serde(default)]
    provider: Named<ServiceRow>,
    #[serde(default)]
    models: Named<ModelRow>,
    #[serde(default)]
    sandbox: Sandbox,
}

#[derive(Debug, Default, Deserialize)]
struct BudgetRow {
    usd: Option<Spanned<f64>>,
    tokens: Option<Spanned<NonZeroU64>>,
}

#[derive(Debug, Default, Deserialize)]
struct Sandbox {
    mode: Option<Spanned<Switch>>,
    network: Option<Spanned<Reachable>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "network is true, false, or a list of hosts")]
enum Reachable {
    All(bool),
    Hosts(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Switch {
    On,
    Off,
}

#[derive(Debug, Default, Deserialize)]
struct Ui {
    mouse: Option<Spanned<bool>>,
    vim: Option<Spanned<bool>>,
    motion: Option<Spanned<Motion>>,
    glyphs: Option<Spanned<Glyphs>>,
    notify: Option<Spanned<bool>>,
    osc7501: Option<Spanned<bool>>,
    tmux_passthrough: Option<Spanned<bool>>,
    copy_on_select: Option<Spanned<bool>>,
    print_on_exit: Option<Spanned<Printed>>,
}

#[derive(Debug, Default, Deserialize)]
struct Permissions {
    #[serde(default)]
    allow: Vec<Spanned<Entry>>,
    #[serde(default)]
    ask: Vec<Spanned<Entry>>,
    #[serde(default)]
    deny: Vec<Spanned<Entry>>,
}

impl Layer {
    /// Reads one file; none where it does not exist.
    ///
    /// # Errors
    ///
    /// Where the file is there but cannot be read, or says what no setting says.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        text(path)?.map(|text| Self::parse(path, &text)).transpose()
    }

    /// The same for a project's file: a key that no setting has is no mistake of the user's, and is
    /// in [`Self::unknown`]; but not among the permissions, where it was meant to forbid something.
    ///
    /// # Errors
    ///
    /// As [`Self::read`], but for those keys.
    pub fn read_project(path: &Path) -> Result<Option<Self>> {
        text(path)?.map(|text| Self::parse_with(path, &text, true)).transpose()
    }

    /// What the text of a file says; `path` is named in errors and sources.
    ///
    /// # Errors
    ///
    /// Where it is no TOML, has an unknown key, or a value that no setting takes.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        Self::parse_with(path, text, false)
    }

    fn parse_with(path: &Path, text: &str, lenient: bool) -> Result<Self> {
        let at = |offset: usize| Source::File { file: path.to_owned(), line: line(text, offset) };
        let wrong = |error: toml::de::Error| {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().trim_end().replace('\n', ", ");
            anyhow!("{}: {message}; correct this line", at(offset))
        };
        let table = DeTable::parse(text).map_err(wrong)?;
        let mut unknown = Vec::new();
        find_unknown(table.get_ref(), "", &at, &mut unknown);
        let stops = |key: &&Unknown| !lenient || key.table == "permissions";
        if let Some(key) = unknown.iter().find(stops) {
            return Err(key.error());
        }
        let file: File = toml::from_str(text).map_err(wrong)?;

        let rules = |effect, list: Vec<Spanned<Entry>>| {
            let at = &at;
            list.into_iter().map(move |rule| {
                let at = at(rule.span().start);
                rule.into_inner().at(effect, at)
            })
        };
        let mut layer = Self {
            model: said(file.model, &at),
            fallback: said(file.fallback, &at),
            budget_usd: said(file.budget.usd, &at),
            budget_tokens: said(file.budget.tokens, &at)
                .map(|Said { value, at }| Said { value: value.get(), at }),
            theme: said(file.theme, &at),
            max_turns: said(file.max_turns, &at),
            mouse: said(file.ui.mouse, &at),
            vim: said(file.ui.vim, &at),
            motion: said(file.ui.motion, &at),
            glyphs: said(file.ui.glyphs, &at),
            notify: said(file.ui.notify, &at),
            osc7501: said(file.ui.osc7501, &at),
            tmux_passthrough: said(file.ui.tmux_passthrough, &at),
            copy_on_select: said(file.ui.copy_on_select, &at),
            print_on_exit: said(file.ui.print_on_exit, &at),
            sandbox: said(file.sandbox.mode, &at)
                .map(|Said { value, at }| Said { value: value == Switch::On, at }),
            network: said(file.sandbox.network, &at).map(network).transpose()?,
            rules: rules(Effect::Allow, file.permissions.allow)
                .chain(rules(Effect::Ask, file.permissions.ask))
                .chain(rules(Effect::Deny, file.permissions.deny))
                .collect(),
            unknown: unknown.iter().map(Unknown::said).collect(),
            ..Self::default()
        };
        layer.take_services(file.provider, &at)?;
        layer.take_models(file.models, &at)?;
        layer.mode = said(file.mode, &at).map(|word| mode(&word)).transpose()?;
        layer.check()?;
        Ok(layer)
    }

    /// What the environment says: `CLAW_MODEL`, `CLAW_MODE`, `CLAW_THEME`, `CLAW_MAX_TURNS`,
    /// `CLAW_BASE_URL` (else `ANTHROPIC_BASE_URL`), and `REDUCE_MOTION`.
    ///
    /// # Errors
    ///
    /// Where a value is not what its setting takes.
    pub fn from_env(env: Env) -> Result<Self> {
        let get = |name: &'static str| -> Result<Option<Said<String>>> {
            let value = env::text(env, name)?;
            Ok(value.map(|value| Said { value, at: Source::Variable(name) }))
        };
        let turns = get("CLAW_MAX_TURNS")?.map(|said| match said.value.parse() {
            Ok(value) => Ok(Said { value, at: said.at }),
            Err(_) => Err(anyhow!("{}: `{}` is no number from 1 on", said.at, said.value)),
        });
        let base_url = match get("CLAW_BASE_URL")? {
            Some(said) => Some(said),
            None => get("ANTHROPIC_BASE_URL")?,
        };
        let reduce = get("REDUCE_MOTION")?.filter(|said| said.value != "0");
        let layer = Self {
            model: get("CLAW_MODEL")?,
            mode: get("CLAW_MODE")?.map(|word| mode(&word)).transpose()?,
            theme: get("CLAW_THEME")?.map(|Said { value, at }| Said { value: value.into(), at }),
            max_turns: turns.transpose()?,
            base_url,
            motion: reduce.map(|said| Said { value: Motion::Reduced, at: said.at }),
            ..Self::default()
        };
        layer.check()?;
        Ok(layer)
    }

    /// What it says of the screen, and nothing else.
    #[must_use]
    pub fn screen(self) -> Self {
        Self {
            theme: self.theme,
            mouse: self.mouse,
            vim: self.vim,
            motion: self.motion,
            glyphs: self.glyphs,
            notify: self.notify,
            osc7501: self.osc7501,
            tmux_passthrough: self.tmux_passthrough,
            copy_on_select: self.copy_on_select,
            print_on_exit: self.print_on_exit,
            ..Self::default()
        }
    }

    /// What a type cannot say.
    fn check(&self) -> Result<()> {
        self.base_url.as_ref().map(service::check_address).transpose()?;
        self.key_env.as_ref().map(service::check_variable).transpose()?;
        if let Some(Said { value, at }) = &self.budget_usd {
            let sound = value.is_finite() && *value > 0.0;
            ensure!(sound, "{at}: budget.usd is a number of US dollars above 0");
        }
        Ok(())
    }
}

/// The text of a file of settings; none where it does not exist.
///
/// # Errors
///
/// Where it is there but cannot be read.
pub fn text(path: &Path) -> Result<Option<String>> {
    let doing = || format!("reading the settings in {}", path.display());
    // A user's file may be a link, as those who keep their settings in one place have it.
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => bail!("{}: {error}; make it a file that you may read", doing()),
    };
    let content = regular::read(&real, MAX_FILE)
        .map_err(|error| anyhow!("{}: {error}; make it a file that you may read", doing()))?;
    ensure!(!content.cut, "{}: the file is longer than 1 MiB; shorten it", doing());
    let text = String::from_utf8(content.bytes)
        .map_err(|_| anyhow!("{}: the file is not UTF-8; save it as UTF-8", doing()))?;
    Ok(Some(text))
}

/// The line, from 1, that the byte at `offset` stands on.
pub(super) fn line(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].split(|&b| b == b'\n').count()
}

/// A value of a file with its line.
fn said<T>(value: Option<Spanned<T>>, at: &impl Fn(usize) -> Source) -> Option<Said<T>> {
    value.map(|value| Said { at: at(value.span().start), value: value.into_inner() })
}

/// The network that is granted.
fn network(Said { value, at }: Said<Reachable>) -> Result<Said<Network>> {
    let value = match value {
        Reachable::All(all) if all => Network::All,
        Reachable::All(_) => Network::None,
        Reachable::Hosts(hosts) => {
            let parsed = hosts.iter().map(|host| host.parse());
            let parsed: Result<_, String> = parsed.collect();
            Network::only(parsed.map_err(|why| anyhow!("{at}: in sandbox.network {why}"))?)
        }
    };
    Ok(Said { value, at })
}

/// The mode that a word means.
fn mode(word: &Said<String>) -> Result<Said<Mode>> {
    let value = match word.value.as_str() {
        "default" => Mode::Default,
        "accept_edits" => Mode::AcceptEdits,
        "plan" => Mode::Plan,
        "auto" => Mode::Auto,
        "bypass" => bail!("{}: only a start flag switches all checks off; choose another", word.at),
        other => bail!(
            "{}: there is no mode `{other}`; choose default, accept_edits, plan or auto",
            word.at
        ),
    };
    Ok(Said { value, at: word.at.clone() })
}
