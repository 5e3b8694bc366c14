//! Where the sandbox of a project is open, and what it hides.

use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use sha2::Digest as _;
use sha2::Sha256;

use crate::exec::env;
use crate::exec::network::Network;
use crate::exec::sandbox::Cache;
use crate::exec::sandbox::Limits;
use crate::exec::sandbox::Sandbox;
use crate::exec::sandbox::Warm;

/// Keys, passwords and what was typed: below the home directory.
const SECRETS: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".config/gh",
    ".config/git/credentials",
    ".config/hub",
    ".config/op",
    ".config/google-chrome",
    ".config/chromium",
    ".mozilla",
    ".kube",
    ".docker",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".terraform.d/credentials.tfrc.json",
    ".vault-token",
    ".password-store",
    ".local/share/keyrings",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".psql_history",
    ".claude/.credentials.json",
    ".codex/auth.json",
];

/// The same of the system, as far as this user could read it.
const SYSTEM: &[&str] = &["/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d"];

/// Directories of tools that all projects share: the variable that moves it, and its usual place.
const CACHES: &[(&str, &str)] = &[
    ("CARGO_HOME", ".cargo"),
    ("npm_config_cache", ".npm"),
    ("XDG_CACHE_HOME", ".cache"),
    ("GOPATH", "go"),
    ("GRADLE_USER_HOME", ".gradle"),
];

/// Of the caches those that are made where they are missing; one variable leads there.
const MADE: usize = 3;

impl Sandbox {
    /// The sandbox of the project at `root`, a canonical directory: only that is writable, and
    /// there is no network. `home` is the user's directory, `own` the one that claw writes to, and
    /// `helper` the claw program (`/proc/self/exe` for this one).
    ///
    /// # Errors
    ///
    /// Where the project holds the user's home or claw's own files: nothing could then be kept
    /// from the command. A sentence for the user.
    pub fn new(
        helper: impl Into<PathBuf>,
        root: &Path,
        home: Option<&Path>,
        own: &Path,
    ) -> Result<Self, String> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (home, own) = (home.map(real), real(own));
        let inside = [home.as_deref(), Some(&own)].into_iter().flatten();
        if let Some(inside) = inside.into_iter().find(|path| path.starts_with(root)) {
            return Err(format!(
                "the project {} holds {}, which a command must not change; start claw in the \
                 directory of one project",
                root.display(),
                inside.display()
            ));
        }
        let store = own.join("sandbox").join(name(root));
        let masked = secrets(home.as_deref(), &own);
        let caches = home.as_deref().map(|home| caches(home, &store, root)).unwrap_or_default();
        Ok(Self {
            helper: helper.into(),
            roots: vec![root.to_owned()],
            masked,
            hidden: Vec::new(),
            caches,
            store,
            network: Network::None,
            limits: Limits { memory: memory(), ..Limits::default() },
            warm: Warm::default(),
        })
    }

    /// The same, and these can be read no more: paths, and patterns as in [`Sandbox::hidden`].
    #[must_use]
    pub fn hiding(mut self, paths: Vec<PathBuf>, globs: Vec<String>) -> Self {
        self.masked.extend(paths);
        self.hidden.extend(globs);
        self
    }

    /// The environment of a command: what children may see, and where its own places are.
    pub(in crate::exec) fn env(&self) -> Vec<(String, String)> {
        let listed = env::for_children().into_iter();
        // What is no text cannot be told to the helper.
        let text = listed.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut all: Vec<_> = text.filter(|(name, _)| name != "TMPDIR").collect();
        all.push(("TMPDIR".to_owned(), "/tmp".to_owned()));
        for cache in self.caches.iter().filter(|cache| !cache.layered) {
            let name = cache.path.file_name().unwrap_or_default().to_string_lossy();
            all.push((name.into_owned(), cache.path.display().to_string()));
        }
        #[cfg(target_os = "linux")]
        self.network.surround(&mut all);
        all
    }
}

/// A name for a project's directory.
fn name(root: &Path) -> String {
    let hash = Sha256::digest(root.as_os_str().as_encoded_bytes());
    hash.iter().take(16).fold(String::new(), |mut name, byte| {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn secrets(home: Option<&Path>, own: &Path) -> Vec<PathBuf> {
    let of_home = home.into_iter().flat_map(|home| SECRETS.iter().map(|name| home.join(name)));
    let of_claw = ["sessions", "logs", "audit", "sandbox", "trust.json"].map(|name| own.join(name));
    of_home.chain(SYSTEM.iter().map(PathBuf::from)).chain(of_claw).collect()
}

fn caches(home: &Path, store: &Path, root: &Path) -> Vec<Cache> {
    let set: std::collections::HashMap<_, _> = env::for_children().into_iter().collect();
    let mut caches = Vec::new();
    for (at, (variable, usual)) in CACHES.iter().enumerate() {
        let set = set.get(std::ffi::OsStr::new(variable)).map(PathBuf::from);
        let path = set.filter(|path| path.is_absolute()).unwrap_or_else(|| home.join(usual));
        let store = store.join("cache").join(variable);
        // A project inside a cache, or around it, is the project.
        match path.canonicalize() {
            Ok(real) if real.starts_with(root) || root.starts_with(&real) => {}
            Ok(real) => caches.push(Cache { path: real, store, layered: true }),
            // Its variable leads to one below the command's own /tmp.
            Err(_) if at < MADE => {
                let path = Path::new("/tmp/.cache").join(variable);
                caches.push(Cache { path, store, layered: false });
            }
            Err(_) => {}
        }
    }
    caches
}

/// Three quarters of this machine's memory, in bytes.
fn memory() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024 / 4 * 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_around_what_must_not_change_has_no_sandbox() {
        let of = |root: &str| {
            Sandbox::new("/claw", Path::new(root), Some(Path::new("/h/u")), Path::new("/h/u/.claw"))
        };
        for root in ["/", "/h", "/h/u", "/h/u/.claw"] {
            assert!(of(root).unwrap_err().contains("start claw in"), "{root}");
        }
        let made = of("/h/u/project").unwrap();
        assert_eq!(made.roots, [Path::new("/h/u/project")]);
        assert!(made.masked.contains(&"/h/u/.ssh".into()));
        assert!(made.masked.contains(&"/h/u/.claw/trust.json".into()));
        assert!(made.network == Network::None && made.store.starts_with("/h/u/.claw/sandbox"));
        assert_ne!(made.store, of("/h/u/other").unwrap().store);
    }
}
