//! Any text as a file of settings: no panic, and a project never gets what only the user may set.

#![no_main]

use std::cell::LazyCell;
use std::fs;
use std::path::Path;

use claw::config::{self, Effect, Layer, Paths, Scope};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    static DIR: LazyCell<TempDir> = LazyCell::new(|| {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join(".claude")).expect("a directory");
        dir
    });
}

fuzz_target!(|text: &str| {
    if let Ok(layer) = Layer::parse(Path::new("config.toml"), text) {
        let settings = config::merge([(Scope::Project, layer)]);
        assert_eq!(settings.base_url, None);
        assert_eq!(settings.key_env, None);
        assert_ne!(settings.sandbox, Some(false));
        assert!(!settings.rules.iter().any(|rule| rule.effect == Effect::Allow));
    }
    DIR.with(|dir| {
        let (project, home) = (dir.path(), dir.path().join("home"));
        fs::write(project.join(".claude/settings.json"), text).expect("a file");
        // An error is an answer.
        let _ = config::load(&Paths::under(&home), project, true, &|_| None, Layer::default());
    });
});
