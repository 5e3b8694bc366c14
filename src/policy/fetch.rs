//! Judging an address by its host.

use crate::policy::judge::Ruling;
use crate::policy::rule::{Rule, Scope};
use crate::policy::{Policy, Why};

impl Policy {
    /// Judges an address. What is no plain http(s) address is never allowed by a rule.
    pub(super) fn fetch(&self, url: &str) -> Ruling {
        let host = host(url);
        let about = |rule: &&Rule| match (&rule.scope, &host) {
            (Scope::Fetch(pattern), Some(host)) => names(pattern, host),
            // The host is unknown: a rule that forbids may mean it.
            (Scope::All, _) | (Scope::Fetch(_), None) => true,
            _ => false,
        };
        let plain = |_: &&Rule| host.is_some();
        let shown = host.as_deref().unwrap_or("an address that is not plain");
        let offer = host.as_ref().map(|host| format!("WebFetch(domain:{host})"));
        match self.by_rules(&format!("fetching from {shown}"), about, plain, offer) {
            Ruling::Ask { why, firm, stays } => {
                let risky = why.risky || host.is_none();
                Ruling::Ask { why: Why { risky, ..why }, firm, stays }
            }
            ruling => ruling,
        }
    }
}

/// The host of a plain http(s) address in small letters: no user, no escape, no odd character.
fn host(url: &str) -> Option<String> {
    let lower = url.get(..8)?.to_ascii_lowercase();
    let rest = if lower.starts_with("https://") {
        url.get(8..)?
    } else if lower.starts_with("http://") {
        url.get(7..)?
    } else {
        return None;
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port),
        None => (authority, ""),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let fine =
        !host.is_empty() && host.chars().all(plain) && port.chars().all(|c| c.is_ascii_digit());
    fine.then_some(host)
}

/// Exactly, or on a dot's boundary for `*.host`.
fn names(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(apex) => {
            host.strip_suffix(apex).is_some_and(|sub| sub.ends_with('.') && sub.len() > 1)
        }
        None => pattern == "*" || pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let table = [
            ("https://Docs.rs/a", Some("docs.rs")),
            ("http://a.b.:8080?x", Some("a.b")),
            ("https://good.example@evil.example/", None),
            ("https://good.example\\@evil.example/", None),
            ("https://good.example\0.evil.example/", None),
            ("ftp://x", None),
            ("https://", None),
            ("äöüäöü", None),
        ];
        for (url, expected) in table {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn patterns_of_hosts() {
        assert!(names("docs.rs", "docs.rs") && names("*", "x") && names("*.x.io", "a.b.x.io"));
        assert!(!names("*.x.io", "x.io") && !names("x.io", "ax.io") && !names("*.x.io", "ax.io"));
    }
}
