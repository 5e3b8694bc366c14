//! The same sandbox in the words of macOS: a profile for `sandbox-exec`.

use std::fmt::Write as _;
use std::path::Path;

use crate::exec::network::Network;
use crate::exec::sandbox::Sandbox;

/// What governs git and claw inside a root.
const CONTROL: [&str; 6] = [
    ".claw",
    ".git/config",
    ".git/hooks",
    ".git/commondir",
    ".git/config.worktree",
    ".git/modules",
];

/// The profile: everything may be read and run, the roots and temporary files written, nothing
/// secret read, no network.
///
/// Later rules win, so what is denied stands last.
pub fn profile(sandbox: &Sandbox) -> String {
    let mut profile = String::from(
        "(version 1)\n(deny default)\n(allow process-exec process-fork)\n\
         (allow signal (target same-sandbox))\n(allow process-info* (target same-sandbox))\n\
         (allow sysctl-read)\n(allow file-read*)\n(allow mach-lookup \
         (global-name \"com.apple.system.opendirectoryd.libinfo\"))\n\
         (allow file-write* (literal \"/dev/null\") (literal \"/dev/zero\") \
         (subpath \"/private/tmp\") (subpath \"/private/var/folders\"))\n",
    );
    let mut rule = |rule: &str, path: &Path| {
        // Writing to a string does not fail.
        let _ = writeln!(profile, "({rule} (subpath {}))", quoted(path));
    };
    let caches = sandbox.caches.iter().map(|cache| &cache.path);
    for root in sandbox.roots.iter().chain(caches) {
        rule("allow file-write*", root);
    }
    for root in &sandbox.roots {
        for name in CONTROL {
            rule("deny file-write*", &root.join(name));
        }
    }
    for path in &sandbox.masked {
        rule("deny file-read* file-write*", path);
    }
    for root in &sandbox.roots {
        // Moved away, a directory would take its rules with it.
        for path in [root.clone(), root.join(".git")] {
            let _ = writeln!(profile, "(deny file-write-unlink (literal {}))", quoted(&path));
        }
    }
    // A proxy would have to listen where every program of this machine can reach it: single hosts
    // are no network here.
    profile.push_str(if sandbox.network == Network::All {
        "(allow network-outbound (remote ip))\n(allow network-bind network-inbound (local ip))\n\
         (allow system-socket)\n"
    } else {
        "(deny network*)\n"
    });
    profile
}

/// A string of the profile's language.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::sandbox::Limits;

    fn sandbox(network: Network) -> Sandbox {
        Sandbox {
            helper: "/claw".into(),
            roots: vec!["/Users/u/a \"b\"\\c".into()],
            masked: vec!["/Users/u/.ssh".into()],
            hidden: Vec::new(),
            caches: Vec::new(),
            store: "/Users/u/.claw/sandbox/x".into(),
            network,
            limits: Limits::default(),
            warm: crate::exec::sandbox::Warm::default(),
        }
    }

    #[test]
    fn what_is_denied_stands_after_what_is_allowed() {
        let text = profile(&sandbox(Network::None));
        let at = |line: &str| text.find(line).unwrap_or_else(|| panic!("{line} in {text}"));
        let root = "\"/Users/u/a \\\"b\\\"\\\\c";
        let allowed = at(&format!("(allow file-write* (subpath {root}\"))"));
        for denied in [
            format!("(deny file-write* (subpath {root}/.git/hooks\"))"),
            format!("(deny file-write* (subpath {root}/.claw\"))"),
            format!("(deny file-write-unlink (literal {root}/.git\"))"),
            "(deny file-read* file-write* (subpath \"/Users/u/.ssh\"))".to_owned(),
            "(deny network*)".to_owned(),
        ] {
            assert!(at(&denied) > allowed, "{denied}");
        }
        assert!(text.starts_with("(version 1)\n(deny default)\n"));
        assert_eq!(text.matches('(').count(), text.matches(')').count());
    }

    #[test]
    fn a_network_is_there_only_where_it_is_granted() {
        for closed in [Network::None, Network::Hosts(vec!["docs.rs".parse().unwrap()])] {
            let text = profile(&sandbox(closed));
            assert!(!text.contains("(allow network") && text.ends_with("(deny network*)\n"));
        }
        let text = profile(&sandbox(Network::All));
        assert!(text.contains("(allow network-outbound (remote ip))"));
        assert!(!text.contains("(deny network*)"));
    }
}
