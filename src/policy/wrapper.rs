//! Programs that run the command that follows them (S5).

use crate::policy::program::base;
use crate::shell::{Field, is_name};

/// How a program's own words end and the command behind it begins.
struct Wrapper {
    names: &'static [&'static str],
    /// Options with a value.
    values: &'static str,
    long_values: &'static [&'static str],
    /// Operands before the command.
    operands: usize,
    /// `name=value` may stand before the command.
    assigns: bool,
    /// The option whose value is a script.
    script: Option<char>,
}

const PLAIN: Wrapper =
    Wrapper { names: &[], values: "", long_values: &[], operands: 0, assigns: false, script: None };

#[rustfmt::skip]
const WRAPPERS: &[Wrapper] = &[
    Wrapper { names: &["sudo", "doas"], values: "ughpCDrtTUR", long_values: &["user", "group", "host", "prompt", "chdir", "chroot", "role", "type", "close-from", "other-user", "command-timeout"], assigns: true, ..PLAIN },
    Wrapper { names: &["env"], values: "uC", long_values: &["unset", "chdir"], assigns: true, script: Some('S'), ..PLAIN },
    Wrapper { names: &["xargs"], values: "InLPdEsa", long_values: &["max-args", "max-lines", "max-procs", "delimiter", "arg-file", "max-chars"], ..PLAIN },
    Wrapper { names: &["timeout"], values: "ks", long_values: &["kill-after", "signal"], operands: 1, ..PLAIN },
    Wrapper { names: &["nice"], values: "n", long_values: &["adjustment"], ..PLAIN },
    Wrapper { names: &["stdbuf"], values: "ioe", long_values: &["input", "output", "error"], ..PLAIN },
    Wrapper { names: &["watch"], values: "nq", long_values: &["interval"], ..PLAIN },
    Wrapper { names: &["ionice"], values: "cnpPu", long_values: &["class", "classdata"], ..PLAIN },
    Wrapper { names: &["chrt"], values: "TPD", operands: 1, ..PLAIN },
    Wrapper { names: &["flock"], values: "wE", long_values: &["wait", "timeout", "conflict-exit-code"], operands: 1, script: Some('c'), ..PLAIN },
    Wrapper { names: &["parallel"], values: "jaINn", long_values: &["jobs", "arg-file"], ..PLAIN },
    Wrapper { names: &["strace"], values: "oepsPSEuIbO", ..PLAIN },
    Wrapper { names: &["unshare"], values: "SGRw", ..PLAIN },
    Wrapper { names: &["exec"], values: "a", ..PLAIN },
    Wrapper { names: &["su", "script"], values: "gGswTIOBEom", long_values: &["shell", "group"], operands: usize::MAX, script: Some('c'), ..PLAIN },
    Wrapper { names: &["bash", "sh", "dash", "zsh", "ksh"], values: "oO", long_values: &["rcfile", "init-file"], operands: usize::MAX, script: Some('c'), ..PLAIN },
    Wrapper { names: &["eval"], ..PLAIN },
    Wrapper { names: &["time"], values: "fo", ..PLAIN },
    Wrapper { names: &["nohup", "command", "setsid", "busybox", "builtin", "noglob"], ..PLAIN },
];

/// A broad rule on one of these would allow everything, so it allows nothing (S4).
const BROAD: &[&str] = &[
    "bash", "sh", "zsh", "dash", "ksh", "eval", "exec", "env", "sudo", "doas", "xargs", "command",
    "nohup", "time", "timeout", "nice", "setsid", "watch", "busybox", "ssh",
];

/// Shells that are given a script.
pub(super) const SHELLS: &[&str] = &["bash", "sh", "dash", "zsh", "ksh"];

/// What a wrapper runs.
#[derive(Debug, Default)]
pub(super) struct Behind<'a> {
    /// Commands that it may run: more than one where an option is not known.
    pub(super) commands: Vec<&'a [Field]>,
    /// Scripts that it may run.
    pub(super) scripts: Vec<String>,
    /// It adds nothing to what it runs (S5).
    pub(super) transparent: bool,
    /// Assignments on the way.
    pub(super) assigns: Vec<(&'a str, &'a str)>,
}

pub(super) fn is_broad(word: &str) -> bool {
    BROAD.contains(&base(word))
}

/// What `argv` runs, where its program is a wrapper.
pub(super) fn behind(argv: &[Field]) -> Option<Behind<'_>> {
    let (first, rest) = argv.split_first()?;
    let name = base(&first.text);
    if let Some(found) = actions(name, rest) {
        return Some(found);
    }
    let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&name))?;
    let mut found = Behind::default();
    let mut options: Vec<&str> = Vec::new();
    let (mut at, mut skip) = (0, wrapper.operands);
    let mut doubt = false;
    // A shell's script is its first operand, not the word behind `-c`.
    let shell = SHELLS.contains(&name);
    let mut wanted = false;
    while let Some(field) = rest.get(at) {
        let text = field.text.as_str();
        if text == "--" {
            at += 1;
            break;
        }
        let option_like = text.starts_with('-') || shell && text.starts_with('+');
        if option_like && (text.len() > 1 || name == "env") {
            options.push(text);
            at += 1;
            let (script, valued, known) = option(wrapper, text);
            doubt = !known;
            if script && shell {
                wanted = true;
                at += usize::from(valued);
                continue;
            }
            if script {
                found.scripts.extend(rest.get(at).map(|field| field.text.clone()));
            }
            if let Some(glued) = script.then(|| glued(wrapper, text)).flatten() {
                found.scripts.push(glued);
            }
            at += usize::from(valued || script);
            continue;
        }
        let assigned = text.split_once('=').filter(|(name, _)| is_name(name));
        if let Some(pair) = assigned.filter(|_| wrapper.assigns) {
            found.assigns.push(pair);
            at += 1;
            continue;
        }
        if skip == 0 || shell {
            break;
        }
        skip -= 1;
        at += 1;
    }
    if shell {
        found.scripts.extend(rest.get(at).filter(|_| wanted).map(|field| field.text.clone()));
        at = rest.len();
    }
    if let Some(inner) = rest.get(at..).filter(|inner| !inner.is_empty()) {
        found.commands.push(inner);
        // The word after an option that is not known may be its value.
        if doubt && inner.len() > 1 {
            found.commands.push(&inner[1..]);
        }
    }
    // Every argument of `eval` is a script, and `watch` gives its words to a shell.
    if matches!(name, "eval" | "watch" | "parallel") {
        for words in std::mem::take(&mut found.commands) {
            let words: Vec<&str> = words.iter().map(|field| field.text.as_str()).collect();
            found.scripts.push(words.join(" "));
        }
    }
    found.transparent = transparent(name, &options, rest, &found);
    Some(found)
}

/// Does it start a shell that reads what it is given? Behind `deep` wrappers it may.
pub(super) fn runs_shell(argv: &[Field], deep: u32) -> bool {
    let Some(first) = argv.first() else { return false };
    SHELLS.contains(&base(&first.text))
        || behind(argv).is_some_and(|behind| {
            deep == 0 || behind.commands.iter().any(|inner| runs_shell(inner, deep - 1))
        })
}

/// Does the option hold a script, does it take the next word, and is it known at all?
fn option(wrapper: &Wrapper, text: &str) -> (bool, bool, bool) {
    if let Some(long) = text.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        let script = matches!(name, "command" | "split-string") && wrapper.script.is_some();
        let valued = wrapper.long_values.contains(&name) && !long.contains('=');
        return (script, valued && !script, valued || long.contains('='));
    }
    let letters = &text[1..];
    let script = wrapper.script.is_some_and(|c| letters.contains(c));
    let value = letters.find(|c| wrapper.values.contains(c));
    let valued = value.is_some_and(|at| at + 1 == letters.len());
    (script, valued, script || value.is_some())
}

/// A script in the same word as its option: `-c'ls'`, `--command=ls`.
fn glued(wrapper: &Wrapper, text: &str) -> Option<String> {
    let after = match text.strip_prefix("--") {
        Some(long) => long.split_once('=')?.1,
        None => wrapper.script.and_then(|c| text.split_once(c)).map(|(_, after)| after)?,
    };
    (!after.is_empty()).then(|| after.to_owned())
}

/// The transparent forms of S5, exactly.
fn transparent(name: &str, options: &[&str], rest: &[Field], found: &Behind<'_>) -> bool {
    let runs = found.commands.len() == 1 && found.scripts.is_empty();
    let fixed = |field: &Field| field.dynamic.is_none() && !field.glob;
    let own = rest.len() - found.commands.first().map_or(0, |inner| inner.len());
    if !rest[..own.min(rest.len())].iter().all(fixed) {
        return false;
    }
    let only = |allowed: &[&str]| {
        options.iter().all(|option| allowed.iter().any(|start| option.starts_with(start)))
    };
    match name {
        "time" | "nohup" | "command" | "env" => runs && options.is_empty(),
        "timeout" => runs && only(&["-k", "-s", "--kill-after=", "--signal="]),
        "nice" => runs && only(&["-n", "--adjustment="]),
        "stdbuf" => runs && !options.is_empty() && only(&["-o", "-i", "-e"]),
        "bash" | "sh" | "dash" => {
            options == ["-c"]
                && rest.first().is_some_and(|field| field.text == "-c")
                && found.scripts.len() == 1
                && rest
                    .get(1)
                    .is_some_and(|script| fixed(script) && found.scripts[0] == script.text)
        }
        _ => false,
    }
}

/// Commands that `find` and `fd` run.
fn actions<'a>(name: &str, rest: &'a [Field]) -> Option<Behind<'a>> {
    let mut found = Behind::default();
    let mut from = 0;
    while let Some((at, glued)) =
        (from..rest.len()).find_map(|at| action(name, &rest[at].text).map(|glued| (at, glued)))
    {
        let inner = &rest[at + 1..];
        // A `+` ends it only behind `{}`; what stands inside is the inner command's own.
        let ends = |at: usize| match inner[at].text.as_str() {
            ";" => true,
            "+" => at > 0 && inner[at - 1].text == "{}",
            _ => false,
        };
        let end = (0..inner.len()).find(|&at| ends(at)).unwrap_or(inner.len());
        from = at + 1 + end;
        let inner = &inner[..end];
        if glued.is_empty() {
            found.commands.push(inner);
        } else {
            let words = inner.iter().map(|field| field.text.as_str());
            let script: Vec<&str> = std::iter::once(glued).chain(words).collect();
            found.scripts.push(script.join(" "));
        }
    }
    found.commands.retain(|command| !command.is_empty());
    (!found.commands.is_empty() || !found.scripts.is_empty()).then_some(found)
}

/// Is it an option before a command? What of the command stands in the same word.
fn action<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    match name {
        "find" => matches!(text, "-exec" | "-execdir" | "-ok" | "-okdir").then_some(&text[..0]),
        "fd" | "fdfind" => match text.strip_prefix("--") {
            Some(long) => {
                let (option, glued) = long.split_once('=').unwrap_or((long, ""));
                (option.len() > 2 && "exec-batch".starts_with(option)).then_some(glued)
            }
            None => {
                let letters = text.strip_prefix('-')?;
                let at = letters.find(['x', 'X'])?;
                // A letter before it may take the rest of the word.
                let plain = !letters[..at].contains(['t', 'e', 'd', 'E', 'S', 'o', 'c', 'j', 'C']);
                plain.then(|| &letters[at + 1..])
            }
        },
        _ => None,
    }
}
