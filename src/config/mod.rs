//! What the user set: where claw keeps its files, the layers of settings, trust, credentials.

mod credentials;
mod env;
mod layer;
mod merge;
mod paths;
mod trust;

pub use credentials::Credentials;
pub use env::{Env, process};
pub use layer::{Effect, Glyphs, Layer, Motion, RuleText, Said, Source};
pub use merge::{Scope, Settings, merge};
pub use paths::{Paths, write_private};
pub use trust::Trust;

use std::path::Path;

use anyhow::{Context as _, Result};

/// The settings of all layers: the user's file, the project's where its folder is trusted, the
/// environment, the command line.
///
/// `project` is the project's root. What a project may not set is left out and said in
/// [`Settings::notices`].
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
    if let Some(layer) = Layer::read(&paths.config_file)? {
        layers.push((Scope::User, layer));
    }
    let file = project.join(".claw").join("config.toml");
    if trusted && let Some(layer) = read_project(project, &file)? {
        layers.push((Scope::Project, layer));
    }
    layers.push((Scope::Environment, Layer::from_env(env)?));
    layers.push((Scope::Flags, flags));
    Ok(merge(layers))
}

/// The project's layer; a file that a link leads to from elsewhere is not the project's.
fn read_project(root: &Path, file: &Path) -> Result<Option<Layer>> {
    let Ok(real) = file.canonicalize() else { return Layer::read(file) };
    let root = root.canonicalize().with_context(|| format!("finding {}", root.display()))?;
    anyhow::ensure!(
        real.starts_with(&root),
        "reading {}: it is a link that leads out of the project; put a file there",
        file.display()
    );
    Layer::read(file)
}

#[cfg(test)]
mod tests;
