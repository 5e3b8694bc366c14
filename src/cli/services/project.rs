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
    let Models { model: theirs, fallback } = std::mem::take(&mut settings.project);
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
    chosen
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Layer, Scope, merge};

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
    fn what_the_user_chose_for_this_run_stays_and_nothing_is_told() {
        let layer = Layer::parse(Path::new("p.toml"), "model = 'openai/gpt-5'").unwrap();
        let mut settings = merge([(Scope::Project, layer)]);
        let asked = settle(&mut settings, &Catalogue::bundled(), "sonnet".into(), false);
        assert_eq!((&*asked.0, settings.notices.len()), ("sonnet", 0));
    }
}
