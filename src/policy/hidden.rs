//! What the user's rules forbid to read, for those who keep it from being read by force.

use std::path::Path;
use std::path::PathBuf;

use crate::policy::Policy;
use crate::policy::pattern::Bases;
use crate::policy::rule::Scope;

/// Files and directories that no command may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden {
    /// By name; a directory with all that is in it.
    pub paths: Vec<PathBuf>,
    /// By pattern: absolute, in any letter case. `*` and `?` stay inside a component, `**` crosses.
    pub globs: Vec<String>,
}

impl Policy {
    /// What its deny rules for Read name. A rule against reading as such names nothing here, nor
    /// does one that names a root or what holds one: work would not go on without it.
    pub fn hidden(&self) -> Hidden {
        let bases = Bases { roots: &self.roots, home: self.home.as_deref() };
        let mut hidden = Hidden::default();
        for rule in &self.rules.deny {
            let Scope::Read(pattern) = &rule.scope else { continue };
            hidden.paths.extend(pattern.named(bases));
            for mut parts in pattern.searched(bases) {
                // The directory itself, not each thing in it.
                while parts.last().is_some_and(|last| last == "**") {
                    parts.pop();
                }
                if parts.iter().any(|part| part != "**" && part != "*") {
                    hidden.globs.push(format!("/{}", parts.join("/")));
                }
            }
        }
        let holds_a_root = |path: &PathBuf| self.roots.iter().any(|root| root.starts_with(path));
        hidden.paths.retain(|path| !holds_a_root(path) && path != Path::new("/"));
        hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Rule;

    #[test]
    fn what_rules_against_reading_name() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("Read(//etc/Key)", &["/etc/Key"], &[]),
            ("Read(~/.secret/**)", &["/h/u/.secret"], &[]),
            ("Read(/.env)", &["/w/.env", "/.env"], &[]),
            ("Read(./a/b/)", &["/w/a/b"], &[]),
            ("Read(.env)", &["/w/.env"], &["/**/.env"]),
            ("Read(a/Key.pem)", &["/w/a/Key.pem"], &["/**/a/key.pem"]),
            ("Read(*.pem)", &[], &["/**/*.pem"]),
            ("Read(**/secret/**)", &[], &["/**/**/secret"]),
            ("Read(~/**/id_*)", &[], &["/h/u/**/id_*"]),
            // what would end all work
            ("Read", &[], &[]),
            ("Read(**)", &[], &[]),
            ("Read(//**)", &[], &[]),
            ("Read(//w)", &[], &[]),
            ("Edit(.env)", &[], &[]),
        ];
        for (rule, paths, globs) in table {
            let mut policy =
                Policy { roots: vec!["/w".into()], home: Some("/h/u".into()), ..Policy::default() };
            policy.rules.deny.push(Rule::parse(rule, "t").unwrap());
            policy.rules.allow.push(Rule::parse("Read(x)", "t").unwrap());
            let got = policy.hidden();
            let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
            assert_eq!((&got.paths, got.globs.len()), (&paths, globs.len()), "{rule}: {got:?}");
            assert!(globs.iter().eq(&got.globs), "{rule}: {got:?}");
        }
    }
}
