//! From the command line, the settings and the environment to what the engine is built from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::agent::Limits;
use crate::audit::Audit;
use crate::cli::Wrong;
use crate::cli::args::{Flags, rules};
use crate::config::{
    self, Effect, Kept, Layer, Look, Managed, Paths, RuleText, Settings, Source, Standing, Trust,
};
use crate::engine::Setup;
use crate::exec::sandbox::{Confinement, Sandbox};
use crate::policy::{Hidden, Policy, Rule, Rules};
use crate::protocol::ModelId;
use crate::provider::{Catalogue, Provider};
use crate::session::{Store, Summary};

/// Where claw works, where its own files are, and what holds there.
pub(super) struct Place {
    /// The project: absolute and canonical.
    pub(super) root: PathBuf,
    pub(super) paths: Paths,
    pub(super) settings: Settings,
    pub(super) look: Look,
    /// The user wants to look at an untrusted folder first.
    pub(super) read_only: bool,
    /// It is the demo: what is typed there is kept for no other session.
    pub(super) demo: bool,
}

impl Place {
    /// The user's own: the project in the current directory or `--cwd`, with all settings.
    ///
    /// # Errors
    ///
    /// Wrong usage where the directory is not there or settings cannot be read.
    pub(super) fn find(flags: &Flags) -> Result<Self, Wrong> {
        let usage = Wrong::Usage;
        let root = directory(flags.cwd.as_deref().unwrap_or(Path::new("."))).map_err(usage)?;
        Self::at(root, flags)
    }

    /// The same for a project of which the place is known.
    pub(super) fn at(root: PathBuf, flags: &Flags) -> Result<Self, Wrong> {
        let usage = Wrong::Usage;
        let paths = Paths::find(&config::process).map_err(usage)?;
        let look = if flags.trust {
            Look::trusted()
        } else {
            Trust::new(paths.trust_file.clone()).look(&root).map_err(usage)?
        };
        let trusted = look.standing == Standing::Trusted;
        let settings = config::load(&paths, &root, trusted, &config::process, layer(flags));
        let settings = settings.and_then(|settings| Managed::system().over(settings));
        let mut settings = settings.map_err(usage)?;
        drop_unknown(&mut settings);
        Ok(Self { root, paths, settings, look, read_only: false, demo: false })
    }

    /// The demo's: only the flags have a say, and the user's settings of the screen.
    ///
    /// # Errors
    ///
    /// Wrong usage where the managed policy forbids it or cannot be read.
    pub(super) fn of_demo(root: PathBuf, paths: Paths, flags: &Flags) -> Result<Self, Wrong> {
        let own = Layer::read(&paths.config_file).map(Option::unwrap_or_default);
        let around = Layer::from_env(&config::process);
        let mut notices = Vec::new();
        let mut screen = |layer: Result<Layer>| {
            // The demo works where the settings do not.
            let layer = layer.unwrap_or_else(|error| {
                notices.push(format!("{error:#}"));
                Layer::default()
            });
            layer.screen()
        };
        let layers = [
            (config::Scope::User, screen(own)),
            (config::Scope::Environment, screen(around)),
            (config::Scope::Flags, layer(flags)),
        ];
        let mut settings = config::merge(layers);
        settings.notices.extend(notices);
        let settings = Managed::system().over(settings).map_err(Wrong::Usage)?;
        Ok(Self { root, paths, settings, look: Look::unknown(), read_only: false, demo: true })
    }

    /// The logs of all sessions.
    pub(super) fn store(&self) -> Store {
        Store::new(&self.paths.sessions)
    }

    /// The session that the flags want to go on with; none where they want a new one.
    ///
    /// # Errors
    ///
    /// Wrong usage where it is not there, or its id could mean several.
    pub(super) fn wanted(&self, flags: &Flags) -> Result<Option<Summary>, Wrong> {
        let found = match (&flags.resume, flags.continue_last) {
            (Some(id), _) => self.store().find(id, &self.root),
            (None, true) => {
                let here = self.store().list(Some(&self.root)).into_iter().next();
                here.with_context(|| {
                    let root = self.root.display();
                    format!("there is no session in {root} yet: leave --continue out to begin one")
                })
            }
            (None, false) => return Ok(None),
        };
        found.map(Some).map_err(Wrong::Usage)
    }

    /// Where a session goes on: in its own project, unless `--cwd` says otherwise or that is gone.
    ///
    /// # Errors
    ///
    /// Wrong usage where the settings there cannot be read.
    pub(super) fn of(self, session: &Summary, flags: &Flags) -> Result<Self, Wrong> {
        if flags.cwd.is_some() || session.cwd == self.root {
            return Ok(self);
        }
        match directory(&session.cwd) {
            Ok(root) => Self::at(root, flags),
            Err(_) => Ok(self),
        }
    }

    /// The model that somebody chose for this run: by a flag, for the session, in the settings.
    pub(super) fn chosen(&self, session: Option<&Summary>, flags: &Flags) -> Option<ModelId> {
        let kept = session.map(|session| session.model.clone()).filter(|_| flags.model.is_none());
        kept.or_else(|| self.settings.model.clone())
    }

    /// What the engine is built from.
    ///
    /// # Errors
    ///
    /// Wrong usage where a rule says nothing that can be kept.
    pub(super) fn setup(
        &self,
        provider: Arc<dyn Provider>,
        model: ModelId,
        flags: &Flags,
    ) -> Result<Setup, Wrong> {
        let policy = self.policy()?;
        let sandbox = Arc::new(self.confinement(&policy));
        Ok(Setup {
            root: self.root.clone(),
            provider,
            model,
            mode: self.settings.mode,
            force_model: flags.model.is_some(),
            force_mode: flags.mode().is_some() || self.read_only,
            policy,
            limits: Limits {
                requests: self.settings.max_turns.map(u32::from),
                unattended: flags.print,
            },
            budget: flags.budget(),
            usual: self.settings.budget,
            fallback: self.fallback(flags),
            audit: Arc::new(Audit::new(self.paths.audit.clone())),
            no_bypass: self.settings.no_bypass,
            kept: Arc::new(self.kept().map_err(Wrong::Usage)?),
            store: self.store(),
            spill: self.paths.spill.clone(),
            trusted: self.trusted(),
            config: self.paths.config.clone(),
            follow: !flags.print,
            sandbox,
        })
    }

    /// Who goes on where the model does not answer: a short name is its full one.
    fn fallback(&self, flags: &Flags) -> Vec<ModelId> {
        let known = Catalogue::current();
        let said = flags.fallback_model.iter().map(String::as_str);
        let own = self.settings.fallback.iter().map(|name| &*name.0);
        let none_said = flags.fallback_model.is_empty();
        let names = said.chain(own.filter(|_| none_said));
        names.map(|name| known.lookup(name).id.clone()).collect()
    }

    /// The policy that holds here.
    ///
    /// # Errors
    ///
    /// Wrong usage where a rule says nothing that can be kept.
    pub(super) fn policy(&self) -> Result<Policy, Wrong> {
        Ok(Policy {
            rules: self.rules().map_err(Wrong::Usage)?,
            roots: vec![self.root.clone()],
            home: std::env::home_dir(),
            untrusted: !self.trusted(),
        })
    }

    /// Where what the user always allows is written down.
    fn kept(&self) -> Result<Kept> {
        Kept::new(&self.paths, &self.root, self.settings.no_allows)
    }

    /// Whether commands are confined: unless the user turned that off.
    pub(super) fn confinement(&self, policy: &Policy) -> Confinement {
        match self.settings.sandbox {
            Some(false) => Confinement::off(),
            _ => Confinement::on(self.sandbox(policy)),
        }
    }

    /// The sandbox of this project.
    ///
    /// # Errors
    ///
    /// Where it cannot be, in a sentence for the user.
    pub(super) fn sandbox(&self, policy: &Policy) -> Result<Sandbox, String> {
        let home = std::env::home_dir();
        // This very program, also where its file was replaced meanwhile.
        let own = Path::new("/proc/self/exe");
        let helper = if own.exists() { own.to_owned() } else { PathBuf::new() };
        let sandbox = Sandbox::new(helper, &self.root, home.as_deref(), &self.paths.home)?;
        let Hidden { paths, globs } = policy.hidden();
        let sandbox = sandbox.hiding(paths, globs);
        Ok(Sandbox { network: self.settings.network.clone().unwrap_or_default(), ..sandbox })
    }

    /// The user's rules, and that the model may read the outputs that were too long for it.
    fn rules(&self) -> Result<Rules> {
        let mut rules = parsed(&self.settings.rules)?;
        let spill = format!("Read(/{}/**)", self.paths.spill.display());
        rules.allow.push(Rule::parse(&spill, "claw itself")?);
        // No call changes what governs it: settings, trust, the audit log, the logs of sessions.
        // The project's `.claw` and `.git` are a floor of the policy.
        let claude = self.root.join(".claude");
        let own = [
            (self.paths.config.clone(), "/**"),
            (self.paths.home.clone(), "/**"),
            (self.paths.claude_file.clone(), ""),
            (claude.join("settings.json"), ""),
            (claude.join("settings.local.json"), ""),
            (claude.join("hooks"), "/**"),
        ];
        for auth in [Some(self.paths.auth.clone()), self.paths.auth.canonicalize().ok()] {
            let Some(auth) = auth else { continue };
            let rule = format!("Read(/{}/**)", auth.display());
            rules.deny.push(Rule::parse(&rule, "claw itself")?);
        }
        let real = own.iter().filter_map(|(path, end)| Some((path.canonicalize().ok()?, *end)));
        for (path, end) in own.iter().cloned().chain(real) {
            for tool in ["Edit", "Write"] {
                let rule = format!("{tool}(/{}{end})", path.display());
                rules.deny.push(Rule::parse(&rule, "claw itself")?);
            }
        }
        Ok(rules)
    }
}

fn directory(dir: &Path) -> Result<PathBuf> {
    let found = dir.canonicalize().map_err(|error| {
        anyhow!("finding {}: {error}; give the project's directory with --cwd", dir.display())
    })?;
    ensure!(found.is_dir(), "{} is no directory: give the project's with --cwd", dir.display());
    Ok(found)
}

/// What the command line says, as a layer of settings.
fn layer(flags: &Flags) -> Layer {
    let rule = |effect| move |text| RuleText::new(effect, text, Source::Flag);
    let allowed = rules(&flags.allowed_tools).into_iter().map(rule(Effect::Allow));
    let denied = rules(&flags.disallowed_tools).into_iter().map(rule(Effect::Deny));
    Layer {
        model: flags.model.clone().map(Into::into),
        mode: flags.mode().map(Into::into),
        theme: flags.theme.clone().map(|name| config::ThemeChoice::One(name).into()),
        motion: flags.motion.map(|motion| config::Motion::from(motion).into()),
        glyphs: flags.ascii.then_some(config::Glyphs::Ascii.into()),
        max_turns: flags.max_turns.map(Into::into),
        mouse: flags.no_mouse.then_some(false.into()),
        sandbox: (flags.sandbox || flags.no_sandbox).then(|| flags.sandbox.into()),
        rules: allowed.chain(denied).collect(),
        ..Layer::default()
    }
}

fn parsed(texts: &[RuleText]) -> Result<Rules> {
    let mut rules = Rules::default();
    for text in texts {
        let rule = parse(text)?;
        list(text.effect)(&mut rules).push(rule);
    }
    Ok(rules)
}

/// The list of rules that do this.
fn list(effect: Effect) -> fn(&mut Rules) -> &mut Vec<Rule> {
    match effect {
        Effect::Allow => |rules| &mut rules.allow,
        Effect::Ask => |rules| &mut rules.ask,
        Effect::Deny => |rules| &mut rules.deny,
    }
}

/// A rule that is one, and keeps its examples.
pub(super) fn parse(rule: &RuleText) -> Result<Rule> {
    let RuleText { effect, text, at, examples } = rule;
    let parsed = Rule::parse(text, &at.to_string()).map_err(|error| anyhow!("{at}: {error}"))?;
    let list = list(*effect);
    let all = examples.matches.iter().map(|example| (example, true));
    for (example, wanted) in all.chain(examples.not.iter().map(|example| (example, false))) {
        let met = parsed.meets(list, example).map_err(|error| anyhow!("{at}: {error}"))?;
        let word = if wanted { "match" } else { "not_match" };
        let is = if met { "it does" } else { "it does not" };
        ensure!(
            met == wanted,
            "{at}: the rule `{text}` is not what its examples say: `{example}` stands in `{word}`, and \
             {is} match; correct the rule or the example: until then none of these rules is used"
        );
    }
    Ok(parsed)
}

/// Without the rules of another program that allow what claw has no tool for. One that asks or denies
/// stays, and stops the start: it was meant to forbid something.
fn drop_unknown(settings: &mut Settings) {
    let notices = &mut settings.notices;
    let mut known = |rule: &RuleText| {
        let RuleText { effect, text, at, .. } = rule;
        if *effect != Effect::Allow || !config::is_foreign(at) {
            return true;
        }
        let parsed = Rule::parse(text, &at.to_string());
        if let Err(error) = &parsed {
            notices.push(format!("{at}: this rule is ignored: {error}"));
        }
        parsed.is_ok()
    };
    settings.rules.retain(&mut known);
    settings.proposed.retain(known);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Line;
    use crate::protocol::Mode;
    use clap::Parser as _;

    fn place(line: &[&str]) -> Place {
        let line = Line::try_parse_from([&["claw"], line].concat()).unwrap();
        Place::of_demo("/w".into(), Paths::under(Path::new("/h")), &line.flags).unwrap()
    }

    #[test]
    fn flags_are_settings() {
        let place = place(&[
            "--model",
            "opus",
            "--mode",
            "plan",
            "--max-turns",
            "7",
            "--no-mouse",
            "--theme",
            "t",
            "--ascii",
            "--motion",
            "none",
            "--allowed-tools",
            "Edit Bash(cargo test:*)",
            "--disallowed-tools",
            "WebFetch",
        ]);
        let settings = &place.settings;
        assert_eq!(settings.mode, Mode::Plan);
        assert_eq!(settings.max_turns.map(u32::from), Some(7));
        assert_eq!((settings.mouse, settings.motion), (Some(false), config::Motion::None));
        assert_eq!(settings.theme, Some("t".to_owned().into()));
        assert_eq!(settings.glyphs, config::Glyphs::Ascii);
        assert_eq!(settings.model, Some("opus".into()));
        let rules = parsed(&settings.rules).unwrap();
        let texts = |rules: &[Rule]| rules.iter().map(|r| r.text().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(&rules.allow), ["Edit", "Bash(cargo test:*)"]);
        assert_eq!(texts(&rules.deny), ["WebFetch"]);
    }

    #[test]
    fn a_rule_that_cannot_be_kept_is_named_with_its_place() {
        let place = place(&["--disallowed-tools", "Bash("]);
        let error = parsed(&place.settings.rules).unwrap_err().to_string();
        assert!(error.starts_with("the command line: ") && error.contains("Bash("), "{error}");
    }

    #[test]
    fn a_rule_keeps_its_examples_or_nothing_starts() {
        let load = |text: &str| {
            let layer = Layer::parse(Path::new("c.toml"), text).unwrap();
            parsed(&config::merge([(config::Scope::User, layer)]).rules)
        };
        let good = "permissions.allow = [{ rule = 'Bash(git log:*)', match = ['git log -3'], \
                    not_match = ['git log; rm x'] }, 'Bash(x)']";
        assert_eq!(load(good).unwrap().allow.len(), 2);
        let table = [
            (
                "allow",
                "{ rule = 'Bash(git log:*)', match = ['git log; rm x'] }",
                "`git log; rm x` stands in `match`, and it does not match",
            ),
            (
                "deny",
                "{ rule = 'Bash(curl:*)', not_match = ['ls | curl x'] }",
                "`ls | curl x` stands in `not_match`, and it does match",
            ),
            ("ask", "{ rule = 'Edit(src/**)', match = ['docs/a'] }", "`docs/a` stands in `match`"),
            ("ask", "{ rule = 'TodoWrite', match = ['x'] }", "there are no examples of this tool"),
        ];
        for (list, rule, said) in table {
            let text = format!("[permissions]\nmode = [\n{rule}]").replace("mode", list);
            let error = load(&text).unwrap_err().to_string();
            assert!(error.starts_with("c.toml:3: ") && error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = format!("{:#}", directory(Path::new("/no/such/place")).unwrap_err());
        assert!(error.starts_with("finding /no/such/place: "), "{error}");
        let error = directory(Path::new("/dev/null")).unwrap_err().to_string();
        assert!(error.contains("--cwd"), "{error}");
    }
}
