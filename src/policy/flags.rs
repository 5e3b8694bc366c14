//! Flags that make a reader write or run something (S7): no table and no prefix rule covers them.

use crate::policy::command::program;

/// Long and short flags of one program that escape.
struct Escapes {
    programs: &'static [&'static str],
    long: &'static [&'static str],
    short: &'static str,
}

const ESCAPES: &[Escapes] = &[
    Escapes { programs: &["fd", "fdfind"], long: &["exec", "exec-batch"], short: "xX" },
    Escapes { programs: &["rg"], long: &["pre", "hostname-bin", "search-zip"], short: "z" },
    Escapes {
        programs: &["sort"],
        long: &["output", "compress-program", "temporary-directory", "files0-from"],
        short: "oT",
    },
    Escapes {
        programs: &["curl"],
        long: &[
            "output",
            "output-dir",
            "remote-name",
            "remote-name-all",
            "upload-file",
            "config",
            "proxy",
            "data-binary",
            "form",
            "dump-header",
            "cookie-jar",
            "trace",
            "trace-ascii",
            "stderr",
            "netrc-file",
            "preproxy",
            "unix-socket",
            "connect-to",
            "resolve",
            "libcurl",
            "create-dirs",
        ],
        short: "oOTdFKxDc",
    },
    Escapes {
        programs: &["wget"],
        long: &[
            "output-document",
            "output-file",
            "append-output",
            "input-file",
            "config",
            "execute",
            "post-file",
            "body-file",
            "directory-prefix",
            "use-askpass",
            "mirror",
            "recursive",
        ],
        short: "oOaieP",
    },
    Escapes { programs: &["date"], long: &["set", "file"], short: "sf" },
    Escapes { programs: &["base64"], long: &["output"], short: "o" },
    Escapes { programs: &["tree"], long: &["output"], short: "oR" },
    Escapes { programs: &["xxd"], long: &["revert"], short: "r" },
    Escapes { programs: &["file"], long: &["compile", "magic-file", "files-from"], short: "Cmf" },
    Escapes { programs: &["cargo"], long: &["config"], short: "" },
    Escapes { programs: &["go"], long: &["exec", "toolexec", "overlay", "vettool"], short: "" },
    Escapes { programs: &["npm", "pnpm", "yarn"], long: &["script-shell"], short: "" },
    Escapes { programs: &["make"], long: &["file", "makefile", "eval", "directory"], short: "fC" },
    Escapes { programs: &["pytest"], long: &["rootdir", "confcutdir"], short: "pc" },
    Escapes {
        programs: &["git"],
        long: &[
            "ext-diff",
            "textconv",
            "filters",
            "output",
            "open-files-in-pager",
            "upload-pack",
            "receive-pack",
            "exec",
            "no-index",
            "output-directory",
        ],
        short: "",
    },
];

/// Programs whose whole job is a script or an archive: which uses are harmless is not known here.
const OPAQUE: &[&str] = &["sed", "awk", "gawk", "mawk", "tar", "unzip", "zipinfo"];

const FIND: &[&str] = &[
    "-exec",
    "-execdir",
    "-ok",
    "-okdir",
    "-delete",
    "-fls",
    "-fprint",
    "-fprint0",
    "-fprintf",
    "-files0-from",
];

/// Options of git itself that choose a helper or another repository.
const GIT_GLOBAL: &[&str] = &[
    "-c",
    "--config-env",
    "--git-dir",
    "--work-tree",
    "--exec-path",
    "--namespace",
    "-p",
    "--paginate",
    "--super-prefix",
    "--attr-source",
];

/// The first word of `words` that makes its program write, or run another; none where none does.
///
/// Long options count when they are abbreviated, short ones when they are bundled or hold a value.
pub(super) fn escape(words: &[String]) -> Option<&str> {
    let (first, rest) = words.split_first()?;
    let name = program(first);
    if OPAQUE.contains(&name) {
        return Some(first);
    }
    if name == "find" {
        return rest.iter().map(String::as_str).find(|word| FIND.contains(word));
    }
    if name == "make"
        && let Some(word) = rest.iter().find(|word| word.starts_with("SHELL="))
    {
        return Some(word);
    }
    if name == "git" {
        let before = rest.iter().take_while(|word| word.starts_with('-'));
        let global = |word: &&String| {
            GIT_GLOBAL.iter().any(|flag| {
                let long = flag.starts_with("--");
                word.as_str() == *flag
                    || (long && word.starts_with(&format!("{flag}=")))
                    || (!long && word.starts_with(flag) && !word.starts_with("--"))
            })
        };
        if let Some(word) = before.clone().find(global) {
            return Some(word);
        }
        let sub = rest.iter().find(|word| !word.starts_with('-')).map(String::as_str);
        if sub == Some("grep")
            && let Some(word) = rest.iter().find(|word| bundled(word, "O"))
        {
            return Some(word);
        }
    }
    let escapes: Vec<&Escapes> = ESCAPES.iter().filter(|e| e.programs.contains(&name)).collect();
    let flags = rest.iter().take_while(|word| *word != "--");
    flags.map(String::as_str).find(|word| {
        escapes.iter().any(|e| bundled(word, e.short) || e.long.iter().any(|l| is_long(word, l)))
    })
}

/// Is it `--long`, an abbreviation of it, with or without `=value`? Go spells it with one `-`.
fn is_long(word: &str, long: &str) -> bool {
    let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
        return false;
    };
    let name = name.split('=').next().unwrap_or_default();
    let least = if word.starts_with("--") { 1 } else { long.len() };
    name.len() >= least && long.starts_with(name)
}

/// Is it a bundle of short flags with one of `short` in it?
fn bundled(word: &str, short: &str) -> bool {
    let flags = word.strip_prefix('-').filter(|flags| !flags.starts_with('-'));
    flags.is_some_and(|flags| flags.contains(|c| short.contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_found() {
        let table = [
            ("rg --pre ./x.sh a", Some("--pre")),
            ("rg -zn a", Some("-zn")),
            ("rg -n a", None),
            ("find . -name core -delete", Some("-delete")),
            ("find . -name core", None),
            ("sort --outp=x a", Some("--outp=x")),
            ("sort -no f a", Some("-no")),
            ("sort -n -- -o", None),
            ("git -c core.pager=x log", Some("-c")),
            ("git log -c", None),
            ("git -ccore.pager=x log", Some("-ccore.pager=x")),
            ("git diff --output=x", Some("--output=x")),
            ("git grep -Oless x", Some("-Oless")),
            ("git log --oneline", None),
            ("go test -exec sh", Some("-exec")),
            ("go test -run x", None),
            ("make SHELL=x", Some("SHELL=x")),
            ("curl -sLo x http://h", Some("-sLo")),
            ("curl -sS http://h", None),
            ("tar tf a", Some("tar")),
            ("/usr/bin/sort -o x", Some("-o")),
        ];
        for (text, expected) in table {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            assert_eq!(escape(&words), expected, "{text}");
        }
    }
}
