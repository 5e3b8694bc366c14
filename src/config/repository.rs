//! What the settings of a repository could make git run, or where they could lead it.

use std::fmt::Write as _;

/// Settings that run nothing and lead nowhere: all others count. Lower case, as git compares them;
/// what stands between the first and the last dot is left out.
///
/// From git-config(1). A list of what is harmless cannot miss what a later git can run.
const HARMLESS: &[&str] = &[
    "advice.*",
    "branch.autosetupmerge",
    "branch.autosetuprebase",
    "branch.description",
    "branch.merge",
    "branch.pushremote",
    "branch.rebase",
    "branch.remote",
    "branch.sort",
    "branch.vscode-merge-base",
    "branch.gh-merge-base",
    "color.*",
    "column.*",
    "commit.gpgsign",
    "commit.verbose",
    "core.abbrev",
    "core.autocrlf",
    "core.bare",
    "core.eol",
    "core.filemode",
    "core.ignorecase",
    "core.logallrefupdates",
    "core.precomposeunicode",
    "core.quotepath",
    "core.repositoryformatversion",
    "core.safecrlf",
    "core.sharedrepository",
    "core.symlinks",
    "core.untrackedcache",
    "core.whitespace",
    "diff.algorithm",
    "diff.colormoved",
    "diff.mnemonicprefix",
    "diff.noprefix",
    "diff.renames",
    "extensions.objectformat",
    "extensions.refstorage",
    "feature.*",
    "fetch.prune",
    "fetch.prunetags",
    "gc.*",
    "index.version",
    "init.defaultbranch",
    "log.date",
    "log.showsignature",
    "maintenance.auto",
    "maintenance.strategy",
    "merge.conflictstyle",
    "pack.threads",
    "pull.ff",
    "pull.rebase",
    "push.autosetupremote",
    "push.default",
    "push.followtags",
    "rebase.autosquash",
    "rebase.autostash",
    "rebase.updaterefs",
    "remote.fetch",
    "remote.gh-resolved",
    "remote.prune",
    "remote.pushurl",
    "remote.tagopt",
    "remote.url",
    "rerere.enabled",
    "status.*",
    "submodule.active",
    "submodule.url",
    "tag.gpgsign",
    "tag.sort",
    "user.email",
    "user.name",
];

/// Settings that run nothing where they have this value.
const SWITCHED_OFF: &[(&str, &str)] =
    &[("core.fsmonitor", "false"), ("core.fsmonitor", "true"), ("core.hookspath", "/dev/null")];

/// Of the text of a `.git/config` what is not known to be harmless, a line each with its section
/// before it; empty where there is nothing of it.
pub(super) fn telling(text: &str) -> String {
    let mut told = String::new();
    let mut section = String::new();
    let mut continued = false;
    for line in text.lines() {
        let line = line.trim_ascii();
        let harmless = match line.as_bytes().first() {
            _ if continued => false,
            None | Some(b'#' | b';') => true,
            Some(b'[') => {
                let named = header(line);
                section.clear();
                section.push_str(named.unwrap_or(line));
                // A setting may stand behind it, and what is no header may be anything.
                named.is_some()
            }
            Some(_) => is_harmless(&section, line),
        };
        // The next line is a part of this one.
        continued = line.ends_with('\\');
        if !harmless || continued {
            // Writing to a string does not fail.
            let _ = writeln!(told, "[{section}] {line}");
        }
    }
    told
}

/// The section's name, where the line is a header and nothing else.
fn header(line: &str) -> Option<&str> {
    let within = line.strip_prefix('[')?.strip_suffix(']')?;
    let name = within.split_ascii_whitespace().next()?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // `[a.b]` and what is quoted is the name of one thing of the section's kind.
    let rest = within[name.len()..].trim_ascii();
    let quoted = rest.is_empty()
        || rest.len() > 1
            && rest.starts_with('"')
            && rest.ends_with('"')
            && !rest[1..rest.len() - 1].contains(['"', '\\', ']']);
    (plain && quoted).then_some(name)
}

fn is_harmless(section: &str, line: &str) -> bool {
    let (name, value) = line.split_once('=').unwrap_or((line, "true"));
    let (section, name) = (section.to_ascii_lowercase(), name.trim_ascii().to_ascii_lowercase());
    let known = HARMLESS.iter().any(|known| {
        known.split_once('.').is_some_and(|(s, n)| s == section && (n == "*" || n == name))
    });
    let value = value.trim_ascii();
    if SWITCHED_OFF.contains(&(&format!("{section}.{name}"), value)) {
        return true;
    }
    // `ext::` runs its rest, and a dash is an option to what git starts.
    let value = value.trim_start_matches('"');
    let leads = !name.ends_with("url") || !(value.contains("::") || value.starts_with('-'));
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    known && plain && leads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn only_what_could_run_or_lead_elsewhere_is_told() {
        let table = [
            // the settings                                               what is told
            ("",                                                          ""),
            ("[core]\n\trepositoryformatversion = 0\n\tbare = false\n",   ""),
            ("[remote \"origin\"]\n\turl = https://x.io/a.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n", ""),
            ("[branch \"main\"]\n\tremote = origin\n# a note\n; another", ""),
            ("[core]\nfsmonitor = ./evil",                                "[core] fsmonitor = ./evil\n"),
            ("[CORE]\nFSMonitor = ./evil",                                "[CORE] FSMonitor = ./evil\n"),
            ("[core]\nhooksPath = /dev/null\nfsmonitor = false",           ""),
        ("[core]\nhooksPath = h",                                     "[core] hooksPath = h\n"),
            ("[core] bare = false",                                       "[[core] bare = false] [core] bare = false\n"),
            ("[core] fsmonitor = x",                                      "[[core] fsmonitor = x] [core] fsmonitor = x\n"),
            ("[diff \"x\"]\ntextconv = evil",                             "[diff] textconv = evil\n"),
            ("[filter \"x\"]\nclean = evil",                              "[filter] clean = evil\n"),
            ("[alias]\nst = status",                                      "[alias] st = status\n"),
            ("[include]\npath = ../x",                                    "[include] path = ../x\n"),
            ("[includeIf \"gitdir:/\"]\npath = ../x",                     "[includeIf] path = ../x\n"),
            ("[user]\nname = a\\\nb",                                     "[user] name = a\\\n[user] b\n"),
            ("[remote \"o\"]\nurl = ext::sh -c evil",                     "[remote] url = ext::sh -c evil\n"),
            ("[remote \"o\"]\nurl = --upload-pack=evil",                  "[remote] url = --upload-pack=evil\n"),
            ("[remote \"o\"]\nuploadpack = evil",                         "[remote] uploadpack = evil\n"),
            ("[user]\nname\u{a0}= x",                                     "[user] name\u{a0}= x\n"),
            ("nothing",                                                   "[] nothing\n"),
        ];
        for (text, told) in table {
            assert_eq!(telling(text), told, "{text}");
        }
    }
}
