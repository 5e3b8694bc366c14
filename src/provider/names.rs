//! Names of tools and calls as the services take them: letters, digits, `_` and `-`.
//!
//! A model may make any name up, and another service's calls are named otherwise; refused once,
//! such a name would be refused in every later request.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::base::digest;
use crate::protocol::ToolSpec;
use crate::provider::Chunk;

/// Most characters of a call's name, unless a service says otherwise.
pub(super) const MAX_CALL: usize = 64;

fn fits(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Most characters of a tool's name, as the strictest service takes it.
const MAX_TOOL: usize = 64;
/// Characters that tell two names apart which look alike once they fit.
const MARK: usize = 8;

/// A tool's name as every service takes it: at most 64 characters, the first a letter or `_`.
///
/// One that fits stays. Another one comes as near to what it was as can be and ends in a mark of its
/// own: the same always becomes the same, so that what was said earlier keeps its bytes, and two
/// never become one.
pub(super) fn tool(name: &str) -> Cow<'_, str> {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    if name.starts_with(begins) && name.len() <= MAX_TOOL && name.chars().all(fits) {
        return Cow::Borrowed(name);
    }
    let first = if name.starts_with(begins) { "" } else { "_" };
    let near = name.chars().map(|c| if fits(c) { c } else { '_' });
    let near: String = first.chars().chain(near).take(MAX_TOOL - MARK - 1).collect();
    let mark = digest::sha256(name.as_bytes());
    Cow::Owned(format!("{near}_{}", &mark[..MARK]))
}

/// Tools whose names do not fit, by the names that the service was told.
#[derive(Debug, Default)]
pub(super) struct Renamed(HashMap<String, String>);

impl Renamed {
    pub(super) fn of(tools: &[ToolSpec]) -> Self {
        let renamed = tools.iter().filter_map(|spec| match tool(&spec.name) {
            Cow::Owned(told) => Some((told, spec.name.clone())),
            Cow::Borrowed(_) => None,
        });
        Self(renamed.collect())
    }

    /// The same with the tool's own name.
    pub(super) fn back(&self, mut chunk: Chunk) -> Chunk {
        if let Chunk::ToolUse { name, .. } = &mut chunk
            && let Some(own) = self.0.get(name)
        {
            name.clone_from(own);
        }
        chunk
    }
}

/// A call's name. The same one always becomes the same; two never become one.
pub(super) fn call(id: &str) -> Cow<'_, str> {
    let taken = (1..=MAX_CALL).contains(&id.len()) && id.chars().all(fits);
    if taken { Cow::Borrowed(id) } else { Cow::Owned(digest::sha256(id.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::provider::sample;

    /// A name without its mark; none where it has none.
    fn unmarked(name: &str) -> Option<String> {
        let told = tool(name);
        matches!(told, Cow::Owned(_)).then(|| told[..told.len() - MARK].to_owned())
    }

    #[test]
    fn names_of_tools() {
        let long = "x".repeat(65);
        for name in ["read", "mcp__a-b__C9", "_", &long[..64]] {
            assert_eq!(tool(name), name);
        }
        let table = [
            ("a b.c", "a_b_c_"),
            ("", "__"),
            ("ä", "___"),
            ("7up", "_7up_"),
            ("-x", "_-x_"),
            (long.as_str(), &format!("{}_", "x".repeat(55))),
        ];
        for (name, expected) in table {
            assert_eq!(unmarked(name).as_deref(), Some(expected), "{name}");
        }
    }

    proptest! {
        /// However alike they are, tools keep names of their own, and are found by them again.
        #[test]
        fn tools_are_told_apart_and_found_again(
            names in proptest::collection::hash_set("(mcp__)?[ab._ ä-]{0,3}(x{60})?[.:_9]{0,2}", 1..20)
        ) {
            let spec = |name: &String| sample::tool(name, serde_json::json!({}));
            let renamed = Renamed::of(&names.iter().map(spec).collect::<Vec<_>>());
            let mut all = HashSet::new();
            for own in &names {
                let told = tool(own).into_owned();
                prop_assert!(told.len() <= MAX_TOOL && told.chars().all(fits), "{own:?}: {told:?}");
                prop_assert_eq!(tool(&told), told.as_str());
                let chunk = |name: &str| Chunk::ToolUse { block: 0, id: "c".into(), name: name.into() };
                prop_assert_eq!(renamed.back(chunk(&told)), chunk(own));
                prop_assert!(all.insert(told), "{own:?} became another's");
            }
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
