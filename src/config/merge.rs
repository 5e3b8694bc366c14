//! Layers into settings. A later layer wins, except that a project can only tighten.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::config::knob::Knob;
use crate::config::layer::Glyphs;
use crate::config::layer::Layer;
use crate::config::layer::Motion;
use crate::config::layer::Printed;
use crate::config::offer::ModelText;
use crate::config::rule::Effect;
use crate::config::rule::RuleText;
use crate::config::service::ServiceText;
use crate::config::source::{Said, Source};
use crate::config::theme::ThemeChoice;
use crate::exec::Network;
use crate::protocol::Budget;
use crate::protocol::Mode;
use crate::protocol::ModelId;

/// Whose layer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The user's file.
    User,
    /// The project's file: written by anybody.
    Project,
    /// The environment.
    Environment,
    /// The command line.
    Flags,
}

/// What holds.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// The model; none where nobody chose one.
    pub model: Option<ModelId>,
    /// Who goes on where the model does not answer, in this order.
    pub fallback: Vec<ModelId>,
    /// What the project says of models: it holds where that is one of a vendor whom the user asks.
    pub project: Models,
    /// What a new session may use in all.
    pub budget: Budget,
    /// How much is asked at the start.
    pub mode: Mode,
    /// The theme; none where nobody chose one.
    pub theme: Option<ThemeChoice>,
    /// The most requests to the model in one turn; none where nobody set it.
    pub max_turns: Option<NonZeroU32>,
    /// Is the mouse used? It is unless somebody says otherwise.
    pub mouse: Option<bool>,
    /// Does the composer have vim's keys?
    pub vim: Option<bool>,
    /// How much moves.
    pub motion: Motion,
    /// Which characters are used.
    pub glyphs: Glyphs,
    /// Is the user called while they are elsewhere? They are unless somebody says otherwise.
    pub notify: Option<bool>,
    /// Is the terminal told what the agent does (OSC 7501)?
    pub osc7501: bool,
    /// Does tmux let notifications through to the terminal?
    pub tmux_passthrough: bool,
    /// Is what the mouse selects copied at once?
    pub copy_on_select: bool,
    /// What of the transcript is printed when the screen ends.
    pub print_on_exit: Printed,
    /// Where each setting of the screen was said; not there where nobody did.
    pub places: BTreeMap<Knob, Source>,
    /// The home vendor's address; none for its own.
    pub base_url: Option<String>,
    /// The variable that holds the home vendor's key; none for the usual one.
    pub key_env: Option<String>,
    /// Services by their names.
    pub services: BTreeMap<String, ServiceText>,
    /// A file of models, and where it was named.
    pub catalogue: Option<Said<PathBuf>>,
    /// What is said of models, by their names.
    pub models: BTreeMap<String, ModelText>,
    /// The managed policy forbids to switch all checks off.
    pub no_bypass: bool,
    /// The managed policy takes no rule of the user's that allows.
    pub no_allows: bool,
    /// Are commands confined? They are unless somebody says otherwise.
    pub sandbox: Option<bool>,
    /// What confined commands can reach: nothing unless somebody says otherwise.
    pub network: Option<Network>,
    /// All permission rules with their places.
    pub rules: Vec<RuleText>,
    /// Rules of the project that allow something: none holds before the user accepts it.
    pub proposed: Vec<RuleText>,
    /// What was said but does not hold, and why: a sentence each, for the user.
    pub notices: Vec<String>,
}

/// Who is asked, by the settings of a project.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Models {
    /// The model.
    pub model: Option<Said<String>>,
    /// Who goes on where it does not answer.
    pub fallback: Option<Said<Vec<String>>>,
}

/// Folds layers, the weakest first.
pub fn merge(layers: impl IntoIterator<Item = (Scope, Layer)>) -> Settings {
    let mut settings = Settings::default();
    for (scope, layer) in layers {
        let layer = match scope {
            Scope::Project => tightened(layer, &mut settings),
            Scope::User => layer,
            Scope::Environment | Scope::Flags => {
                let project = &mut settings.project;
                project.model = project.model.take().filter(|_| layer.model.is_none());
                project.fallback = project.fallback.take().filter(|_| layer.fallback.is_none());
                layer
            }
        };
        settings.take(layer);
    }
    settings
}

impl Settings {
    fn take(&mut self, layer: Layer) {
        fn value<T>(said: Option<Said<T>>) -> Option<T> {
            said.map(|said| said.value)
        }
        let said = Knob::ALL.map(|knob| Some((knob, knob.said(&layer)?.clone())));
        self.places.extend(said.into_iter().flatten());
        self.model = value(layer.model).map(|name| name.as_str().into()).or(self.model.take());
        if let Some(names) = value(layer.fallback) {
            self.fallback = names.iter().map(|name| name.as_str().into()).collect();
        }
        let Budget { usd, tokens } = self.budget;
        let (usd, tokens) =
            (value(layer.budget_usd).or(usd), value(layer.budget_tokens).or(tokens));
        self.budget = Budget { usd, tokens };
        self.mode = value(layer.mode).unwrap_or(self.mode);
        self.theme = value(layer.theme).or(self.theme.take());
        self.max_turns = value(layer.max_turns).or(self.max_turns);
        self.mouse = value(layer.mouse).or(self.mouse);
        self.vim = value(layer.vim).or(self.vim);
        self.motion = value(layer.motion).unwrap_or(self.motion);
        self.glyphs = value(layer.glyphs).unwrap_or(self.glyphs);
        self.notify = value(layer.notify).or(self.notify);
        self.osc7501 = value(layer.osc7501).unwrap_or(self.osc7501);
        self.tmux_passthrough = value(layer.tmux_passthrough).unwrap_or(self.tmux_passthrough);
        self.copy_on_select = value(layer.copy_on_select).unwrap_or(self.copy_on_select);
        self.print_on_exit = value(layer.print_on_exit).unwrap_or(self.print_on_exit);
        self.base_url = value(layer.base_url).or(self.base_url.take());
        self.key_env = value(layer.key_env).or(self.key_env.take());
        for (name, later) in layer.services {
            let all = match self.services.remove(&name) {
                Some(earlier) => earlier.under(later),
                None => later,
            };
            self.services.insert(name, all);
        }
        self.catalogue = layer.catalogue.or(self.catalogue.take());
        for (name, later) in layer.models {
            let all = match self.models.remove(&name) {
                Some(earlier) => earlier.under(later),
                None => later,
            };
            self.models.insert(name, all);
        }
        self.sandbox = value(layer.sandbox).or(self.sandbox);
        self.network = value(layer.network).or(self.network.take());
        self.rules.extend(layer.rules);
    }
}

/// What a project may say: its model, a stricter mode, fewer turns, a smaller budget, rules that ask
/// or deny. Those that allow are proposals, and so is who is asked: which vendor reads the project is
/// the user's to say.
///
/// Its author is not the user: an endpoint would get the user's key, an allow rule run its code.
fn tightened(mut layer: Layer, settings: &mut Settings) -> Layer {
    let project = &mut settings.project;
    project.model = layer.model.take().or(project.model.take());
    project.fallback = layer.fallback.take().or(project.fallback.take());
    let notices = &mut settings.notices;
    let (allows, rules) = layer.rules.into_iter().partition(|rule| rule.effect == Effect::Allow);
    settings.proposed.extend::<Vec<_>>(allows);
    layer.rules = rules;
    notices.extend(unknown(&layer.unknown));
    let now = strictness(settings.mode);
    layer.mode = keep(layer.mode, notices, "the mode, which is not stricter", |&mode| {
        strictness(mode) >= now
    });
    let most = settings.max_turns.unwrap_or(NonZeroU32::MAX);
    layer.max_turns =
        keep(layer.max_turns, notices, "max_turns, which is higher", |&turns| turns <= most);
    let Budget { usd, tokens } = settings.budget;
    layer.budget_usd = keep(layer.budget_usd, notices, "budget.usd, which is higher", |&it| {
        usd.is_none_or(|most| it <= most)
    });
    layer.budget_tokens =
        keep(layer.budget_tokens, notices, "budget.tokens, which is higher", |&it| {
            tokens.is_none_or(|most| it <= most)
        });
    layer.base_url = keep(layer.base_url, notices, "provider.base_url", |_| false);
    layer.key_env = keep(layer.key_env, notices, "provider.key_env", |_| false);
    for (name, service) in std::mem::take(&mut layer.services) {
        notices.push(notice(&service.at, format_args!("provider.{name}")));
    }
    layer.catalogue = keep(layer.catalogue, notices, "models.catalogue", |_| false);
    for (name, model) in std::mem::take(&mut layer.models) {
        notices.push(notice(&model.at, format_args!("models.{name:?}")));
    }
    layer.sandbox = keep(layer.sandbox, notices, "sandbox.mode, which is off", |&on| on);
    let granted = settings.network.clone().unwrap_or_default();
    layer.network = layer.network.map(|Said { value, at }| {
        let both = granted.meet(&value);
        if both != value {
            notices.push(notice(&at, "the part of sandbox.network that you do not grant"));
        }
        Said { value: both, at }
    });
    layer.theme = keep(layer.theme, notices, "the theme", |_| false);
    layer.mouse = keep(layer.mouse, notices, "ui.mouse", |_| false);
    layer.vim = keep(layer.vim, notices, "ui.vim", |_| false);
    layer.motion = keep(layer.motion, notices, "ui.motion", |_| false);
    layer.glyphs = keep(layer.glyphs, notices, "ui.glyphs", |_| false);
    layer.notify = keep(layer.notify, notices, "ui.notify", |_| false);
    layer.osc7501 = keep(layer.osc7501, notices, "ui.osc7501", |_| false);
    layer.tmux_passthrough =
        keep(layer.tmux_passthrough, notices, "ui.tmux_passthrough", |_| false);
    layer.copy_on_select = keep(layer.copy_on_select, notices, "ui.copy_on_select", |_| false);
    layer.print_on_exit = keep(layer.print_on_exit, notices, "ui.print_on_exit", |_| false);
    layer
}

/// What a project said, where it may; else a notice that names it as `what`.
fn keep<T>(
    said: Option<Said<T>>,
    notices: &mut Vec<String>,
    what: &str,
    may: impl Fn(&T) -> bool,
) -> Option<Said<T>> {
    let said = said?;
    if may(&said.value) {
        return Some(said);
    }
    notices.push(notice(&said.at, what));
    None
}

/// One sentence on all keys of a file that mean nothing.
fn unknown(keys: &[Said<String>]) -> Option<String> {
    /// Names that are listed; a file may have any number of them.
    const SHOWN: usize = 8;
    let first = keys.first()?;
    let names: Vec<_> = keys.iter().take(SHOWN).map(|key| key.value.as_str()).collect();
    let more = keys.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(notice(&first.at, format_args!("{}{more}", names.join(", "))))
}

fn notice(at: &Source, what: impl Display) -> String {
    format!("{at}: {what} is ignored: a project's settings can only tighten; set it in your own")
}

/// The higher, the more is asked.
fn strictness(mode: Mode) -> u8 {
    match mode {
        Mode::DontAsk => 5,
        Mode::Plan => 4,
        Mode::Default => 3,
        Mode::AcceptEdits => 2,
        Mode::Auto => 1,
        Mode::Bypass => 0,
    }
}
