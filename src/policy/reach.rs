//! How far an allow rule reaches: which ones no key keeps (P35).

use std::path::{Path, PathBuf};

use crate::policy::pattern::{Bases, Pattern, Reading, wildcard};
use crate::policy::program::{GIT_RISKY, base};
use crate::policy::rule::{Scope, Shell};
use crate::policy::simple::is_risky;
use crate::policy::{Policy, Rule, Verdict, escape, git, meaning, opener, wrapper};
use crate::protocol::{Access, Mode};
use crate::shell::Field;

/// So many wrappers are looked through.
const DEEP: u32 = 6;

impl Policy {
    /// Why no key keeps `rule`, in words that go on "the rule"; none where it is narrow enough. It
    /// would allow any program, any file or server, what is dangerous, or nothing at all.
    ///
    /// Who means it writes such a rule into the settings by hand.
    pub fn too_wide(&self, rule: &Rule, cwd: &Path) -> Option<String> {
        match &rule.scope {
            Scope::All => Some("would allow every tool".to_owned()),
            Scope::Tool => {
                Some("would allow nothing: such a tool is judged by what it touches".to_owned())
            }
            Scope::Shell(Shell::All) => Some("would allow every command".to_owned()),
            Scope::Shell(Shell::Exact(text)) => command(&fields(text.split(' ')), false, DEEP),
            Scope::Shell(Shell::Prefix(words)) => {
                let argv = fields(words.iter().map(String::as_str));
                broad(&argv, meaning::names_inner(words)).or_else(|| command(&argv, true, DEEP))
            }
            Scope::Shell(Shell::Wild(text, _)) => {
                // What stands behind a `*` binds nothing: it may be part of a word before it.
                let known = text.split(' ').scan(false, |starred, word| {
                    (!std::mem::replace(starred, *starred || word.contains('*'))).then_some(word)
                });
                let argv = fields(known);
                if argv.first().is_none_or(|first| first.text.contains('*')) {
                    return Some("would allow any program that is called like that".to_owned());
                }
                broad(&argv, false).or_else(|| command(&argv, true, DEEP))
            }
            Scope::Read(pattern) => {
                self.every_file(pattern).or_else(|| self.files_of(rule, pattern, cwd))
            }
            Scope::Edit(pattern) | Scope::Write(pattern) => {
                let outside = || self.leaves(pattern).then(outside);
                let found = self.every_file(pattern).or_else(outside);
                found.or_else(|| self.files_of(rule, pattern, cwd))
            }
            Scope::Fetch(host) if host == "*" => Some("would allow every server".to_owned()),
            Scope::Fetch(host) if host.strip_prefix("*.").is_some_and(|it| !it.contains('.')) => {
                Some(format!("would allow every server of `{}`", &host[1..]))
            }
            Scope::Mcp(server, _) if server.contains('*') => {
                Some("would allow nothing: an allow names its MCP server without a `*`".to_owned())
            }
            Scope::Fetch(_) | Scope::Mcp(..) | Scope::Spawn(_) => None,
        }
    }

    fn bases(&self) -> Bases<'_> {
        Bases { roots: &self.roots, home: self.home.as_deref() }
    }

    /// What a pattern names from `/` on as far as it has no `*` or `?`, and whether more follows.
    fn known(&self, pattern: &Pattern) -> Vec<(PathBuf, bool)> {
        let known = |parts: Vec<String>| {
            let plain = parts.iter().take_while(|part| !part.contains(['*', '?']));
            let path: PathBuf = std::iter::once("/").chain(plain.map(String::as_str)).collect();
            (path, parts.iter().any(|part| part.contains("**")))
        };
        pattern.spelled(Reading::Narrow, self.bases()).into_iter().map(known).collect()
    }

    /// Is everything named of the machine, of the home, or of what holds the project?
    fn every_file(&self, pattern: &Pattern) -> Option<String> {
        let holds = |dir: &PathBuf| {
            let home = self.home.as_ref().is_some_and(|home| home.starts_with(dir));
            let inside = self.roots.iter().any(|root| dir.starts_with(root));
            !inside && (home || self.roots.iter().any(|root| root.starts_with(dir)))
        };
        let all = self.known(pattern).into_iter();
        let dir = all.filter(|(_, more)| *more).map(|(dir, _)| dir).find(holds)?;
        Some(if dir == Path::new("/") {
            "would allow every file of the machine".to_owned()
        } else {
            format!("would allow every file of `{}`", dir.display())
        })
    }

    /// Is anything named that is in no root?
    fn leaves(&self, pattern: &Pattern) -> bool {
        let inside = |dir: &Path| self.roots.iter().any(|root| dir.starts_with(root));
        self.known(pattern).iter().any(|(dir, _)| !inside(dir))
    }

    /// What is decided of files that the pattern names: of itself, where it names one.
    fn files_of(&self, rule: &Rule, pattern: &Pattern, cwd: &Path) -> Option<String> {
        let mut with = self.clone();
        with.add(rule.clone());
        let mut files = self.candidates(rule, cwd);
        if files.is_empty() {
            let paths = pattern.named(self.bases()).into_iter();
            files = paths.map(|path| self.file(rule, path)).collect();
        }
        let decide = |policy: &Self, access: &Access| {
            policy.decide(Mode::Default, std::slice::from_ref(access))
        };
        let mut refused = None;
        let mut grants = false;
        for (shown, access) in &files {
            match (decide(self, access), decide(&with, access)) {
                (Verdict::Ask(why), Verdict::Allow(_)) if why.risky => {
                    return Some(dangerous(shown));
                }
                (_, Verdict::Allow(_)) => grants = true,
                (_, Verdict::Ask(why) | Verdict::Deny(why)) => refused = Some(why.reason),
            }
        }
        let reason = refused.filter(|_| !grants)?;
        Some(format!("would allow nothing: whatever a rule says, {reason}"))
    }
}

/// A wrapper or a shell by itself grants nothing (S4).
fn broad(argv: &[Field], inner: bool) -> Option<String> {
    let first = argv.first().filter(|first| wrapper::is_broad(&first.text) && !inner)?;
    let name = base(&first.text);
    Some(format!(
        "would allow nothing: `{name}` runs whatever it is given, and that is asked each time"
    ))
}

/// What speaks against these words, with anything behind them where they are `open`.
fn command(argv: &[Field], open: bool, deep: u32) -> Option<String> {
    let first = argv.first()?;
    let (name, shown) = (base(&first.text), words(argv));
    if is_risky(name, argv) {
        return Some(dangerous(&shown));
    }
    if open && name == "git" {
        let rest = git::Git::new(&argv[1..]).rest;
        let sub = rest.first().map_or("*", |sub| sub.text.as_str());
        let mut all = GIT_RISKY.iter();
        let found = all.find(|(name, _)| wildcard(sub, name));
        if let Some((sub, options)) = found {
            let option = options.first().map(|it| format!(" {it}")).unwrap_or_default();
            return Some(dangerous(&format!("git {sub}{option}")));
        }
    }
    let named = |flag: &String| argv[1..].iter().any(|field| field.text == *flag);
    if let Some(flag) = escape::of(argv).filter(|flag| open && named(flag)) {
        return Some(format!(
            "would allow nothing: `{flag}` makes `{name}` write or run something, and that is \
             asked each time"
        ));
    }
    if open && opener::is_open(argv) {
        return Some(format!("would allow any program: `{shown}` runs what it is told to"));
    }
    let behind = wrapper::behind(argv)?;
    // A rule has no quotes: where the script ends is not known, so all of it counts.
    let risky = |field: &Field| is_risky(base(&field.text), std::slice::from_ref(field));
    let hidden = !behind.scripts.is_empty() && argv[1..].iter().any(risky);
    if deep == 0 || hidden {
        return Some(dangerous(&shown));
    }
    // A shell with a script file is told apart by its words, not by what is behind it.
    if open && behind.commands.is_empty() && !wrapper::SHELLS.contains(&name) {
        return Some(format!("would allow any program: `{shown}` runs what stands behind it"));
    }
    behind.commands.iter().find_map(|inner| command(inner, open, deep - 1))
}

fn outside() -> String {
    "would allow files outside the project to be changed, which is asked each time".to_owned()
}

fn dangerous(what: &str) -> String {
    format!("would allow `{what}`, which is dangerous and asked each time")
}

fn words(argv: &[Field]) -> String {
    argv.iter().map(|field| field.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn fields<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<Field> {
    let field = |word: &str| Field { text: word.to_owned(), ..Field::default() };
    words.into_iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Script;

    fn policy() -> Policy {
        Policy { roots: vec!["/h/w".into()], home: Some("/h".into()), ..Policy::default() }
    }

    fn objection(rule: &str) -> String {
        let rule = Rule::parse(rule, "t").unwrap();
        policy().too_wide(&rule, Path::new("/h/w")).unwrap_or_default()
    }

    #[rustfmt::skip]
    #[test]
    fn what_no_key_keeps_and_why() {
        let table = [
            // rule                             why not; empty: it is narrow enough
            ("*",                               "every tool"),
            ("Bash",                            "every command"),
            ("Bash(*)",                         "every command"),
            ("Bash(* --version)",               "any program that is called like that"),
            ("Bash(ls*)",                       "any program that is called like that"),
            ("Bash(rm:*)",                      "`rm`, which is dangerous"),
            ("Bash(rm x)",                      "`rm x`, which is dangerous"),
            // what grants nothing by itself (S4)
            ("Bash(sudo:*)",                    "`sudo`"),
            ("Bash(env:*)",                     "nothing: `env` runs whatever"),
            ("Bash(env A=b:*)",                 "nothing: `env` runs whatever"),
            ("Bash(sh:*)",                      "nothing: `sh` runs whatever"),
            ("Bash(bash -c:*)",                 "nothing: `bash` runs whatever"),
            ("Bash(sh *.sh)",                   "nothing: `sh` runs whatever"),
            ("Bash(xargs:*)",                   "nothing: `xargs` runs whatever"),
            ("Bash(nohup:*)",                   "nothing: `nohup` runs whatever"),
            ("Bash(time:*)",                    "nothing: `time` runs whatever"),
            ("Bash(timeout 5:*)",               "nothing: `timeout` runs whatever"),
            ("Bash(ssh host:*)",                "nothing: `ssh` runs whatever"),
            ("Bash(find . -exec:*)",            "nothing: `-exec` makes `find`"),
            ("Bash(sed -i:*)",                  "nothing: `-i` makes `sed`"),
            ("Bash(git -c a=b log:*)",          "nothing: `-c` makes `git`"),
            // what runs anything
            ("Bash(strace:*)",                  "any program: `strace`"),
            ("Bash(flock lock:*)",              "any program: `flock lock`"),
            ("Bash(python3 -c:*)",              "any program: `python3 -c`"),
            ("Bash(python3.12:*)",              "any program: `python3.12`"),
            ("Bash(/usr/bin/python3 -u -c x:*)", "any program"),
            ("Bash(timeout 5 python3:*)",       "any program: `python3`"),
            ("Bash(node -e:*)",                 "any program: `node -e`"),
            ("Bash(node --eval=x:*)",           "any program"),
            ("Bash(perl -pe:*)",                "any program"),
            ("Bash(node *)",                    "any program: `node`"),
            ("Bash(python3 * x)",               "any program: `python3 *`"),
            ("Bash(npx:*)",                     "any program: `npx`"),
            ("Bash(npm:*)",                     "any program: `npm`"),
            ("Bash(npm exec --yes:*)",          "any program"),
            ("Bash(docker exec box:*)",         "any program"),
            ("Bash(vim x:*)",                   "any program"),
            // what is behind a wrapper
            ("Bash(xargs rm:*)",                "`rm`, which is dangerous"),
            ("Bash(sudo apt-get update)",       "`sudo apt-get update`, which is dangerous"),
            ("Bash(nice git push:*)",           "`git push --force`, which is dangerous"),
            ("Bash(bash -c cd a; rm x)",        "which is dangerous"),
            ("Bash(timeout 5 rm x)",            "`rm x`, which is dangerous"),
            // git
            ("Bash(git:*)",                     "which is dangerous"),
            ("Bash(git push:*)",                "`git push --force`, which is dangerous"),
            ("Bash(git -C x push:*)",           "`git push --force`, which is dangerous"),
            ("Bash(git p* origin)",             "`git push --force`, which is dangerous"),
            ("Bash(git push --force)",          "`git push --force`, which is dangerous"),
            // files
            ("Edit(//**)",                      "every file of the machine"),
            ("Read(//**)",                      "every file of the machine"),
            ("Write(//**/x)",                   "every file of the machine"),
            ("Read(~/**)",                      "every file of `/h`"),
            ("Edit(~/notes/**)",                "files outside the project"),
            ("Edit(//etc/hosts)",               "files outside the project"),
            ("Edit(./.vscode/**)",              "dangerous"),
            ("Edit(./.git/**)",                 "nothing: whatever a rule says"),
            ("Read(~/.ssh/**)",                 "nothing: whatever a rule says"),
            ("Read(~/.ssh/id_rsa)",             "dangerous"),
            // servers
            ("WebFetch",                        "every server"),
            ("WebFetch(domain:*.com)",          "every server of `.com`"),
            ("mcp__*__read",                    "nothing"),
            ("TodoWrite",                       "nothing"),
            // narrow
            ("Bash(cargo test:*)",              ""),
            ("Bash(npm run *)",                 ""),
            ("Bash(npm run *x)",                ""),
            ("Bash(touch:*)",                   ""),
            ("Bash(timeout 5 cargo test:*)",    ""),
            ("Bash(python3 tool.py:*)",         ""),
            ("Bash(python3 -u tool.py:*)",      ""),
            ("Bash(python3 -m pytest:*)",       ""),
            ("Bash(python3 scripts/*.py)",      ""),
            ("Bash(sh build.sh:*)",             ""),
            ("Bash(npx prettier:*)",            ""),
            ("Bash(docker ps:*)",               ""),
            ("Bash(git commit:*)",              ""),
            ("Bash(git add:*)",                 ""),
            ("Bash(git push origin main)",      ""),
            ("Bash(find:*)",                    ""),
            ("Bash(sed:*)",                     ""),
            ("Bash(./tool:*)",                  ""),
            ("Edit(./src/**)",                  ""),
            ("Edit(//h/w/src/**)",              ""),
            ("Edit(**)",                        ""),
            ("Read(~/notes/**)",                ""),
            ("Read(//etc/hosts)",               ""),
            ("WebFetch(domain:docs.rs)",        ""),
            ("WebFetch(domain:*.docs.rs)",      ""),
            ("mcp__db",                         ""),
            ("mcp__db__read",                   ""),
        ];
        let wrong = table.into_iter().filter_map(|(rule, expected)| {
            let got = objection(rule);
            let fine = got.contains(expected) && got.is_empty() == expected.is_empty();
            (!fine).then(|| format!("{rule}: {got}"))
        });
        assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
    }

    /// The reasons are what is decided: the same rule, from a settings file.
    #[rustfmt::skip]
    #[test]
    fn the_reasons_are_true() {
        let table = [
            // rule                     call                            asked, though it stands
            ("Bash(sudo:*)",            "sudo reboot",                  true),
            ("Bash(env:*)",             "env A=b make",                 true),
            ("Bash(sh:*)",              "sh -c make",                   true),
            ("Bash(sh:*)",              "sh build.sh",                  true),
            ("Bash(find . -exec:*)",    "find . -exec make ;",          true),
            ("Bash(sed -i:*)",          "sed -i s/a/b/ /h/w/x",         true),
            ("Bash(strace:*)",          "strace make",                  false),
            ("Bash(python3:*)",         "python3 -c 'import os'",       false),
            ("Bash(npm:*)",             "npm exec anything",            false),
            ("Bash(xargs rm:*)",        "xargs rm",                     false),
            ("Bash(git push:*)",        "git push --force",             false),
            ("Bash(git p* origin)",     "git push --force origin",      false),
            ("Edit(//**)",              "/etc/hosts",                   false),
            ("Edit(~/notes/**)",        "/h/notes/x",                   false),
        ];
        for (rule, call, asked) in table {
            assert_ne!(objection(rule), "", "{rule}");
            let mut policy = policy();
            policy.grant(rule).unwrap();
            let access = if rule.starts_with("Edit") {
                Access::Write { path: crate::protocol::Resolved::plain(call).edited() }
            } else {
                let script = Script { command: call.to_owned(), cwd: "/h/w".into() };
                Access::Shell { script }
            };
            let got = policy.decide(Mode::Default, &[access]);
            assert_eq!(matches!(got, Verdict::Ask(_)), asked, "{rule}: {call}: {got:?}");
        }
    }
}
