//! Scripts of sed and awk that provably only read (S7).

use crate::shell::Field;

/// Does a sed script hold nothing but addresses, `p d q = {}`, and plain `s` and `y`?
pub(super) fn sed(script: &str) -> bool {
    let mut rest = script;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';', '\n', '}']);
        let Some(after) = address(rest) else { return false };
        let after = after.trim_start_matches([' ', '\t']);
        let after = after.strip_prefix('!').unwrap_or(after).trim_start_matches([' ', '\t']);
        let mut chars = after.chars();
        rest = match chars.next() {
            None => return after.len() == rest.len() || rest.is_empty(),
            Some('{' | 'p' | 'd' | '=' | 'q') => {
                let after = chars.as_str().trim_start_matches([' ', '\t']);
                let digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
                if after.len() == digits.len() || rest.contains('q') {
                    digits
                } else {
                    return false;
                }
            }
            Some(c @ ('s' | 'y')) => match substitution(chars.as_str(), c == 's') {
                Some(rest) => rest,
                None => return false,
            },
            Some(_) => return false,
        };
        let ends = rest.trim_start_matches([' ', '\t']);
        let opened = after.starts_with('{');
        if !opened && !ends.is_empty() && !ends.starts_with([';', '\n', '}']) {
            return false;
        }
    }
}

/// Skips the lines that a command is for: `3`, `$`, `/x/`, `1,5`, `2~3`, `/a/,+2`.
fn address(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = match rest.chars().next() {
            Some('0'..='9' | '$' | '+' | '~') => &rest[1..],
            Some('/') => delimited(&rest[1..], '/')?.trim_start_matches(['I', 'M']),
            Some('\\') => {
                let delimiter = rest[1..].chars().next()?;
                delimited(&rest[1 + delimiter.len_utf8()..], delimiter)?
            }
            Some(',') => rest[1..].trim_start_matches(' '),
            _ => return Some(rest),
        };
    }
}

/// What stands behind the next unescaped `delimiter`.
fn delimited(text: &str, delimiter: char) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return None,
            c if c == delimiter => return Some(&text[at + c.len_utf8()..]),
            _ => {}
        }
    }
    None
}

fn substitution(text: &str, flags: bool) -> Option<&str> {
    let delimiter = text.chars().next().filter(|&c| c != '\\' && c != '\n')?;
    let rest = delimited(&text[delimiter.len_utf8()..], delimiter)?;
    let rest = delimited(rest, delimiter)?;
    let allowed = |c: char| flags && (matches!(c, 'g' | 'p' | 'i' | 'I') || c.is_ascii_digit());
    Some(rest.trim_start_matches(allowed))
}

/// Does an awk program neither run nor write anything?
pub(super) fn awk(program: &str) -> bool {
    let odd = ["system", "getline", "|", "@", "ENVIRON"];
    // In a comparison a `>` is plain; behind `print` it writes.
    let writes = program.find("print").is_some_and(|at| program[at..].contains('>'));
    !odd.iter().any(|word| program.contains(word)) && !writes
}

/// The words of a `sed -i` without the option, as if it only read; none where the copies that it
/// keeps may lie elsewhere.
pub(super) fn not_in_place(argv: &[Field]) -> Option<Vec<Field>> {
    let mut words = Vec::new();
    for field in argv {
        let text = field.text.as_str();
        let (kept, suffix) = match text.strip_prefix("--") {
            Some(long) => {
                let (name, suffix) = long.split_once('=').unwrap_or((long, ""));
                let in_place = name.starts_with('i') && "in-place".starts_with(name);
                (None, Some(suffix).filter(|_| in_place))
            }
            None => match text.strip_prefix('-').and_then(|letters| letters.split_once('i')) {
                Some((before, suffix)) if before.chars().all(|c| "nErzus".contains(c)) => {
                    let kept = before.replace('s', "");
                    (Some(kept).filter(|kept| !kept.is_empty()), Some(suffix))
                }
                _ => (None, None),
            },
        };
        let Some(suffix) = suffix else {
            words.push(field.clone());
            continue;
        };
        // `*` stands for the file's name, and then it may be a path.
        if suffix.contains(['/', '*']) {
            return None;
        }
        words.extend(kept.map(|kept| Field { text: format!("-{kept}"), ..field.clone() }));
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_sed() {
        let fine = [
            "10,40p",
            "s/a/b/",
            "s/a/b/gI",
            "s|a|b|2p",
            "/x/d",
            "$!d",
            "1,5{p;d}",
            "y/ab/cd/",
            "=",
            "5q",
            "/a/,/b/p",
            "s/w/e/;p",
            "1~2p",
            "s/a\\/b/c/g",
            "s/a/b/;s/c/d/",
            "/^#/d; /^$/d",
            "",
            "q",
        ];
        for script in fine {
            assert!(sed(script), "{script:?}");
        }
        let odd = [
            "w out",
            "s/a/b/e",
            "s/a/b/w x",
            "1e id",
            "r x",
            "R x",
            "W x",
            "s/a/b/gw x",
            "e",
            "a x",
            "{e}",
            "s/a/b",
            "1,5w x",
            "p w x",
            "s/a/b/ge",
            "i\\\nx",
            "n;e",
            "/x/e",
            "b x",
            "p\nw x",
            "p;w x",
            "p}w x",
        ];
        for script in odd {
            assert!(!sed(script), "{script:?}");
        }
    }

    #[test]
    fn programs_of_awk() {
        for program in
            ["{print $1}", "$1 > 5", "NR==1", "{s+=$1} END {print s}", "/a/", "$1 > 5 {print}"]
        {
            assert!(awk(program), "{program:?}");
        }
        for program in [
            "{system(\"id\")}",
            "{print > \"x\"}",
            "{print | \"sh\"}",
            "\"id\" | getline",
            "@load \"x\"",
            "{print $1} {printf $2>$3}",
            "{print ENVIRON[\"X\"]}",
        ] {
            assert!(!awk(program), "{program:?}");
        }
    }
}
