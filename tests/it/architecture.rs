//! The laws of the house, kept by reading its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by floor, the ground first. A module uses only floors below its own.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["protocol"],
    &["bus", "shell", "diff"],
    &["policy", "audit", "exec", "workspace", "http", "config"],
    &["desk", "session", "provider", "auth", "mcp", "lsp", "hook", "skill", "plugin"],
    &["tool"],
    &["agent"],
    &["engine"],
    &["ui", "headless", "plain", "acp", "serve"],
    &["cli"],
];

/// Outside packages and the only places that may name them.
const DOORS: &[(&str, &[&str])] = &[
    ("reqwest", &["http/"]),
    ("hyper", &["exec/network/"]),
    ("hyper_util", &["exec/network/"]),
    ("http_body_util", &["exec/network/"]),
    ("url", &["http/"]),
    ("rustls", &["http/"]),
    ("rustls_platform_verifier", &["http/"]),
    ("notify", &["workspace/watch"]),
    ("directories", &["config/paths.rs"]),
    ("syntect", &["ui/highlight"]),
    ("two_face", &["ui/highlight"]),
    ("crossterm", &["ui/"]),
    ("ratatui", &["ui/"]),
    ("tui_textarea", &["ui/composer/buffer.rs"]),
    ("terminal_colorsaurus", &["ui/terminal/"]),
    ("pulldown_cmark", &["ui/markdown/"]),
    ("clap", &["cli/"]),
    ("rusqlite", &["session/index/"]),
    ("jsonschema", &["headless/form.rs"]),
    ("similar", &["diff/"]),
    ("ignore", &["workspace/", "tool/"]),
    ("uuid", &["base/ids.rs"]),
    ("jiff", &["base/"]),
    ("std::process::Command", &["exec/"]),
    ("tokio::process", &["exec/"]),
    // Who makes tickets decides what is started.
    ("Ticket::issue", &["exec/", "agent/"]),
    ("std::env::var", &["config/", "cli/", "exec/env.rs"]),
];

/// The files of `ui` that may touch the world.
const UI_DOORS: &[&str] = &[
    "ui/runtime/",
    "ui/perform.rs",
    "ui/terminal.rs",
    "ui/terminal/",
    "ui/input.rs",
    "ui/highlight.rs",
    "ui/library.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file: its path below `src`, and its text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The file without its tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

fn module_of(path: &str) -> Option<String> {
    let first = path.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!["lib", "main"].contains(&name)).then(|| name.to_owned())
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Which modules a text names after `crate::`; an empty name stands for a list in braces.
fn uses(text: &str) -> BTreeSet<String> {
    text.match_indices("crate::")
        .map(|(at, word)| name_at(&text[at + word.len()..]).to_owned())
        .collect()
}

/// What is wrong with the imports of these files: (path, text).
fn wrong_imports(files: &[(String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files {
        let Some(home) = module_of(path) else { continue };
        let Some(at) = floor(&home) else {
            wrong.push(format!("{path}: {home} stands on no floor"));
            continue;
        };
        for used in uses(&code(text)) {
            if used == home {
                continue;
            }
            match floor(&used) {
                // `use crate::{a, b}` would hide names from this test: one module a line.
                None => wrong.push(format!("{path}: `crate::{used}` is no module of the map")),
                Some(used_at) if used_at > at => wrong.push(format!("{path}: {home} uses {used}")),
                Some(used_at) if used_at == at && at == 8 => {
                    wrong.push(format!("{path}: the face {home} knows the face {used}"));
                }
                Some(_) => {
                    graph.entry(home.clone()).or_default().insert(used);
                }
            }
        }
    }
    for start in graph.keys() {
        let mut open: Vec<&String> = graph[start].iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop() {
            if next == start {
                wrong.push(format!("{start} is part of a circle"));
                break;
            }
            if seen.insert(next) {
                open.extend(graph.get(next).into_iter().flatten());
            }
        }
    }
    wrong
}

#[test]
fn imports_run_downwards() {
    let wrong = wrong_imports(&sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_import_that_runs_up_is_found() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let up = [file("protocol/op.rs", "use crate::session::State;")];
    assert_eq!(wrong_imports(&up), ["protocol/op.rs: protocol uses session"]);
    let faces = [file("headless/mod.rs", "use crate::ui::Model;")];
    assert_eq!(wrong_imports(&faces), ["headless/mod.rs: the face headless knows the face ui"]);
    let listed = [file("tool/mod.rs", "use crate::{base, engine};")];
    assert_eq!(wrong_imports(&listed), ["tool/mod.rs: `crate::` is no module of the map"]);
    let circle =
        [file("exec/a.rs", "use crate::http::B;"), file("http/b.rs", "use crate::exec::A;")];
    assert_eq!(wrong_imports(&circle), ["exec is part of a circle", "http is part of a circle"]);
}

/// What these files name that is not theirs to name: (path, text).
fn wrong_doors(files: &[(String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files {
        let code = code(text);
        for (package, doors) in DOORS {
            let named = code.match_indices(package).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let after = &code[at + package.len()..];
                let whole = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
                // An environment variable is read by `var`, `var_os` or `vars`.
                let path = package.contains("::") || after.starts_with("::");
                whole && path
            });
            // `use std::process::{Command, …}` and `use std::process;` name it too.
            let module = package.strip_suffix("::Command");
            let hidden = module.is_some_and(|module| {
                code.match_indices(module).any(|(at, _)| {
                    let after = &code[at + module.len()..];
                    let list = after.strip_prefix("::{").and_then(|list| list.split('}').next());
                    list.is_some_and(|list| list.contains("Command") || list.contains("self"))
                        || after.starts_with([';', ' '])
                        || after.starts_with("::*")
                })
            });
            let named = named || hidden;
            if named && !is_test(path) && !doors.iter().any(|door| path.starts_with(door)) {
                wrong.push(format!("{path} names {package}; its door is {}", doors.join(", ")));
            }
        }
    }
    wrong
}

#[test]
fn every_package_enters_by_its_door() {
    let wrong = wrong_doors(&sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_door_is_found() {
    for text in [
        "use std::process::Command;",
        "use std::process::{Command, Stdio};",
        "use std::process;",
        "use std::process::*;",
        "fn f() { std::process::Command::new(\"ls\"); }",
        "use tokio::process::Command;",
        "fn f() { Ticket::issue(order); }",
    ] {
        let file = |path: &str| (path.to_owned(), text.to_owned());
        assert_eq!(wrong_doors(&[file("tool/bash.rs")]).len(), 1, "{text}");
        assert!(wrong_doors(&[file("exec/run.rs"), file("ui/tests.rs")]).is_empty(), "{text}");
    }
    let fine = ("cli/mod.rs".to_owned(), "use std::process::{ExitCode, Stdio};".to_owned());
    assert!(wrong_doors(&[fine]).is_empty());
}

#[test]
fn only_the_doors_of_the_screen_touch_the_world() {
    let world = [
        "std::fs",
        "std::io",
        "std::net",
        "std::thread",
        "tokio::",
        "clock::now",
        "clock::instant",
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !path.starts_with("ui/")
            || UI_DOORS.iter().any(|door| path.starts_with(door))
            || is_test(&path)
        {
            continue;
        }
        let code = code(&text);
        for word in world.iter().filter(|word| code.contains(**word)) {
            wrong.push(format!("{path} names {word}"));
        }
        for (at, _) in code.match_indices("fn view(") {
            let signature =
                &code[at..code[at..].find(['{', ';']).map_or(code.len(), |end| at + end)];
            if signature.contains("&mut self") || signature.contains("&mut Model") {
                wrong.push(format!("{path}: view changes what it shows"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_colour_outside_the_theme() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| {
            let code = code(text);
            path.starts_with("ui/")
                && !path.starts_with("ui/theme/")
                && !is_test(path)
                && (code.contains("Color::") || code.contains("style::Color"))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?} name a colour");
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = text.split("#[cfg(test)]\nmod ").next().unwrap().lines().count();
        if lines > 400 && !is_test(&path) {
            wrong.push(format!("{path} has {lines} lines"));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{path} does not begin with //!"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_top_level_is_what_the_customer_fixed() {
    let known = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "assets",
        "themes",
        "tests",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "target",
    ];
    let top = fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    let names = top.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let odd: Vec<_> =
        names.filter(|name| !name.starts_with('.') && !known.contains(&name.as_str())).collect();
    assert!(odd.is_empty(), "{odd:?}");
}
