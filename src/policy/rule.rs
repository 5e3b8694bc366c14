//! A rule as the user writes it: `Bash(git diff:*)`, `Edit(src/**)`, `WebFetch(domain:docs.rs)`.

use std::fmt;

use crate::policy::pattern::{Pattern, wildcard};
use crate::policy::program::base;

/// A rule: what it is about, as it was written, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: String,
    source: String,
    pub(super) scope: Scope,
    /// A Bash rule's text as deny and ask see it: its program's bare name, in small letters.
    pub(super) wide: String,
}

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    Shell(Shell),
    Read(Pattern),
    Edit(Pattern),
    Write(Pattern),
    /// A host, `*.host`, or `*`.
    Fetch(String),
    /// Server and tool, each may hold `*`.
    Mcp(String, String),
    Spawn(String),
    /// A tool that the policy judges by what it touches: only a bare deny means something.
    Tool,
    /// Every tool.
    All,
}

/// Which commands a Bash rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shell {
    All,
    /// The words, joined by one blank.
    Exact(String),
    /// The first words.
    Prefix(Vec<String>),
    /// A text with `*`; with `true` any further words may follow.
    Wild(String, bool),
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading the rule `{rule}`: {problem}")]
pub struct RuleError {
    rule: String,
    problem: String,
}

/// Tools without a place of their own in an access; a rule that names one is known, not a slip.
const OTHER: &[&str] = &[
    "askuserquestion",
    "bashoutput",
    "cd",
    "enterplanmode",
    "exitplanmode",
    "glob",
    "grep",
    "killbash",
    "killshell",
    "listmcpresources",
    "ls",
    "lsp",
    "monitor",
    "notebookread",
    "plan",
    "question",
    "readmcpresource",
    "sendmessage",
    "skill",
    "slashcommand",
    "structuredoutput",
    "taskcreate",
    "taskget",
    "tasklist",
    "taskoutput",
    "taskstop",
    "taskupdate",
    "todoread",
    "todowrite",
    "toolsearch",
    "websearch",
];

impl Rule {
    /// Reads a rule. `source` says where it stands: `file:line`, `--allowed-tools`, `session`.
    ///
    /// Tool names are taken in any letter case and without their `_` and `-`.
    ///
    /// # Errors
    ///
    /// [`RuleError`] says what is wrong. A deny rule that cannot be read must stop the start: it
    /// was meant to forbid something.
    pub fn parse(text: &str, source: &str) -> Result<Self, RuleError> {
        let text = text.trim();
        let scope = scope(text).map_err(|problem| RuleError {
            rule: crate::base::cap::head_tail(text, 200, 0).text,
            problem,
        })?;
        let wide = wide(&scope);
        Ok(Self { text: text.to_owned(), source: source.to_owned(), scope, wide })
    }

    /// The rule as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it stands.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it is about, in words that go on a sentence.
    pub fn meaning(&self) -> String {
        match &self.scope {
            Scope::Shell(Shell::All) => "run any command".to_owned(),
            Scope::Shell(Shell::Exact(text)) => format!("run exactly `{text}`"),
            Scope::Shell(Shell::Prefix(words)) => {
                format!("run `{}`, with whatever arguments behind it", words.join(" "))
            }
            Scope::Shell(Shell::Wild(text, more)) => {
                let more = if *more { " and more words behind it" } else { "" };
                format!("run every command that looks like `{text}`{more}")
            }
            Scope::Read(_) => format!("read the files of {}", self.inside()),
            Scope::Edit(_) => format!("edit the files of {}", self.inside()),
            Scope::Write(_) => format!("make and replace the files of {}", self.inside()),
            Scope::Fetch(host) if host == "*" => "fetch from any server".to_owned(),
            Scope::Fetch(host) => format!("fetch from {host}"),
            Scope::Mcp(server, tool) if tool == "*" => {
                format!("use every tool of the MCP server {server}")
            }
            Scope::Mcp(server, tool) => format!("use the tool {tool} of the MCP server {server}"),
            Scope::Spawn(agent) => format!("start the agent {agent}"),
            Scope::Tool => format!("use the tool {}", self.text),
            Scope::All => "use every tool".to_owned(),
        }
    }

    /// What stands between the parentheses.
    fn inside(&self) -> &str {
        let inside = self.text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        inside.unwrap_or("the whole project and beyond")
    }

    /// The error that something about this rule is wrong.
    pub(super) fn wrong(&self, problem: &str) -> RuleError {
        RuleError { rule: self.text.clone(), problem: problem.to_owned() }
    }

    /// Is it about shell commands?
    pub(super) fn is_shell(&self) -> bool {
        matches!(self.scope, Scope::Shell(_) | Scope::All)
    }

    /// Does it name the whole tool `name`, whatever is done with it? Such a deny hides the tool.
    pub fn is_whole_tool(&self, name: &str) -> bool {
        let bare = self.text.strip_suffix("(*)").unwrap_or(&self.text);
        match &self.scope {
            Scope::All => true,
            Scope::Mcp(server, tool) => name
                .strip_prefix("mcp__")
                .and_then(|rest| rest.split_once("__"))
                .is_some_and(|(s, t)| wildcard(server, s) && wildcard(tool, t)),
            _ => !bare.contains('(') && plain_name(bare) == plain_name(name),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn plain_name(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

fn scope(text: &str) -> Result<Scope, String> {
    let (name, inside) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            let inside = rest.strip_suffix(')').ok_or("a `)` is missing at its end")?;
            (name, Some(inside.trim()).filter(|inside| *inside != "*"))
        }
    };
    if inside == Some("") {
        return Err("nothing stands between its parentheses; write the tool's name alone".into());
    }
    if name == "*" {
        return Ok(Scope::All);
    }
    if let Some(rest) = name.strip_prefix("mcp__") {
        return mcp(rest, inside);
    }
    let path = || inside.map_or_else(|| Pattern::parse("**"), Pattern::parse);
    Ok(match plain_name(name).as_str() {
        "" => return Err("it names no tool".into()),
        "bash" | "shell" | "exec" => Scope::Shell(shell(inside)?),
        "read" => Scope::Read(path()?),
        "edit" | "multiedit" | "notebookedit" | "applypatch" => Scope::Edit(path()?),
        "write" => Scope::Write(path()?),
        "webfetch" | "fetch" => Scope::Fetch(domain(inside)?),
        "task" | "agent" => Scope::Spawn(inside.unwrap_or("*").to_owned()),
        name if OTHER.contains(&name) => Scope::Tool,
        _ => return Err(format!("no tool is named `{name}`")),
    })
}

fn wide(scope: &Scope) -> String {
    let text = match scope {
        Scope::Shell(Shell::Exact(text) | Shell::Wild(text, _)) => text.clone(),
        Scope::Shell(Shell::Prefix(words)) => words.join(" "),
        _ => return String::new(),
    };
    let (first, rest) = text.split_once(' ').map_or((text.as_str(), ""), |(f, r)| (f, r));
    let first = base(first).to_lowercase();
    if rest.is_empty() { first } else { format!("{first} {rest}") }
}

fn mcp(rest: &str, inside: Option<&str>) -> Result<Scope, String> {
    if inside.is_some() {
        return Err("a rule for an MCP tool takes no parentheses".into());
    }
    let (server, tool) = rest.split_once("__").unwrap_or((rest, "*"));
    if server.is_empty() || tool.is_empty() {
        return Err("write `mcp__server` or `mcp__server__tool`".into());
    }
    Ok(Scope::Mcp(server.to_owned(), tool.to_owned()))
}

fn domain(inside: Option<&str>) -> Result<String, String> {
    let Some(inside) = inside else { return Ok("*".into()) };
    let host = inside.strip_prefix("domain:").ok_or("write `WebFetch(domain:example.com)`")?;
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let name = host.strip_prefix("*.").unwrap_or(&host);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host != "*" && (name.is_empty() || !name.chars().all(plain)) {
        return Err(format!("`{host}` is no host name"));
    }
    Ok(host)
}

fn shell(inside: Option<&str>) -> Result<Shell, String> {
    let Some(inside) = inside else { return Ok(Shell::All) };
    if inside.contains('\n') {
        return Err("a rule names one command, on one line".into());
    }
    let (words, more) = match inside.strip_suffix(":*").or_else(|| inside.strip_suffix(" *")) {
        Some(words) => (words, true),
        None => (inside, false),
    };
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return Err("it names no command".into());
    }
    let joined = words.join(" ");
    Ok(match (joined.contains('*'), more) {
        (true, _) => Shell::Wild(joined, more),
        (false, true) => Shell::Prefix(words),
        (false, false) => Shell::Exact(joined),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        let prefix = |words: &[&str]| {
            Scope::Shell(Shell::Prefix(words.iter().map(|&word| word.to_owned()).collect()))
        };
        let table = [
            ("Bash", Scope::Shell(Shell::All)),
            ("bash(*)", Scope::Shell(Shell::All)),
            ("Bash(git diff:*)", prefix(&["git", "diff"])),
            ("Bash(ls *)", prefix(&["ls"])),
            ("Bash(ls*)", Scope::Shell(Shell::Wild("ls*".into(), false))),
            ("Bash(npm run  build)", Scope::Shell(Shell::Exact("npm run build".into()))),
            ("WebFetch(domain:Docs.rs.)", Scope::Fetch("docs.rs".into())),
            ("web_fetch(domain:*.x.io)", Scope::Fetch("*.x.io".into())),
            ("mcp__a", Scope::Mcp("a".into(), "*".into())),
            ("mcp__a__b", Scope::Mcp("a".into(), "b".into())),
            ("Agent(tests)", Scope::Spawn("tests".into())),
            ("TodoWrite", Scope::Tool),
            ("*", Scope::All),
        ];
        for (text, expected) in table {
            assert_eq!(Rule::parse(text, "t").map(|rule| rule.scope), Ok(expected), "{text}");
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let table = [
            ("", "it names no tool"),
            ("Bsah(rm:*)", "no tool is named `Bsah`"),
            ("Bash(rm", "a `)` is missing"),
            ("Bash()", "nothing stands between"),
            ("Bash(:*)", "it names no command"),
            ("Read(../x)", "`..`"),
            ("WebFetch(example.com)", "domain:"),
            ("WebFetch(domain:a/b)", "no host name"),
            ("mcp__", "mcp__server"),
            ("mcp__a__b(x)", "no parentheses"),
        ];
        for (text, expected) in table {
            let error = Rule::parse(text, "t").unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    fn meanings() {
        let table = [
            ("Bash", "run any command"),
            ("Bash(npm run build)", "run exactly `npm run build`"),
            ("Bash(cargo test:*)", "run `cargo test`, with whatever arguments behind it"),
            ("Bash(ls*)", "run every command that looks like `ls*`"),
            ("Edit(src/**)", "edit the files of src/**"),
            ("Read", "read the files of the whole project and beyond"),
            ("WebFetch", "fetch from any server"),
            ("mcp__a", "use every tool of the MCP server a"),
            ("*", "use every tool"),
        ];
        for (rule, expected) in table {
            assert_eq!(Rule::parse(rule, "t").unwrap().meaning(), expected);
        }
    }

    #[test]
    fn a_whole_tool() {
        let table = [
            ("WebFetch", "web_fetch", true),
            ("bash(*)", "bash", true),
            ("Bash(rm:*)", "bash", false),
            ("mcp__a", "mcp__a__b", true),
            ("mcp__a__c", "mcp__a__b", false),
            ("*", "anything", true),
        ];
        for (rule, tool, expected) in table {
            assert_eq!(
                Rule::parse(rule, "t").unwrap().is_whole_tool(tool),
                expected,
                "{rule} {tool}"
            );
        }
    }
}
