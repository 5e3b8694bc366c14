//! Judging paths: rules, roots and the floors below every rule.

use std::path::Path;
use std::sync::LazyLock;

use crate::base::text;
use crate::policy::pattern::{Bases, Pattern, Reading};
use crate::policy::rule::{Rule, Scope};
use crate::policy::{Policy, Ruling, Why};
use crate::protocol::{Mode, Resolved};

/// What is done with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Read,
    Write,
}

/// Never written: what governs git and claw themselves.
static CONTROL: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| patterns(&[".git/", ".claw/", "//etc/claw/"]));

/// Never read: the memory and the environment of other processes.
static PROCESS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| patterns(&["//proc/**/environ", "//proc/**/mem", "//proc/kcore"]));

/// Written only when asked: files that other programs run or obey.
static SENSITIVE: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    patterns(&[
        ".vscode/",
        ".idea/",
        ".husky/",
        "**/.github/workflows/**",
        ".envrc",
        ".mcp.json",
        ".gitmodules",
        ".gitattributes",
        ".npmrc",
        "**/.cargo/config.toml",
        ".devcontainer/",
        "~/.bashrc",
        "~/.bash_profile",
        "~/.profile",
        "~/.zshrc",
        "~/.zprofile",
        "~/.zshenv",
        "~/.gitconfig",
        "~/.ssh/",
        "~/.config/",
        "~/.local/bin/",
        "~/.npmrc",
    ])
});

/// Read only when asked: keys and passwords.
static SECRET: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    patterns(&[
        "~/.ssh/",
        "~/.aws/",
        "~/.gnupg/",
        "~/.netrc",
        "~/.kube/config",
        "~/.docker/config.json",
        "~/.config/gh/",
        "~/.npmrc",
        "~/.pypirc",
        "//etc/shadow",
        "*.pem",
        "id_rsa*",
        "id_ed25519*",
        ".env",
        ".env.*",
    ])
});

/// Secrets by their usual names, for globs: `*.rs` could be `id_rsa.rs`, and is not asked for it.
static USUAL: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    patterns(&[
        "~/.ssh/",
        "~/.aws/",
        "~/.gnupg/",
        "~/.netrc",
        "~/.kube/config",
        "~/.docker/config.json",
        "~/.config/gh/",
        "~/.npmrc",
        "~/.pypirc",
        "//etc/shadow",
        "*.pem",
        "id_rsa",
        "id_ed25519",
        ".env",
        ".env.local",
        ".env.production",
    ])
});

/// Looks like a secret and is none.
static EXAMPLE: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    patterns(&[".env.example", ".env.sample", ".env.template", "id_rsa*.pub", "id_ed25519*.pub"])
});

/// The built-in patterns; the test `the_built_in_patterns_are_read` proves that none is left out.
fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().filter_map(|text| Pattern::parse(text).ok()).collect()
}

impl Policy {
    pub(super) fn bases(&self) -> Bases<'_> {
        Bases { roots: &self.roots, home: self.home.as_deref() }
    }

    pub(super) fn is_inside(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// Judges one path by the order of S2.
    pub(super) fn place(&self, mode: Mode, touch: Touch, path: &Resolved) -> Ruling {
        let shown = self.shown(path);
        let verb = if touch == Touch::Read { "reading" } else { "writing" };
        if let Some(rule) = self.forbidding(touch, path) {
            return Ruling::Deny(Why::rule(rule, format!("a rule forbids {verb} {shown}")));
        }
        if let Some(reason) = self.floor(touch, path) {
            return Ruling::Deny(Why::floor(format!("{verb} {shown}: {reason}")));
        }
        let asks =
            self.rules.ask.iter().find(|rule| {
                about(rule, touch, Reading::Wide).is_some_and(|p| self.either(p, path))
            });
        if let Some(rule) = asks {
            return Ruling::firm(Why::rule(rule, format!("a rule asks before {verb} {shown}")));
        }
        let free = path.lexical == Path::new("/dev/null") && path.real == path.lexical;
        if free {
            return Ruling::Allow(Why::table(format!("{shown} holds nothing")));
        }
        let outside = !(self.is_inside(&path.lexical) && self.is_inside(&path.real));
        let covers = |rule: &&Rule| {
            about(rule, touch, Reading::Narrow).is_some_and(|pattern| {
                let both = [&path.lexical, &path.real];
                both.iter().all(|p| pattern.matches(p, Reading::Narrow, self.bases()))
            })
        };
        let mut covering = self.rules.allow.iter().filter(covers);
        let allowed = covering.clone().next();
        if let Some(reason) = self.delicate(touch, path)
            && !covering.any(|rule| self.names_delicate(rule, touch))
        {
            let risky = touch == Touch::Write || outside;
            return Ruling::firm(Why { risky, ..Why::floor(format!("{verb} {shown}: {reason}")) });
        }
        let hidden = |c: char| c == '\n' || text::is_hidden(c);
        if path.lexical.to_string_lossy().contains(hidden)
            || path.real.to_string_lossy().contains(hidden)
        {
            let reason = format!("the name {shown} holds characters that cannot be seen");
            return Ruling::firm(Why { risky: true, ..Why::floor(reason) });
        }
        if let Some(rule) = allowed {
            return Ruling::Allow(Why::rule(rule, format!("a rule allows {verb} {shown}")));
        }
        if outside {
            let why = Why::default_of(format!(
                "no rule covers {verb} {shown}: it is outside the project"
            ));
            let offer = if touch == Touch::Read { self.offer(touch, path) } else { None };
            return Ruling::Ask {
                why: Why { offer, risky: touch == Touch::Write, ..why },
                firm: false,
            };
        }
        match (touch, mode) {
            (Touch::Read, _) => Ruling::Allow(Why::table(format!("{shown} is inside the project"))),
            (Touch::Write, Mode::AcceptEdits | Mode::Auto) => {
                Ruling::Allow(Why::mode(mode, format!("{shown} is inside the project")))
            }
            (Touch::Write, _) => {
                let why = Why::default_of(format!("no rule covers writing {shown}"));
                Ruling::Ask { why: Why { offer: self.offer(touch, path), ..why }, firm: false }
            }
        }
    }

    /// The deny rule that covers `path`. What may not be read may not be written either.
    fn forbidding(&self, touch: Touch, path: &Resolved) -> Option<&Rule> {
        self.rules.deny.iter().find(|rule| {
            let read = about(rule, Touch::Read, Reading::Wide);
            let pattern = about(rule, touch, Reading::Wide).or(read);
            matches!(rule.scope, Scope::All) || pattern.is_some_and(|p| self.either(p, path))
        })
    }

    /// The deny or ask rule of `rules` that a glob of the shell could run into.
    pub(super) fn globbed<'a>(&self, rules: &'a [Rule], word: &Path) -> Option<&'a Rule> {
        rules.iter().find(|rule| match &rule.scope {
            Scope::Read(p) | Scope::Edit(p) | Scope::Write(p) => p.may_meet(word, self.bases()),
            _ => false,
        })
    }

    /// Could the glob `word` give the name of a secret?
    pub(super) fn globs_secret(&self, word: &Path) -> bool {
        USUAL.iter().any(|pattern| pattern.may_meet(word, self.bases()))
    }

    /// Why it is never done, in any mode.
    pub(super) fn floor(&self, touch: Touch, path: &Resolved) -> Option<&'static str> {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| self.either(pattern, path));
        let sides = [&path.lexical, &path.real];
        if sides.iter().any(|side| side.as_os_str().as_encoded_bytes().contains(&0)) {
            return Some("the path holds a NUL byte");
        }
        if sides.iter().any(|side| device(side)) {
            return Some("it is a device");
        }
        match touch {
            Touch::Read if any(&PROCESS) => Some("it is the memory of a process"),
            Touch::Write if any(&CONTROL) => {
                Some("it governs git or claw itself, and is never written")
            }
            _ => None,
        }
    }

    /// Why it is asked, in any mode.
    fn delicate(&self, touch: Touch, path: &Resolved) -> Option<&'static str> {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| self.either(pattern, path));
        match touch {
            Touch::Write if any(&SENSITIVE) => Some("other programs run or obey this file"),
            Touch::Read => {
                let secret = |side: &Path| {
                    let hit = |patterns: &[Pattern]| {
                        patterns.iter().any(|p| p.matches(side, Reading::Wide, self.bases()))
                    };
                    hit(&SECRET) && !hit(&EXAMPLE)
                };
                let real = || path.real != path.lexical && secret(&path.real);
                (secret(&path.lexical) || real()).then_some("it may hold a secret")
            }
            Touch::Write => None,
        }
    }

    /// Does the rule name a delicate file, or its directory, by its very name? `**` does not.
    fn names_delicate(&self, rule: &Rule, touch: Touch) -> bool {
        let Some(pattern) = about(rule, touch, Reading::Narrow) else { return false };
        let Some(name) = pattern.literal() else { return false };
        let list = if touch == Touch::Read { &SECRET } else { &SENSITIVE };
        // The rule's own directory has to be delicate: `Edit(.vscode/**)`, not `Edit(src/**)`.
        let path: std::path::PathBuf = name.iter().collect();
        let below = [Some(Path::new("/")), self.home.as_deref()];
        below.iter().flatten().any(|base| {
            list.iter().any(|p| p.matches(&base.join(&path), Reading::Wide, self.bases()))
        })
    }

    fn either(&self, pattern: &Pattern, path: &Resolved) -> bool {
        pattern.matches(&path.lexical, Reading::Wide, self.bases())
            || path.real != path.lexical && pattern.matches(&path.real, Reading::Wide, self.bases())
    }

    /// A rule for exactly this path; none where its name would be read as a pattern.
    fn offer(&self, touch: Touch, path: &Resolved) -> Option<String> {
        let text = path.lexical.to_str()?;
        let odd = |c: char| matches!(c, '*' | '?' | '\n') || text::is_hidden(c);
        if text.contains(odd) || text.ends_with([' ', '/']) || path.real != path.lexical {
            return None;
        }
        let tool = if touch == Touch::Read { "Read" } else { "Edit" };
        let root = self.roots.first().and_then(|root| path.lexical.strip_prefix(root).ok());
        Some(match root.and_then(Path::to_str) {
            Some(inside) => format!("{tool}(./{inside})"),
            None => format!("{tool}(/{text})"),
        })
    }

    /// Relative to a root where it is inside one, and where its link leads.
    fn shown(&self, path: &Resolved) -> String {
        let short = |path: &Path| {
            let inside = self.roots.iter().find_map(|root| path.strip_prefix(root).ok());
            let short = inside.filter(|inside| !inside.as_os_str().is_empty()).unwrap_or(path);
            short.display().to_string()
        };
        if path.lexical == path.real {
            return short(&path.lexical);
        }
        format!("{} (which is {})", short(&path.lexical), short(&path.real))
    }
}

/// The pattern of a rule that is about this; allowing to read comes with allowing to edit.
fn about(rule: &Rule, touch: Touch, reading: Reading) -> Option<&Pattern> {
    match (&rule.scope, touch) {
        (Scope::Edit(pattern), Touch::Read) if reading == Reading::Narrow => Some(pattern),
        (Scope::Read(pattern), Touch::Read)
        | (Scope::Edit(pattern) | Scope::Write(pattern), Touch::Write) => Some(pattern),
        _ => None,
    }
}

/// A device, or one of the places where the kernel shows them.
fn device(path: &Path) -> bool {
    // The two last are bash's names for connections: asked, as everything outside is (S9).
    let free = ["/dev/null", "/dev/fd", "/dev/shm", "/dev/tcp", "/dev/udp"];
    path.starts_with("/dev")
        && path != Path::new("/dev")
        && !free.iter().any(|free| path.starts_with(free))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_patterns_are_read() {
        let lists = [&CONTROL, &PROCESS, &SENSITIVE, &SECRET, &USUAL, &EXAMPLE];
        assert_eq!(lists.map(|list| list.len()), [3, 3, 22, 15, 16, 5]);
    }
}
