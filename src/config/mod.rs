//! What the user set: where claw keeps its files, the layers of settings, trust, credentials.

mod accepted;
mod claude;
mod credentials;
mod edit;
mod env;
mod executable;
mod kept;
mod knob;
mod known;
mod layer;
mod managed;
mod merge;
mod named;
mod oauth;
mod offer;
mod paths;
mod repository;
mod rule;
mod service;
mod source;
mod theme;
mod trust;

pub use accepted::Accepted;
pub use claude::is_foreign;
pub use credentials::{Credentials, learn_secrets};
pub use env::{Env, process};
pub use kept::{For, Kept};
pub use knob::Knob;
pub use layer::{Glyphs, Layer, Motion, Printed, text};
pub use managed::Managed;
pub use merge::{Models, Scope, Settings, merge};
pub use oauth::OauthText;
pub use offer::{ModelText, PriceText};
pub use paths::{Paths, write_private};
pub use rule::{Effect, Examples, RuleText};
pub use service::{ServiceText, Wire, expand};
pub use source::{Said, Source};
pub use theme::{ThemeChoice, ThemeMode, ThemePair, ThemeText, themes};
pub use trust::{Look, Standing, Trust};

use std::path::Path;

use anyhow::{Context as _, Result};

/// Reads one file of settings.
type Read = fn(&Path) -> Result<Option<Layer>>;

/// The settings of all layers: the user's files (Claude Code's rules, then claw's own, then those for this project), the project's
/// where its folder is trusted, the environment, the command line.
///
/// `project` is the project's root. What a project may not set is left out and said in
/// [`Settings::notices`]; what it proposes to allow and the user has not answered yet is in
/// [`Settings::proposed`].
///
/// # Errors
///
/// Where a file cannot be read, is no TOML, or says what no setting says: the message names the
/// file, the line and the nearest known key. Nothing starts on half of its settings.
pub fn load(
    paths: &Paths,
    project: &Path,
    trusted: bool,
    env: Env,
    flags: Layer,
) -> Result<Settings> {
    let mut layers = Vec::new();
    if let Some(layer) = claude::read(&paths.claude_file)? {
        layers.push((Scope::User, layer));
    }
    if let Some(layer) = Layer::read(&paths.config_file)? {
        layers.push((Scope::User, layer));
    }
    if let Ok(file) = kept::file(paths, project)
        && let Some(layer) = Layer::read(&file)?
    {
        layers.push((Scope::User, layer));
    }
    if trusted {
        let files: [(&str, Read); 3] = [
            (".claude/settings.json", claude::read),
            (".claude/settings.local.json", claude::read),
            (".claw/config.toml", Layer::read_project),
        ];
        for (name, read) in files {
            let file = project.join(name);
            inside(project, &file)?;
            layers.extend(read(&file)?.map(|layer| (Scope::Project, layer)));
        }
    }
    layers.push((Scope::Environment, Layer::from_env(env)?));
    layers.push((Scope::Flags, flags));
    let mut settings = merge(layers);
    Accepted::new(paths.accepted_file.clone()).apply(project, &mut settings)?;
    Ok(settings)
}

/// A file that a link leads to from elsewhere is not the project's.
fn inside(root: &Path, file: &Path) -> Result<()> {
    let Ok(real) = file.canonicalize() else { return Ok(()) };
    let root = root.canonicalize().with_context(|| format!("finding {}", root.display()))?;
    anyhow::ensure!(
        real.starts_with(&root),
        "reading {}: it is a link that leads out of the project; put a file there",
        file.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests;
