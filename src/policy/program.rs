//! What is known of programs: their options, what their operands are, which uses only read (S6, S7).

/// What is known of a program. The options' letters stand in one text.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Program {
    pub(super) names: &'static [&'static str],
    /// It only reads, whatever its flags.
    pub(super) pure: bool,
    /// It only reads where no option escapes.
    pub(super) reader: bool,
    pub(super) operands: Operands,
    /// Options with a value that is no place.
    pub(super) values: &'static str,
    pub(super) long_values: &'static [&'static str],
    /// Options without a value of their own whose names begin like others.
    pub(super) long_flags: &'static [&'static str],
    /// Options with a file that is read.
    pub(super) reads: &'static str,
    pub(super) long_reads: &'static [&'static str],
    /// Options with a file that is written.
    pub(super) writes: &'static str,
    pub(super) long_writes: &'static [&'static str],
    /// Options with a value that is never the next word.
    pub(super) glued: &'static str,
    /// Options that give the pattern or the script, so that no operand does.
    pub(super) scripts: &'static str,
    pub(super) long_scripts: &'static [&'static str],
    /// Options with a file that holds the pattern or the script.
    pub(super) files: &'static str,
    pub(super) long_files: &'static [&'static str],
    /// Options that want neither pattern nor script.
    pub(super) long_alone: &'static [&'static str],
    /// Options with two values.
    pub(super) long_pairs: &'static [&'static str],
    /// Options that make it write or run something.
    pub(super) escapes: &'static str,
    pub(super) long_escapes: &'static [&'static str],
    /// Its long options have one dash.
    pub(super) single_dash: bool,
    /// Its short options do not stand together: of `-ps` only the `p` counts.
    pub(super) alone: bool,
}

/// What the operands of a program are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    /// Files and directories that are read.
    Read,
    /// Data.
    Nothing,
    /// A pattern or script, then files that are read.
    Script,
    /// Files that are made, changed or deleted.
    Write,
    /// Files that are read and then moved away, and where to.
    Move,
    /// Files that are read, and where to.
    Copy,
    /// Not known: each word may be a file, or none.
    Unknown,
    /// A command of its own.
    Command,
}

const NONE: Program = Program {
    names: &[],
    pure: false,
    reader: false,
    operands: Operands::Unknown,
    values: "",
    long_values: &[],
    long_flags: &[],
    reads: "",
    long_reads: &[],
    writes: "",
    long_writes: &[],
    glued: "",
    scripts: "",
    long_scripts: &[],
    files: "",
    long_files: &[],
    long_alone: &[],
    long_pairs: &[],
    escapes: "",
    long_escapes: &[],
    single_dash: false,
    alone: false,
};

const PURE: Program = Program { pure: true, operands: Operands::Read, ..NONE };
const DATA: Program = Program { pure: true, operands: Operands::Nothing, ..NONE };
const READER: Program = Program { reader: true, operands: Operands::Read, ..NONE };
const WRITER: Program = Program { operands: Operands::Write, ..NONE };

/// Of a program that nobody knows.
pub(super) const UNKNOWN: Program = NONE;

#[rustfmt::skip]
pub(super) const PROGRAMS: &[Program] = &[
    // --- pure: only options that surely take the next word stand here, else a place would be hidden
    Program { names: &["cat", "rev", "wc", "readlink", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum"], long_reads: &["files0-from"], long_values: &["total"], ..PURE },
    Program { names: &["nl"], values: "bdfhilnsvw", long_values: &["body-numbering", "section-delimiter", "footer-numbering", "header-numbering", "line-increment", "join-blank-lines", "number-format", "number-separator", "starting-line-number", "number-width"], ..PURE },
    Program { names: &["tac"], values: "s", long_values: &["separator"], ..PURE },
    Program { names: &["comm"], long_values: &["output-delimiter"], ..PURE },
    Program { names: &["fold"], values: "w", long_values: &["width"], ..PURE },
    Program { names: &["fmt"], values: "wpg", long_values: &["width", "prefix", "goal"], ..PURE },
    Program { names: &["expand", "unexpand"], values: "t", long_values: &["tabs"], ..PURE },
    Program { names: &["cksum"], values: "al", long_values: &["algorithm", "length"], ..PURE },
    Program { names: &["b2sum"], values: "l", long_values: &["length"], ..PURE },
    Program { names: &["realpath"], long_reads: &["relative-to", "relative-base"], ..PURE },
    Program { names: &["paste"], values: "d", long_values: &["delimiters"], ..PURE },
    Program { names: &["head"], values: "nc", long_values: &["lines", "bytes"], ..PURE },
    Program { names: &["tail"], values: "ncs", long_values: &["lines", "bytes", "pid", "sleep-interval", "max-unchanged-stats"], ..PURE },
    Program { names: &["ls"], values: "ITw", long_flags: &["color", "hyperlink", "classify"], long_values: &["ignore", "hide", "width", "tabsize", "format", "sort", "time", "time-style", "block-size", "indicator-style", "quoting-style"], ..PURE },
    Program { names: &["stat"], values: "c", long_values: &["format", "printf", "cached"], ..PURE },
    Program { names: &["du"], values: "dBt", reads: "X", long_flags: &["time"], long_values: &["max-depth", "block-size", "exclude", "threshold", "time-style"], long_reads: &["exclude-from", "files0-from"], ..PURE },
    Program { names: &["df"], values: "Btx", long_flags: &["output"], long_values: &["block-size", "type", "exclude-type"], ..PURE },
    Program { names: &["cut"], values: "bcdf", long_values: &["bytes", "characters", "delimiter", "fields", "output-delimiter"], ..PURE },
    Program { names: &["join"], values: "aejotv12", ..PURE },
    Program { names: &["column"], values: "cos", long_values: &["output-width", "output-separator", "separator"], ..PURE },
    Program { names: &["od"], values: "AjNSt", glued: "w", long_flags: &["width", "strings"], long_values: &["address-radix", "skip-bytes", "read-bytes", "format"], ..PURE },
    Program { names: &["hexdump"], values: "ens", reads: "f", glued: "L", long_flags: &["color"], long_values: &["format", "length", "skip"], long_reads: &["format-file"], ..PURE },
    Program { names: &["strings"], values: "nte", long_values: &["bytes", "radix", "encoding"], ..PURE },
    Program { names: &["diff"], values: "CUIFWDLx", reads: "X", long_flags: &["color", "unified", "context"], long_values: &["label", "exclude", "ignore-matching-lines", "show-function-line", "width", "tabsize", "ifdef", "horizon-lines", "line-format", "old-line-format", "new-line-format", "unchanged-line-format", "old-group-format", "new-group-format", "changed-group-format", "unchanged-group-format", "palette", "starting-file"], long_reads: &["exclude-from", "from-file", "to-file"], ..PURE },
    Program { names: &["cmp"], values: "in", long_values: &["bytes", "ignore-initial"], ..PURE },
    Program { names: &["grep", "egrep", "fgrep"], operands: Operands::Script, values: "ABCmDd", scripts: "e", files: "f", long_flags: &["color", "colour"], long_values: &["after-context", "before-context", "context", "max-count", "include", "exclude", "exclude-dir", "label", "binary-files", "directories", "devices", "group-separator"], long_reads: &["exclude-from"], long_scripts: &["regexp"], long_files: &["file"], ..PURE },
    Program { names: &["jq"], operands: Operands::Script, files: "f", reads: "L", long_files: &["from-file"], long_values: &["indent"], long_flags: &["args", "raw-output", "raw-input", "raw-output0"], long_pairs: &["arg", "argjson"], ..PURE },
    Program { names: &["tr", "echo", "true", "false", ":", "seq", "expr", "whoami", "id", "groups", "uname", "nproc", "arch", "uptime", "free", "cal", "which", "type", "locale", "getconf", "ps", "sleep", "exit", "basename", "dirname", "pwd"], ..DATA },
    Program { names: &["printf"], operands: Operands::Nothing, ..READER },
    // --- restricted
    Program { names: &["find"], single_dash: true, long_escapes: &["exec", "execdir", "ok", "okdir", "delete", "fls", "fprint", "fprint0", "fprintf", "files0-from"], long_values: &["name", "iname", "path", "ipath", "wholename", "iwholename", "regex", "iregex", "lname", "ilname", "type", "xtype", "maxdepth", "mindepth", "mtime", "mmin", "atime", "amin", "ctime", "cmin", "size", "perm", "user", "group", "uid", "gid", "newermt", "printf", "regextype", "links", "inum", "fstype", "used", "context"], long_reads: &["newer", "anewer", "cnewer", "samefile"], long_writes: &["fls", "fprint", "fprint0", "fprintf"], ..READER },
    Program { names: &["fd", "fdfind"], operands: Operands::Script, escapes: "xX", long_escapes: &["exec", "exec-batch"], values: "tedESocj", reads: "C", long_values: &["type", "extension", "max-depth", "min-depth", "exact-depth", "exclude", "size", "changed-within", "changed-before", "owner", "color", "threads", "max-results", "format"], long_reads: &["base-directory", "search-path", "ignore-file"], ..READER },
    Program { names: &["rg"], operands: Operands::Script, scripts: "e", files: "f", long_scripts: &["regexp"], long_files: &["file"], long_alone: &["files", "type-list"], escapes: "z", long_escapes: &["pre", "hostname-bin", "search-zip"], values: "ABCMmgtTjdEr", long_flags: &["pretty", "files", "type-list", "text"], long_values: &["pre-glob", "after-context", "before-context", "context", "context-separator", "field-context-separator", "field-match-separator", "path-separator", "glob", "iglob", "type", "type-not", "type-add", "type-clear", "max-count", "max-depth", "max-columns", "threads", "replace", "sort", "sortr", "color", "colors", "encoding", "engine", "max-filesize", "regex-size-limit", "dfa-size-limit"], long_reads: &["ignore-file"], ..READER },
    Program { names: &["sort"], escapes: "oT", long_escapes: &["output", "compress-program", "temporary-directory", "files0-from"], values: "ktS", writes: "oT", long_writes: &["output"], long_flags: &["check"], long_values: &["key", "field-separator", "buffer-size", "parallel", "sort", "batch-size"], long_reads: &["files0-from", "random-source"], ..READER },
    Program { names: &["uniq"], values: "fsw", long_flags: &["group", "all-repeated"], long_values: &["skip-fields", "skip-chars", "check-chars"], ..READER },
    Program { names: &["xxd"], alone: true, escapes: "r", long_escapes: &["revert"], values: "closgn", ..READER },
    Program { names: &["base64"], escapes: "o", long_escapes: &["output"], values: "w", long_values: &["wrap"], writes: "o", ..READER },
    Program { names: &["sed"], operands: Operands::Script, scripts: "e", long_scripts: &["expression"], escapes: "ifs", long_escapes: &["in-place", "file", "separate"], values: "l", long_values: &["line-length"], glued: "i", files: "f", long_files: &["file"], ..READER },
    Program { names: &["awk", "gawk", "mawk"], operands: Operands::Script, escapes: "filEeWopdD", long_escapes: &["file", "include", "load", "exec", "source", "execute", "extension", "pretty-print", "profile", "dump-variables", "debug"], scripts: "e", values: "Fv", glued: "opdD", long_values: &["field-separator", "assign"], reads: "i", files: "fE", long_files: &["file", "exec"], long_reads: &["include"], ..READER },
    Program { names: &["tar"], operands: Operands::Read, ..READER },
    Program { names: &["unzip", "zipinfo"], operands: Operands::Read, writes: "d", ..READER },
    Program { names: &["date"], operands: Operands::Nothing, escapes: "s", long_escapes: &["set"], values: "d", glued: "I", long_flags: &["iso-8601"], long_values: &["date", "rfc-3339"], reads: "rf", long_reads: &["reference", "file"], ..READER },
    Program { names: &["hostname"], operands: Operands::Nothing, escapes: "Fb", long_escapes: &["file", "boot"], ..READER },
    Program { names: &["tree"], escapes: "oR", long_escapes: &["output"], values: "LPIHT", long_values: &["filelimit", "sort", "charset", "timefmt"], writes: "o", ..READER },
    Program { names: &["file"], escapes: "Cmf", long_escapes: &["compile", "magic-file", "files-from"], values: "eFP", long_values: &["exclude", "separator", "parameter"], reads: "mf", ..READER },
    // --- writers
    Program { names: &["rm", "rmdir", "unlink", "tee"], ..WRITER },
    Program { names: &["mkdir", "mkfifo"], values: "m", long_values: &["mode"], ..WRITER },
    Program { names: &["shred"], values: "ns", ..WRITER },
    Program { names: &["touch"], values: "dt", long_values: &["date", "time"], reads: "r", long_reads: &["reference"], ..WRITER },
    Program { names: &["truncate"], values: "s", reads: "r", long_values: &["size"], long_reads: &["reference"], ..WRITER },
    Program { names: &["patch"], reads: "i", writes: "dor", long_reads: &["input"], long_writes: &["output"], values: "pFBDVYz", ..WRITER },
    // `chmod -x file`: whether the first word is a mode is not certain, so it is judged too.
    Program { names: &["chmod", "chown", "chgrp"], long_reads: &["reference"], ..WRITER },
    Program { names: &["mv"], operands: Operands::Move, writes: "t", long_writes: &["target-directory"], values: "S", long_values: &["suffix"], ..NONE },
    Program { names: &["cp", "ln"], operands: Operands::Copy, writes: "t", long_writes: &["target-directory"], values: "S", long_values: &["suffix"], ..NONE },
    Program { names: &["install"], operands: Operands::Copy, writes: "t", long_writes: &["target-directory"], values: "Smog", long_values: &["suffix", "mode", "owner", "group"], ..NONE },
    Program { names: &["rsync"], operands: Operands::Copy, escapes: "e", long_escapes: &["rsh", "rsync-path"], values: "efBMT", long_values: &["exclude", "include", "rsh", "filter"], long_reads: &["exclude-from", "include-from", "files-from", "password-file"], long_writes: &["log-file", "backup-dir", "partial-dir", "temp-dir"], ..NONE },
    Program { names: &["scp"], operands: Operands::Copy, escapes: "SoF", values: "cJloPSDX", reads: "iF", ..NONE },
    // --- what a rule may grant, but for its escapes
    Program { names: &["curl"], escapes: "oOTKxDcE", long_escapes: &["output", "output-dir", "remote-name", "remote-name-all", "upload-file", "config", "proxy", "dump-header", "cookie-jar", "trace", "trace-ascii", "stderr", "netrc-file", "preproxy", "unix-socket", "abstract-unix-socket", "connect-to", "resolve", "libcurl", "proxy1.0", "socks5", "socks5-hostname", "socks4", "etag-save", "hsts", "alt-svc", "doh-url", "dns-servers", "interface", "cert", "key", "cacert", "variable", "egd-file", "random-file", "engine", "aws-sigv4"], long_scripts: &["data", "data-ascii", "data-binary", "data-urlencode", "form", "json", "url-query", "header", "proxy-header", "write-out"], scripts: "dFHw", long_values: &["data-raw", "form-string", "request", "user-agent", "max-time", "connect-timeout", "retry", "url", "referer", "user", "range", "cookie"], long_flags: &["compressed", "fail", "include", "location", "head", "silent", "show-error", "verbose", "get", "insecure"], values: "XAmeurzCby", reads: "TK", writes: "oDc", long_writes: &["output", "output-dir", "dump-header", "cookie-jar", "trace", "trace-ascii", "stderr", "libcurl", "etag-save"], long_reads: &["upload-file", "config", "netrc-file"], ..NONE },
    Program { names: &["wget"], escapes: "oOaieP", long_escapes: &["output-document", "output-file", "append-output", "input-file", "config", "execute", "post-file", "body-file", "directory-prefix", "use-askpass", "mirror", "recursive", "proxy", "save-cookies", "load-cookies", "warc-file", "ca-certificate", "certificate", "private-key", "hsts-file", "rejected-log"], writes: "oOaP", reads: "i", long_writes: &["output-document", "output-file", "append-output", "directory-prefix"], long_reads: &["input-file", "post-file", "body-file"], values: "tTwUQ", ..NONE },
    Program { names: &["cargo"], long_escapes: &["config"], ..NONE },
    Program { names: &["go"], long_escapes: &["exec", "toolexec", "overlay", "vettool"], single_dash: true, ..NONE },
    Program { names: &["npm", "pnpm", "yarn"], long_escapes: &["script-shell"], ..NONE },
    Program { names: &["make"], escapes: "fE", long_escapes: &["file", "makefile", "eval"], reads: "fC", long_reads: &["file", "makefile", "directory"], ..NONE },
    Program { names: &["pytest"], escapes: "pc", long_escapes: &["rootdir", "confcutdir", "config-file"], values: "kmn", ..NONE },
];

/// Say their version, and nothing else.
pub(super) const VERSIONED: &[&str] = &[
    "cargo", "rustc", "rustup", "node", "npm", "npx", "pnpm", "yarn", "bun", "deno", "python",
    "python3", "pip", "pip3", "go", "java", "javac", "gcc", "g++", "clang", "make", "cmake",
    "bash", "git", "gh", "docker", "kubectl", "ruby", "perl", "php",
];

/// Take words that are only known when they run, and do nothing with them but say them.
pub(super) const SINKS: &[&str] = &["echo", "printf", "basename", "dirname"];

/// Free inside the project where edits are (S17).
pub(super) const EDITS: &[&str] = &["mkdir", "touch", "cp", "mv", "tee"];

/// Delete, overwrite or take over.
pub(super) const RISKY: &[&str] = &[
    "rm", "rmdir", "unlink", "dd", "shred", "truncate", "wipefs", "sudo", "doas", "su", "chown",
    "eval", "exec", "kill", "pkill", "killall", "crontab", "reboot", "shutdown", "mount", "umount",
];

/// Subcommands of git that throw work away: with one of these words, or always.
#[rustfmt::skip]
pub(super) const GIT_RISKY: &[(&str, &[&str])] = &[
    ("clean", &[]),
    ("filter-branch", &[]),
    ("push", &["--force", "-f", "--force-with-lease", "--mirror", "--delete", "-d", "--prune"]),
    ("reset", &["--hard", "--merge", "--keep"]),
    ("checkout", &["--force", "-f", "-B"]),
    ("switch", &["--force", "-f", "--discard-changes", "-C"]),
    ("branch", &["-D", "--force", "-f", "-M", "-C"]),
    ("tag", &["--force", "-f", "--delete", "-d"]),
    ("stash", &["drop", "clear"]),
    ("rm", &["--force", "-f"]),
    ("mv", &["--force", "-f"]),
    ("fetch", &["--force", "-f"]),
    ("pull", &["--force", "-f"]),
    ("worktree", &["--force", "-f"]),
    ("submodule", &["--force", "-f"]),
    ("reflog", &["expire", "delete"]),
    ("update-ref", &["-d"]),
];

/// The program that a command word names: the last part of its path.
pub(super) fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// `/bin/x` and `/usr/bin/x` are `x`; any other path is a program that nobody knows.
pub(super) fn known(word: &str) -> &str {
    let bare = word.strip_prefix("/usr/bin/").or_else(|| word.strip_prefix("/bin/"));
    bare.filter(|bare| !bare.contains('/')).unwrap_or(word)
}

/// What is known of the program `name`, which has no path.
pub(super) fn find(name: &str) -> &'static Program {
    PROGRAMS.iter().find(|program| program.names.contains(&name)).unwrap_or(&UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_stands_in_the_table_once() {
        let mut names: Vec<_> = PROGRAMS.iter().flat_map(|program| program.names).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
