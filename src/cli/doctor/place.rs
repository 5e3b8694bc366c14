//! The user's set-up: settings, the folder, the model, the sandbox, programs.

use std::sync::Arc;

use crate::audit::Audit;
use crate::cli::args::Flags;
use crate::cli::doctor::{Finding, State, find, model};
use crate::cli::runtime;
use crate::cli::setup::Place;
#[cfg(feature = "tui")]
use crate::config;
use crate::config::Standing;
use crate::exec::Helpers;
use crate::exec::sandbox;
use crate::workspace::git;

/// Language servers, and what each is for.
const SERVERS: &[(&str, &str)] = &[
    ("rust-analyzer", "Rust"),
    ("gopls", "Go"),
    ("clangd", "C, C++"),
    ("pyright-langserver", "Python"),
    ("basedpyright-langserver", "Python"),
    ("pylsp", "Python"),
    ("typescript-language-server", "TypeScript, JavaScript"),
    ("vtsls", "TypeScript, JavaScript"),
    ("jdtls", "Java"),
    ("kotlin-language-server", "Kotlin"),
    ("csharp-ls", "C#"),
    ("ruby-lsp", "Ruby"),
    ("solargraph", "Ruby"),
    ("intelephense", "PHP"),
    ("lua-language-server", "Lua"),
    ("zls", "Zig"),
    ("hls", "Haskell"),
    ("elixir-ls", "Elixir"),
    ("bash-language-server", "shell"),
];

/// Looks at all of it. Nothing leaves the machine.
pub(super) fn look(flags: &Flags) -> Vec<Finding> {
    let mut found = Vec::new();
    let place = match Place::find(flags) {
        Ok(place) => place,
        Err(crate::cli::Wrong::Usage(error) | crate::cli::Wrong::Failed(error)) => {
            let said = format!("{error:#}");
            found.push(Finding::new("Settings", "files", State::Broken, said));
            found.push(servers());
            return found;
        }
    };
    found.extend(settings(&place));
    found.push(folder(&place));
    found.extend(model::look(&place, flags));
    found.extend(started(&place, flags));
    found.push(servers());
    found
}

fn settings(place: &Place) -> Vec<Finding> {
    const AREA: &str = "Settings";
    let file = &place.paths.config_file;
    let said = if file.exists() {
        file.display().to_string()
    } else {
        format!("none yet: {} would be read", file.display())
    };
    let mut found = vec![Finding::new(AREA, "your file", State::Ok, said)];
    let rules = place.settings.rules.len();
    let said = match (rules, place.policy()) {
        (_, Err(crate::cli::Wrong::Usage(error) | crate::cli::Wrong::Failed(error))) => {
            Err(format!("{error:#}"))
        }
        (0, Ok(_)) => Ok("none".to_owned()),
        (rules, Ok(_)) => Ok(format!("{rules}; claw policy list shows them")),
    };
    found.push(match said {
        Ok(said) => Finding::new(AREA, "rules", State::Ok, said),
        Err(said) => Finding::new(AREA, "rules", State::Broken, said),
    });
    for notice in &place.settings.notices {
        found.push(Finding::new(AREA, "ignored", State::Note, notice));
    }
    #[cfg(feature = "tui")]
    found.extend(screen(place));
    found
}

/// The files of the screen: themes and keys.
#[cfg(feature = "tui")]
fn screen(place: &Place) -> Vec<Finding> {
    const AREA: &str = "Settings";
    let (shelf, failed) = crate::cli::looks::shelf(place);
    let themes = shelf.list();
    let bad = themes.iter().filter_map(|theme| theme.found.as_ref().err().cloned());
    let mut found: Vec<_> = failed
        .into_iter()
        .chain(bad)
        .map(|why| Finding::new(AREA, "theme", State::Note, why))
        .collect();
    let chosen = place.settings.theme.iter().flat_map(config::ThemeChoice::names);
    for name in chosen.filter(|name| !shelf.names().contains(name)) {
        let said = format!("there is no theme \"{name}\"");
        found.push(Finding::new(AREA, "theme", State::Broken, said).with(&["claw theme list"]));
    }
    if let Err(why) = crate::cli::looks::keys(place) {
        found.push(Finding::new(AREA, "keys", State::Note, why));
    }
    if found.is_empty() {
        let said = format!("{} can be used; claw theme list shows them", themes.len());
        found.push(Finding::new(AREA, "themes", State::Ok, said));
    }
    found
}

fn folder(place: &Place) -> Finding {
    let root = place.root.display();
    let (state, said, fix) = match (&place.look.standing, place.trusted()) {
        (Standing::Trusted, _) => (State::Ok, format!("{root} is trusted"), None),
        (_, true) => (State::Ok, format!("{root}: nothing in it needs trust"), None),
        (Standing::Closed(why), _) => {
            (State::Note, format!("{root} cannot be trusted: {why}"), None)
        }
        (Standing::Changed(_), _) => {
            let said = format!("{root}: its configuration changed since you trusted it");
            (State::Note, said, Some("claw asks again when it starts here"))
        }
        (Standing::Unknown(_), _) => {
            let said = format!("{root} is not trusted: its settings and notes have no say");
            (State::Note, said, Some("claw asks when it starts here"))
        }
    };
    let finding = Finding::new("Folder", "trust", state, said);
    fix.map_or(finding.clone(), |line| finding.with(&[line]))
}

/// What can be known only by trying: the sandbox, and what git says.
fn started(place: &Place, flags: &Flags) -> Vec<Finding> {
    let failed = |error: &dyn std::fmt::Display| {
        Finding::new("Sandbox", "commands", State::Broken, error.to_string())
    };
    if let Err(error) = place.paths.create() {
        return vec![failed(&format!("{error:#}"))];
    }
    // What is wrong with it was said among the settings.
    let Ok(policy) = place.policy() else { return Vec::new() };
    let runtime = match runtime(flags) {
        Ok(runtime) => runtime,
        Err(crate::cli::Wrong::Usage(error) | crate::cli::Wrong::Failed(error)) => {
            return vec![failed(&format!("{error:#}"))];
        }
    };
    let audit = Arc::new(Audit::new(place.paths.audit.clone()));
    let confinement = Arc::new(place.confinement(&policy));
    runtime.block_on(async {
        let state = confinement.state(&audit).await;
        let helpers = Helpers::new(audit.clone(), confinement.clone());
        vec![sandbox(&state), repository(git::summary(&place.root, &helpers).await)]
    })
}

fn sandbox(state: &sandbox::State) -> Finding {
    let (state, said, fix) = match state {
        sandbox::State::Confined(_) => (State::Ok, "every layer holds".to_owned(), None),
        sandbox::State::Off => {
            (State::Note, "you switched it off: commands run as you".to_owned(), None)
        }
        sandbox::State::Unavailable(why) => {
            let said = format!("{why}; every command is asked");
            (State::Note, said, Some("claw sandbox selftest says what was tried"))
        }
    };
    let finding = Finding::new("Sandbox", "commands", state, said);
    fix.map_or(finding.clone(), |line| finding.with(&[line]))
}

fn repository(summary: anyhow::Result<Option<git::Summary>>) -> Finding {
    const AREA: &str = "Programs";
    let Some(program) = find("git") else {
        return Finding::new(AREA, "git", State::Note, "not found: changes are not compared to it")
            .with(&["install git"]);
    };
    let program = program.display();
    match summary {
        Ok(Some(summary)) => {
            Finding::new(AREA, "git", State::Ok, format!("{program}; on {summary}"))
        }
        Ok(None) => Finding::new(AREA, "git", State::Ok, format!("{program}; no repository here")),
        Err(error) => Finding::new(AREA, "git", State::Note, format!("{error:#}")),
    }
}

fn servers() -> Finding {
    let there: Vec<_> = SERVERS
        .iter()
        .filter(|(program, _)| find(program).is_some())
        .map(|(program, language)| format!("{program} ({language})"))
        .collect();
    let said = if there.is_empty() { "none found".to_owned() } else { there.join(", ") };
    Finding::new("Programs", "language servers", State::Ok, said)
}
