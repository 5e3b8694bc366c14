//! Which paths a rule names: `//absolute`, `~/home`, `/of-the-root`, `./of-the-root`, `any-depth`.

use std::path::Path;

use unicode_normalization::UnicodeNormalization as _;

/// A pattern for paths. `*` and `?` stay inside a component, `**` crosses, `dir/` is `dir/**`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    base: Base,
    parts: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// `//x`
    System,
    /// `~/x`
    Home,
    /// `/x`: of the root; where it forbids, also absolute.
    Slash,
    /// `./x`
    Root,
    /// `a/x`: of the root; where it forbids, at any depth.
    Relative,
    /// `x`
    Anywhere,
}

/// Which way doubt goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// For allow: byte-exact, and only where it is certain.
    Narrow,
    /// For deny, ask and floors: in any letter case, and wherever it may be meant.
    Wide,
}

/// What patterns are relative to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bases<'a> {
    pub(super) roots: &'a [std::path::PathBuf],
    pub(super) home: Option<&'a Path>,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (base, rest) = if let Some(rest) = text.strip_prefix("//") {
            (Base::System, rest)
        } else if let Some(rest) = text.strip_prefix("~/") {
            (Base::Home, rest)
        } else if text == "~" {
            (Base::Home, "")
        } else if let Some(rest) = text.strip_prefix('/') {
            (Base::Slash, rest)
        } else if let Some(rest) = text.strip_prefix("./") {
            (Base::Root, rest)
        } else if text == "." {
            (Base::Root, "")
        } else if text.contains('/') {
            (Base::Relative, text)
        } else {
            (Base::Anywhere, text)
        };
        let mut parts: Vec<String> = rest
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_owned)
            .collect();
        if parts.iter().any(|part| part == "..") {
            return Err("a path pattern holds no `..`".into());
        }
        if text.ends_with('/') {
            parts.push("**".into());
        }
        Ok(Self { base, parts })
    }

    /// Does it name `path`, which is absolute and normalised?
    #[cfg(test)]
    pub(super) fn matches(&self, path: &Path, reading: Reading, bases: Bases<'_>) -> bool {
        let Some(path) = components(path, reading) else { return false };
        names(&self.spelled(reading, bases), &path)
    }

    /// Could the shell's glob `word`, made absolute, give a path that this names? Finds too much.
    pub(super) fn may_meet(&self, word: &Path, bases: Bases<'_>) -> bool {
        let Some(word) = globbed(word) else { return true };
        let meets = |parts: &Vec<String>| meet(&format!("/{}", parts.join("/")), &word);
        self.spelled(Reading::Wide, bases).iter().any(meets)
    }

    /// Without any `*` or `?`, or only with a last `/**` behind a named directory.
    pub(super) fn literal(&self) -> Option<&[String]> {
        let parts = match self.parts.split_last() {
            Some((last, dir)) if last == "**" => dir,
            _ => &self.parts[..],
        };
        let plain = !parts.is_empty() && !parts.iter().any(|part| part.contains(['*', '?']));
        plain.then_some(parts)
    }

    /// Does it end in `**`: does it name what is in a directory?
    pub(super) fn is_open(&self) -> bool {
        self.parts.last().is_some_and(|last| last == "**")
    }

    /// The paths that it names, read widely, as far as that is known without looking.
    pub(super) fn named(&self, bases: Bases<'_>) -> Vec<std::path::PathBuf> {
        let Some(parts) = self.literal() else { return Vec::new() };
        let system = (matches!(self.base, Base::System | Base::Slash)).then_some(Path::new("/"));
        let home = bases.home.filter(|_| self.base == Base::Home);
        let roots = bases.roots.iter().map(std::path::PathBuf::as_path);
        let roots = roots.filter(|_| !matches!(self.base, Base::System | Base::Home));
        let all = roots.chain(system).chain(home);
        all.map(|base| parts.iter().fold(base.to_owned(), |path, part| path.join(part))).collect()
    }

    /// The patterns from `/` on that stand for more than what it names.
    pub(super) fn searched(&self, bases: Bases<'_>) -> Vec<Vec<String>> {
        let deep = matches!(self.base, Base::Relative | Base::Anywhere);
        let all = deep || self.literal().is_none();
        if all { self.spelled(Reading::Wide, bases) } else { Vec::new() }
    }

    /// The patterns from `/` on that it stands for, component by component.
    pub(super) fn spelled(&self, reading: Reading, bases: Bases<'_>) -> Vec<Vec<String>> {
        let wide = reading == Reading::Wide;
        let below = |base: &Path, deep: bool| -> Option<Vec<String>> {
            let mut parts = components(base, reading)?;
            parts.extend(deep.then(|| "**".to_owned()));
            parts
                .extend(self.parts.iter().map(|part| if wide { fold(part) } else { part.clone() }));
            Some(parts)
        };
        let system = || below(Path::new("/"), false);
        let deep = || below(Path::new("/"), true);
        // An allow is relative to the first root, the one that the session was started in.
        let roots = if wide { bases.roots } else { bases.roots.get(..1).unwrap_or_default() };
        let in_roots = roots.iter().filter_map(|root| below(root, false));
        match self.base {
            Base::System => system().into_iter().collect(),
            Base::Home => bases.home.and_then(|home| below(home, false)).into_iter().collect(),
            Base::Slash if wide => in_roots.chain(system()).collect(),
            Base::Relative | Base::Anywhere if wide => deep().into_iter().collect(),
            Base::Slash | Base::Root | Base::Relative => in_roots.collect(),
            Base::Anywhere => bases.roots.iter().filter_map(|root| below(root, true)).collect(),
        }
    }
}

/// Could the shell's glob `word`, made absolute, give the very path `path`?
pub(super) fn gives(word: &Path, path: &Path) -> bool {
    let Some(path) = components(path, Reading::Wide) else { return true };
    globbed(word).is_none_or(|word| meet(&format!("/{}", path.join("/")), &word))
}

/// A glob as [`meet`] reads it.
fn globbed(word: &Path) -> Option<String> {
    let parts = components(word, Reading::Wide)?;
    let parts: Vec<String> = parts.iter().map(|part| undotted(part)).collect();
    Some(format!("/{}", parts.join("/")))
}

/// One letter case, one way to write an accent.
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // By way of the capitals, of which letters such as `ſ` and `ς` have the same.
    text.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

/// The parts of an absolute path; none where a narrow reading meets bytes that are no text.
pub(super) fn components(path: &Path, reading: Reading) -> Option<Vec<String>> {
    let text = match reading {
        Reading::Narrow => path.to_str()?.to_owned(),
        Reading::Wide => fold(&path.to_string_lossy()),
    };
    Some(text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect())
}

/// Does one of the spelled patterns name the path of these components?
pub(super) fn names(spelled: &[Vec<String>], path: &[String]) -> bool {
    spelled.iter().any(|pattern| crosses(pattern, path))
}

/// Matches components; `**` stands for any number of them, none included.
fn crosses(pattern: &[String], path: &[String]) -> bool {
    greedy(pattern, path, |part| part == "**", |part, name| wildcard(part, name))
}

/// Does `text` match `pattern`, where `*` is any run of characters and `?` is one?
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == text;
    }
    if pattern.is_ascii() && text.is_ascii() {
        let same = |&p: &u8, &c: &u8| p == b'?' || p == c;
        return greedy(pattern.as_bytes(), text.as_bytes(), |&c| c == b'*', same);
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    greedy(&pattern, &text, |&c| c == '*', |&p, &c| p == '?' || p == c)
}

/// Matching with one level of going back: never more than pattern times text steps.
fn greedy<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: impl Fn(&P) -> bool,
    is_same: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(part) if is_star(part) => {
                star = Some((p, t));
                p += 1;
            }
            Some(part) if is_same(part, &text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(is_star)
}

/// A leading `*` takes no dot in bash: where nothing else could come first, it is `?*`.
fn undotted(part: &str) -> String {
    let rest = part.trim_start_matches('*');
    let lone = rest.len() < part.len() && (rest.is_empty() || rest.starts_with('.'));
    if lone { format!("?*{rest}") } else { part.to_owned() }
}

/// A piece of the shell's glob.
enum Piece {
    Char(char),
    /// `?`, and `[!a]`, which is read as any character.
    Any,
    Star,
    /// `[a-c_]`: the characters from each first to its last one.
    Set(Vec<(char, char)>),
    /// A bracket that is not read: anything may follow.
    Unclear,
}

fn pieces(word: &str) -> Vec<Piece> {
    let word: Vec<char> = word.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = word.get(at) {
        at += 1;
        out.push(match c {
            '*' => Piece::Star,
            '?' => Piece::Any,
            '[' => match set(&word[at..]) {
                Some((piece, used)) => {
                    at += used;
                    piece
                }
                None => Piece::Unclear,
            },
            c => Piece::Char(c),
        });
    }
    out
}

/// What stands behind a `[`, and how many characters it takes with its `]`; none for classes by
/// name and for what does not end in its component.
fn set(rest: &[char]) -> Option<(Piece, usize)> {
    let negated = matches!(rest.first(), Some('!' | '^'));
    let from = usize::from(negated);
    // A `]` that comes first is one of the characters.
    let end = (from + 1..rest.len()).find(|&at| rest[at] == ']')?;
    let inner = &rest[from..end];
    if inner.contains(&'/') || inner.contains(&'[') {
        return None;
    }
    if negated {
        return Some((Piece::Any, end + 1));
    }
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(&first) = inner.get(at) {
        if let (Some('-'), Some(&last)) = (inner.get(at + 1), inner.get(at + 2)) {
            let letters = first.is_ascii_lowercase() && last.is_ascii_lowercase();
            let digits = first.is_ascii_digit() && last.is_ascii_digit();
            if !letters && !digits {
                // How other characters are ordered depends on the language.
                return Some((Piece::Any, end + 1));
            }
            // A `\-` is no range, and its backslash is gone.
            ranges.extend([(first, last), ('-', '-')]);
            at += 3;
        } else {
            ranges.push((first, first));
            at += 1;
        }
    }
    Some((Piece::Set(ranges), end + 1))
}

/// Is there a text that both patterns match? `*` of the first crosses `/`; a `?` that leads a
/// component of the second does not take a dot, as in bash.
fn meet(rule: &str, word: &str) -> bool {
    let rule: Vec<char> = rule.chars().collect();
    let word = pieces(word);
    let width = word.len() + 1;
    let mut seen = vec![false; (rule.len() + 1) * width];
    let mut open = vec![(0, 0)];
    let slash = |w: usize| w > 0 && matches!(word[w - 1], Piece::Char('/'));
    while let Some((r, w)) = open.pop() {
        if std::mem::replace(&mut seen[r * width + w], true) {
            continue;
        }
        if r == rule.len() && w == word.len() {
            return true;
        }
        let (rule_at, word_at) = (rule.get(r), word.get(w));
        if rule_at == Some(&'*') {
            open.push((r + 1, w));
            // `/**` may stand for nothing at all.
            if r > 0
                && rule[r - 1] == '/'
                && slash(w)
                && rule.get(r + 1) == Some(&'*')
                && rule.get(r + 2) == Some(&'/')
            {
                open.push((r + 3, w));
            }
        }
        if matches!(word_at, Some(Piece::Star)) {
            open.push((r, w + 1));
        }
        let (Some(&a), Some(b)) = (rule_at, word_at) else {
            // What is left of the rule may be `/**`: the directory itself.
            if w == word.len() && rule[r..] == ['/', '*', '*'] {
                return true;
            }
            continue;
        };
        let same = match (a, b) {
            ('*' | '?', _) => true,
            // Quoted in part, the bracket may stand for itself.
            ('[', Piece::Set(_)) | (_, Piece::Unclear) => return true,
            (a, Piece::Star) => a != '/',
            (a, Piece::Any) => a != '/' && (a != '.' || !slash(w)),
            (a, Piece::Set(ranges)) => {
                !a.is_ascii() || ranges.iter().any(|&(first, last)| (first..=last).contains(&a))
            }
            (a, Piece::Char(b)) => a == *b,
        };
        if same {
            let next_r = if a == '*' { [r, r + 1] } else { [r + 1, r + 1] };
            let next_w = if matches!(b, Piece::Star) { [w, w + 1] } else { [w + 1, w + 1] };
            for r in next_r {
                open.extend(next_w.map(|w| (r, w)));
            }
        }
    }
    false
}

/// Is a component of a glob made of wildcards only, such as `*` and `[a-z]*`?
pub(super) fn is_bare(name: &str) -> bool {
    let wild = |piece: &Piece| matches!(piece, Piece::Star | Piece::Any | Piece::Set(_));
    pieces(name).iter().all(wild)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn matches(pattern: &str, path: &str, reading: Reading) -> bool {
        let roots = [PathBuf::from("/w"), PathBuf::from("/v")];
        let bases = Bases { roots: &roots, home: Some(Path::new("/home/dev")) };
        Pattern::parse(pattern).unwrap().matches(Path::new(path), reading, bases)
    }

    #[rustfmt::skip]
    #[test]
    fn anchors() {
        let table = [
            // pattern       path                  allow  deny
            ("src/**",       "/w/src/a/b.rs",      true,  true),
            ("src/**",       "/w/lib/src/a.rs",    false, true),
            ("src/**",       "/v/src/a.rs",        false, true),
            ("src/*",        "/w/src/a/b.rs",      false, false),
            ("src/",         "/w/src/a/b.rs",      true,  true),
            ("./src/*",      "/w/src/.a",          true,  true),
            ("./.env",       "/w/deep/.env",       false, false),
            (".env",         "/w/deep/.env",       true,  true),
            (".env",         "/home/dev/.env",     false, true),
            ("//etc/hosts",  "/etc/hosts",         true,  true),
            ("/etc/hosts",   "/etc/hosts",         false, true),
            ("/a.rs",        "/w/a.rs",            true,  true),
            ("~/x",          "/home/dev/x",        true,  true),
            ("SRC/a",        "/w/src/a",           false, true),
            ("**",           "/w/a/b",             true,  true),
            ("**",           "/etc/passwd",        false, true),
            ("a?c",          "/w/abc",             true,  true),
            ("caf\u{e9}",    "/w/cafe\u{301}",     false, true),
            ("./src/**",     "/w/srcs/a",          false, false),
            ("src/",         "/w/a/src/b",         false, true),
            (".",            "/w/a",               false, false),
            ("./",           "/w/a",               true,  true),
            ("\u{3c2}",      "/w/\u{3a3}",         false, true),
        ];
        for (pattern, path, allow, deny) in table {
            assert_eq!(matches(pattern, path, Reading::Narrow), allow, "allow {pattern} {path}");
            assert_eq!(matches(pattern, path, Reading::Wide), deny, "deny {pattern} {path}");
        }
    }

    #[test]
    fn globs_that_could_match() {
        let table = [
            ("./.env", "/w/.e*", true),
            ("./.env", "/w/*", false),
            ("./.env", "/w/?env", false),
            ("**/*.pem", "/w/*", true),
            ("**/*.pem", "/w/src/*.rs", false),
            ("secrets/**", "/w/s*/key", true),
            ("secrets/**", "/w/s*", true),
            ("id_rsa*", "/w/*rsa", true),
            ("./**/.git/", "/w/*", false),
            ("./**/.git/", "/w/src/*.o", false),
            ("./**/.git/", "/w/.g*", true),
            ("./**/.git/", "/w/*/.git", true),
            ("./.env", "/w/.[e]nv", true),
            ("./.env", "/w/.[a-f]nv", true),
            ("./.env", "/w/.[!x]nv", true),
            ("./.env", "/w/.[[:alpha:]]nv", true),
            ("./.env", "/w/.[A-Z]nv", true),
            ("./.env", "/w/.[e", true),
            ("./.env", "/w/.[]e]nv", true),
            ("./.env", "/w/[!a]env", false),
            ("./.env", "/w/.[f-z]nv", false),
            ("./[x]", "/w/[x]*", true),
            ("./a-b", "/w/a[+-z]b", true),
            ("**/*.pem", "/w/[a-z]*.pem", true),
            ("**/*.pem", "/w/src/[a-m]*.rs", false),
        ];
        let roots = [PathBuf::from("/w")];
        let bases = Bases { roots: &roots, home: None };
        for (pattern, word, expected) in table {
            let got = Pattern::parse(pattern).unwrap().may_meet(Path::new(word), bases);
            assert_eq!(got, expected, "{pattern} {word}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!wildcard(&"*a".repeat(200), &"a".repeat(5000).replace('a', "b")));
    }
}
