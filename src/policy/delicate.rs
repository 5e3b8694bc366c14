//! Files below every rule (S13): what governs us, what others obey, what is secret.

use std::sync::LazyLock;

use crate::policy::pattern::Pattern;

/// How many lists there are.
pub(super) const LISTS: usize = 8;

/// A list of delicate files.
#[derive(Debug, Clone, Copy)]
pub(super) enum List {
    /// Never written: what governs git and claw themselves.
    Control,
    /// Never written: disks and the machine's memory.
    Disk,
    /// Never read: the memory and the environment of other processes.
    Process,
    /// Written only when asked: files that other programs run or obey.
    Sensitive,
    /// Read only when asked: where keys and passwords are kept.
    Secret,
    /// Read only when asked: what is called like a key or a password.
    Named,
    /// Secrets by their usual names, for globs: `*.rs` could be `id_rsa.rs`, and is not asked for it.
    Usual,
    /// Is called like a secret and is none.
    Example,
}

const TEXTS: [&[&str]; LISTS] = [
    &["./**/.git/", "./**/.claw/", "~/.claw/", "//etc/claw/"],
    &[
        "//dev/sd*",
        "//dev/nvme*",
        "//dev/vd*",
        "//dev/hd*",
        "//dev/xvd*",
        "//dev/mmcblk*",
        "//dev/mem",
        "//dev/kmem",
    ],
    &["//proc/**/environ", "//proc/**/mem", "//proc/kcore"],
    &[
        "./**/.vscode/",
        "./**/.idea/",
        "./**/.husky/",
        "./**/.github/workflows/",
        "./**/.envrc",
        "./**/.mcp.json",
        "./**/.gitmodules",
        "./**/.gitattributes",
        "./**/.npmrc",
        "./**/.cargo/config.toml",
        "./**/.devcontainer/",
        "~/.bashrc",
        "~/.bash_profile",
        "~/.profile",
        "~/.zshrc",
        "~/.zprofile",
        "~/.zshenv",
        "~/.gitconfig",
        "~/.ssh/",
        "~/.config/",
        "~/.local/bin/",
        "~/.npmrc",
        "~/.cargo/config.toml",
        "//etc/crontab",
        "//var/spool/cron/",
    ],
    &[
        "~/.ssh/",
        "~/.aws/",
        "~/.gnupg/",
        "~/.netrc",
        "~/.kube/config",
        "~/.docker/config.json",
        "~/.config/gh/",
        "~/.npmrc",
        "~/.pypirc",
        "//etc/shadow",
    ],
    &["*.pem", "id_rsa*", "id_ed25519*", ".env", ".env.*"],
    &[
        "~/.ssh/",
        "~/.aws/",
        "~/.gnupg/",
        "~/.netrc",
        "~/.kube/config",
        "~/.docker/config.json",
        "~/.config/gh/",
        "~/.npmrc",
        "~/.pypirc",
        "//etc/shadow",
        "*.pem",
        "id_rsa",
        "id_ed25519",
        ".env",
        ".env.local",
        ".env.production",
    ],
    &[".env.example", ".env.sample", ".env.template", "id_rsa*.pub", "id_ed25519*.pub"],
];

/// The built-in patterns; the test `the_built_in_patterns_are_read` proves that none is left out.
static PATTERNS: LazyLock<[Vec<Pattern>; LISTS]> = LazyLock::new(|| {
    TEXTS.map(|texts| texts.iter().filter_map(|text| Pattern::parse(text).ok()).collect())
});

pub(super) fn patterns(list: List) -> &'static [Pattern] {
    &PATTERNS[list as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_patterns_are_read() {
        let read = PATTERNS.each_ref().map(Vec::len);
        assert_eq!(read, TEXTS.map(<[_]>::len));
        assert_eq!(patterns(List::Example).len(), 5);
    }
}
