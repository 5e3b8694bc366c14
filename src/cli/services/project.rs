//! What a project says of models, where that asks nobody whom the user does not ask.

use crate::config::{Models, Said, Settings};
use crate::protocol::ModelId;
use crate::provider::Catalogue;

/// The model that is asked: the project's own where it is one of the vendor of `model`, whom the
/// user asks, and `free`: the user did not choose another for this run. Settles who goes on, too.
///
/// Which vendor reads a project is never the project's to say: what it says of others is told.
pub(in crate::cli) fn settle(
    settings: &mut Settings,
    all: &Catalogue,
    model: ModelId,
    free: bool,
) -> ModelId {
    let Models { model: theirs, fallback, small_model, modes } =
        std::mem::take(&mut settings.project);
    let vendor = all.lookup(&model.0).vendor.clone();
    // A gateway's own names may look like those of vendors.
    let gateway = settings.base_url.is_some();
    let mut own = |name: &str, said: &str, at: &dyn std::fmt::Display| {
        let wanted = all.lookup(name);
        let is_own = wanted.vendor == vendor && (gateway || all.owner(name).is_some());
        if !is_own {
            settings.notices.push(format!(
                "{at}: {said} {name} is ignored: a project only names models of the provider that \
                 you ask ({vendor}); set it in your own settings"
            ));
        }
        is_own.then(|| wanted.id.clone())
    };
    let chosen = theirs
        .filter(|_| free)
        .and_then(|Said { value, at }| own(&value, "the model", &at))
        .unwrap_or(model);
    if let Some(Said { value, at }) = fallback {
        settings.fallback =
            value.iter().filter_map(|name| own(name, "the fallback", &at)).collect();
    }
    if let Some(name) =
        small_model.and_then(|Said { value, at }| own(&value, "the small model", &at))
    {
        settings.small_model = Some(name);
    }
    for (mode, Said { value, at }) in modes {
        let Some(name) = own(&value, "the model of a mode", &at) else { continue };
        settings.modes.retain(|(known, _)| *known != mode);
        settings.modes.push((mode, name));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Layer, Scope, merge};
    use crate::protocol::Mode;

    #[rustfmt::skip]
    #[test]
    fn a_project_names_only_models_of_whom_the_user_asks() {
        let table = [
            // user asks         project says                                      model              fallback                 told
            ("claude-opus-4-5",  "model = 'claude-haiku-4-5'",                     "claude-haiku-4-5", "",                      0),
            ("claude-opus-4-5",  "model = 'openai/gpt-5'",                         "claude-opus-4-5",  "",                      1),
            ("openai/gpt-5",     "model = 'openai/gpt-5-mini'",                    "openai/gpt-5-mini","",                      0),
            ("openai/gpt-5",     "model = 'claude-haiku-4-5'",                     "openai/gpt-5",     "",                      1),
            ("openai/gpt-5",     "fallback = ['openai/gpt-5-mini', 'openrouter/x']","openai/gpt-5",    "openai/gpt-5-mini",     1),
            ("openai/gpt-5",     "",                                               "openai/gpt-5",     "",                      0),
        ];
        let all = Catalogue::bundled();
        for (user, project, model, fallback, told) in table {
            let layer = Layer::parse(Path::new("p.toml"), project).unwrap();
            let mut settings = merge([(Scope::Project, layer)]);
            let asked = settle(&mut settings, &all, user.into(), true);
            assert_eq!(&*asked.0, model, "{project}");
            let names: Vec<_> = settings.fallback.iter().map(ToString::to_string).collect();
            assert_eq!(names.join(" "), fallback, "{project}");
            assert_eq!(settings.notices.len(), told, "{project}: {:?}", settings.notices);
        }
    }

    #[test]
    fn the_same_holds_for_small_things_and_for_modes() {
        let text = "small_model = 'openai/gpt-5-mini'\nmodes.plan.model = 'claude-opus-4-5'\n\
                    modes.auto.model = 'claude-haiku-4-5'";
        let own = "small_model = 'haiku'\nmodes.auto.model = 'opus'";
        let layer = |text| Layer::parse(Path::new("p.toml"), text).unwrap();
        let mut settings = merge([(Scope::User, layer(own)), (Scope::Project, layer(text))]);
        let _ = settle(&mut settings, &Catalogue::bundled(), "claude-opus-4-5".into(), true);
        assert_eq!(settings.small_model, Some("haiku".into()), "of another vendor: not taken");
        let modes =
            [(Mode::Plan, "claude-opus-4-5".into()), (Mode::Auto, "claude-haiku-4-5".into())];
        assert_eq!((settings.modes.as_slice(), settings.notices.len()), (&modes[..], 1));
    }

    #[test]
    fn what_the_user_chose_for_this_run_stays_and_nothing_is_told() {
        let layer = Layer::parse(Path::new("p.toml"), "model = 'openai/gpt-5'").unwrap();
        let mut settings = merge([(Scope::Project, layer)]);
        let asked = settle(&mut settings, &Catalogue::bundled(), "sonnet".into(), false);
        assert_eq!((&*asked.0, settings.notices.len()), ("sonnet", 0));
    }
}
