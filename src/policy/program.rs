//! What is known of programs: their options, what their operands are, which uses only read (S6, S7).

/// What is known of a program. The options' letters stand in one text.
#[derive(Debug)]
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
    /// Harmless options whose names begin like those of an escape.
    pub(super) long_flags: &'static [&'static str],
    /// Options with a file that is read.
    pub(super) reads: &'static str,
    pub(super) long_reads: &'static [&'static str],
    /// Options with a file that is written.
    pub(super) writes: &'static str,
    pub(super) long_writes: &'static [&'static str],
    /// Options that give the pattern or the script, so that no operand does.
    pub(super) scripts: &'static str,
    pub(super) long_scripts: &'static [&'static str],
    /// Options that make it write or run something.
    pub(super) escapes: &'static str,
    pub(super) long_escapes: &'static [&'static str],
    /// Its long options have one dash.
    pub(super) single_dash: bool,
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
    /// A word, then files that are changed.
    Change,
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
    scripts: "",
    long_scripts: &[],
    escapes: "",
    long_escapes: &[],
    single_dash: false,
};

const PURE: Program = Program { pure: true, operands: Operands::Read, ..NONE };
const DATA: Program = Program { pure: true, operands: Operands::Nothing, ..NONE };
const READER: Program = Program { reader: true, operands: Operands::Read, ..NONE };
const WRITER: Program = Program { operands: Operands::Write, ..NONE };

/// Of a program that nobody knows.
pub(super) const UNKNOWN: Program = NONE;

#[rustfmt::skip]
pub(super) const PROGRAMS: &[Program] = &[
    // --- pure
    Program { names: &["cat", "rev", "comm", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "realpath", "readlink"], long_values: &["output-delimiter"], ..PURE },
    Program { names: &["nl"], values: "bdfhilnsvw", ..PURE },
    Program { names: &["tac"], values: "s", ..PURE },
    Program { names: &["fold"], values: "w", ..PURE },
    Program { names: &["fmt"], values: "gpw", ..PURE },
    Program { names: &["expand", "unexpand"], values: "t", ..PURE },
    Program { names: &["cksum", "b2sum"], values: "al", ..PURE },
    Program { names: &["paste"], values: "d", long_values: &["delimiters"], ..PURE },
    Program { names: &["head", "tail"], values: "ncs", long_values: &["lines", "bytes", "pid", "sleep-interval"], ..PURE },
    Program { names: &["wc"], ..PURE },
    Program { names: &["ls"], values: "ITw", long_values: &["ignore", "hide", "width", "tabsize", "format", "sort", "time", "time-style", "color", "block-size", "indicator-style", "quoting-style"], ..PURE },
    Program { names: &["stat"], values: "c", long_values: &["format", "printf"], ..PURE },
    Program { names: &["du"], values: "dBt", reads: "X", long_values: &["max-depth", "block-size", "exclude", "threshold", "time-style"], ..PURE },
    Program { names: &["df"], values: "Btx", ..PURE },
    Program { names: &["cut"], values: "bcdf", long_values: &["bytes", "characters", "delimiter", "fields", "output-delimiter"], ..PURE },
    Program { names: &["join"], values: "aejotv12", ..PURE },
    Program { names: &["column"], values: "cosNRE", ..PURE },
    Program { names: &["od"], values: "AjNSt", ..PURE },
    Program { names: &["hexdump"], values: "ens", reads: "f", ..PURE },
    Program { names: &["strings"], values: "eTnst", ..PURE },
    Program { names: &["cmp"], values: "in", long_values: &["bytes", "ignore-initial"], ..PURE },
    Program { names: &["diff"], values: "CUIFWx", reads: "XS", long_values: &["label", "exclude", "ignore-matching-lines", "unified", "context", "color", "width"], long_reads: &["exclude-from", "starting-file", "from-file", "to-file"], ..PURE },
    Program { names: &["grep", "egrep", "fgrep"], operands: Operands::Script, values: "ABCmDd", reads: "", scripts: "ef", long_values: &["after-context", "before-context", "context", "max-count", "color", "colour", "include", "exclude", "exclude-dir", "label", "binary-files", "directories", "devices"], long_scripts: &["regexp", "file"], ..PURE },
    Program { names: &["jq"], operands: Operands::Script, scripts: "f", values: "L", long_scripts: &["from-file"], long_values: &["indent"], ..PURE },
    Program { names: &["tr", "echo", "true", "false", ":", "seq", "expr", "whoami", "id", "groups", "uname", "nproc", "arch", "uptime", "free", "cal", "which", "type", "locale", "getconf", "ps", "sleep", "exit", "basename", "dirname", "pwd"], ..DATA },
    Program { names: &["printf"], operands: Operands::Nothing, ..READER },
    // --- restricted
    Program { names: &["find"], single_dash: true, long_escapes: &["exec", "execdir", "ok", "okdir", "delete", "fls", "fprint", "fprint0", "fprintf", "files0-from"], long_values: &["name", "iname", "path", "ipath", "wholename", "iwholename", "regex", "iregex", "lname", "ilname", "type", "xtype", "maxdepth", "mindepth", "mtime", "mmin", "atime", "amin", "ctime", "cmin", "size", "perm", "user", "group", "uid", "gid", "newermt", "printf", "regextype", "links", "inum", "fstype", "used", "context", "D"], long_reads: &["newer", "anewer", "cnewer", "samefile"], long_writes: &["fls", "fprint", "fprint0", "fprintf"], ..READER },
    Program { names: &["fd", "fdfind"], operands: Operands::Script, long_reads: &["base-directory", "search-path", "ignore-file"], escapes: "xX", long_escapes: &["exec", "exec-batch"], values: "tedESoc", long_values: &["type", "extension", "max-depth", "min-depth", "exact-depth", "exclude", "size", "changed-within", "changed-before", "owner", "color", "threads", "max-results", "format"], ..READER },
    Program { names: &["rg"], operands: Operands::Script, scripts: "ef", long_reads: &["ignore-file"], long_scripts: &["regexp", "file"], escapes: "z", long_escapes: &["pre", "hostname-bin", "search-zip"], values: "ABCMmgtTjdEr", long_values: &["pretty", "pre-glob", "after-context", "before-context", "context", "glob", "iglob", "type", "type-not", "max-count", "max-depth", "max-columns", "threads", "replace", "sort", "sortr", "color", "colors", "encoding", "engine", "max-filesize"], ..READER },
    Program { names: &["sort"], escapes: "oT", long_escapes: &["output", "compress-program", "temporary-directory", "files0-from"], values: "ktS", writes: "oT", long_writes: &["output"], long_values: &["key", "field-separator", "buffer-size", "parallel", "sort", "batch-size"], long_reads: &["files0-from"], ..READER },
    Program { names: &["uniq"], values: "fsw", long_values: &["skip-fields", "skip-chars", "check-chars", "group", "all-repeated"], ..READER },
    Program { names: &["xxd"], escapes: "r", long_escapes: &["revert"], values: "closg", single_dash: false, ..READER },
    Program { names: &["base64"], escapes: "o", long_escapes: &["output"], values: "w", writes: "o", ..READER },
    Program { names: &["sed"], operands: Operands::Script, scripts: "e", long_scripts: &["expression"], escapes: "ifs", long_escapes: &["in-place", "file"], long_flags: &["separate"], values: "l", reads: "f", long_reads: &["file"], ..READER },
    Program { names: &["awk", "gawk", "mawk"], operands: Operands::Script, escapes: "filE", long_escapes: &["file", "include", "load", "exec", "source", "execute", "extension"], scripts: "eE", values: "Fv", long_values: &["field-separator", "assign"], reads: "fi", ..READER },
    Program { names: &["tar"], operands: Operands::Read, ..READER },
    Program { names: &["unzip", "zipinfo"], operands: Operands::Read, writes: "d", ..READER },
    Program { names: &["date"], operands: Operands::Nothing, escapes: "sf", long_escapes: &["set", "file"], values: "d", long_values: &["date", "iso-8601", "rfc-3339"], reads: "rf", long_reads: &["reference", "file"], ..READER },
    Program { names: &["hostname"], operands: Operands::Nothing, escapes: "Fb", long_escapes: &["file", "boot"], ..READER },
    Program { names: &["tree"], escapes: "oR", long_escapes: &["output"], values: "LPIHT", long_values: &["filelimit", "sort", "charset", "timefmt"], writes: "o", ..READER },
    Program { names: &["file"], escapes: "Cmf", long_escapes: &["compile", "magic-file", "files-from"], values: "eFP", reads: "mf", ..READER },
    // --- writers
    Program { names: &["rm", "rmdir", "unlink", "tee"], ..WRITER },
    Program { names: &["shred"], values: "ns", ..WRITER },
    Program { names: &["mkfifo", "mkdir"], values: "m", long_values: &["mode"], ..WRITER },
    Program { names: &["touch"], values: "dt", reads: "r", long_reads: &["reference"], ..WRITER },
    Program { names: &["truncate"], values: "s", reads: "r", ..WRITER },
    Program { names: &["patch"], reads: "i", writes: "dor", long_reads: &["input"], long_writes: &["output"], values: "pFBDVYz", ..WRITER },
    Program { names: &["chmod", "chown", "chgrp"], operands: Operands::Change, long_reads: &["reference"], ..NONE },
    Program { names: &["mv"], operands: Operands::Move, writes: "t", long_writes: &["target-directory"], values: "S", ..NONE },
    Program { names: &["cp", "ln"], operands: Operands::Copy, writes: "t", long_writes: &["target-directory"], values: "S", long_values: &["suffix"], ..NONE },
    Program { names: &["install"], operands: Operands::Copy, writes: "t", long_writes: &["target-directory"], values: "Smog", long_values: &["suffix", "mode", "owner", "group"], ..NONE },
    Program { names: &["rsync"], operands: Operands::Copy, values: "efBMT", long_values: &["exclude", "include", "rsh", "filter"], long_reads: &["exclude-from", "include-from", "files-from", "password-file"], long_writes: &["log-file", "backup-dir", "partial-dir", "temp-dir"], ..NONE },
    Program { names: &["scp"], operands: Operands::Copy, values: "cJloPSDX", reads: "iF", ..NONE },
    // --- what a rule may grant, but for its escapes
    Program { names: &["curl"], escapes: "oOTdFKxDc", long_escapes: &["output", "output-dir", "remote-name", "remote-name-all", "upload-file", "config", "proxy", "data-binary", "data", "data-urlencode", "form", "dump-header", "cookie-jar", "trace", "trace-ascii", "stderr", "netrc-file", "preproxy", "unix-socket", "abstract-unix-socket", "connect-to", "resolve", "libcurl", "proxy1.0", "socks5", "socks5-hostname", "socks4", "etag-save", "hsts", "alt-svc", "doh-url", "dns-servers", "interface", "cert", "key", "cacert", "json", "url-query", "variable", "egd-file", "random-file", "engine", "aws-sigv4"], long_values: &["header", "request", "user-agent", "max-time", "connect-timeout", "retry", "url", "write-out", "referer", "user", "range", "cookie"], long_flags: &["compressed", "fail", "include", "location", "head", "silent", "show-error", "verbose", "get", "insecure", "data-raw"], values: "HXAmweurzCby", reads: "TK", writes: "oDc", long_writes: &["output", "output-dir", "dump-header", "cookie-jar", "trace", "trace-ascii", "stderr", "libcurl", "etag-save"], long_reads: &["upload-file", "config", "netrc-file"], ..NONE },
    Program { names: &["wget"], escapes: "oOaieP", long_escapes: &["output-document", "output-file", "append-output", "input-file", "config", "execute", "post-file", "body-file", "directory-prefix", "use-askpass", "mirror", "recursive", "proxy", "save-cookies", "load-cookies", "warc-file", "ca-certificate", "certificate", "private-key", "hsts-file", "rejected-log"], writes: "oOaP", reads: "i", long_writes: &["output-document", "output-file", "append-output", "directory-prefix"], long_reads: &["input-file", "post-file", "body-file"], values: "tTwUQ", ..NONE },
    Program { names: &["cargo"], long_escapes: &["config"], ..NONE },
    Program { names: &["go"], long_escapes: &["exec", "toolexec", "overlay", "vettool"], single_dash: true, ..NONE },
    Program { names: &["npm", "pnpm", "yarn"], long_escapes: &["script-shell"], ..NONE },
    Program { names: &["make"], escapes: "fC", long_escapes: &["file", "makefile", "eval", "directory"], reads: "fC", long_reads: &["file", "makefile", "directory"], values: "jlo", ..NONE },
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
