//! Names of tools and calls as the services take them: letters, digits, `_` and `-`.
//!
//! A model may make any name up, and another service's calls are named otherwise; refused once,
//! such a name would be refused in every later request.

use std::borrow::Cow;

use crate::base::digest;

/// Most characters of a call's name, unless a service says otherwise.
pub(super) const MAX_CALL: usize = 64;

fn fits(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// A tool's name of at most `most` characters, as near to what it was as can be.
pub(super) fn tool(name: &str, most: usize) -> Cow<'_, str> {
    if !name.is_empty() && name.len() <= most && name.chars().all(fits) {
        return Cow::Borrowed(name);
    }
    let safe = name.chars().take(most).map(|c| if fits(c) { c } else { '_' });
    Cow::Owned(if name.is_empty() { "_".to_owned() } else { safe.collect() })
}

/// A call's name. The same one always becomes the same; two never become one.
pub(super) fn call(id: &str) -> Cow<'_, str> {
    let taken = (1..=MAX_CALL).contains(&id.len()) && id.chars().all(fits);
    if taken { Cow::Borrowed(id) } else { Cow::Owned(digest::sha256(id.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tools() {
        let long = "x".repeat(65);
        let table = [
            ("read", "read"),
            ("mcp__a-b__C9", "mcp__a-b__C9"),
            ("a b.c", "a_b_c"),
            ("", "_"),
            ("ä", "_"),
            (long.as_str(), &long[..64]),
        ];
        for (name, expected) in table {
            assert_eq!(tool(name, 64), expected, "{name}");
        }
    }

    #[test]
    fn names_of_calls_stay_apart() {
        let long = "x".repeat(65);
        for id in ["toolu_01-x", "c", &long[..64]] {
            assert_eq!(call(id), id);
        }
        let odd = ["", "functions.read:0", "functions_read:0", "ä", "a b", "a\nb", long.as_str()];
        for (at, id) in odd.iter().enumerate() {
            let made = call(id);
            assert_eq!(made, call(id));
            assert!(made.len() <= MAX_CALL && made.chars().all(fits), "{id:?} gave {made:?}");
            assert!(odd[..at].iter().all(|other| call(other) != made), "{id:?}");
        }
    }
}
