//! What a child process gets to see of the environment: a short list, never a secret.

use std::ffi::OsString;

/// Names that pass as they are: who and where the user is, and where their tools live.
const ALLOWED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "NIX_PATH",
    "NIX_PROFILES",
    "NIX_SSL_CERT_FILE",
    "ANDROID_HOME",
    "ANDROID_SDK_ROOT",
    "ASDF_DATA_DIR",
    "ASDF_DIR",
    "BUN_INSTALL",
    "CABAL_DIR",
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "CONDA_PREFIX",
    "DENO_DIR",
    "DOTNET_ROOT",
    "GEM_HOME",
    "GEM_PATH",
    "GOCACHE",
    "GOMODCACHE",
    "GOPATH",
    "GOROOT",
    "GRADLE_HOME",
    "GRADLE_USER_HOME",
    "HEX_HOME",
    "HOMEBREW_CELLAR",
    "HOMEBREW_PREFIX",
    "HOMEBREW_REPOSITORY",
    "JAVA_HOME",
    "M2_HOME",
    "MAVEN_HOME",
    "MISE_DATA_DIR",
    "MIX_HOME",
    "NUGET_PACKAGES",
    "NVM_BIN",
    "NVM_DIR",
    "OPAMROOT",
    "OPAM_SWITCH_PREFIX",
    "PIPX_HOME",
    "PKG_CONFIG_PATH",
    "PNPM_HOME",
    "POETRY_HOME",
    "PYENV_ROOT",
    "RBENV_ROOT",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SDKMAN_DIR",
    "STACK_ROOT",
    "UV_CACHE_DIR",
    "VIRTUAL_ENV",
    "VOLTA_HOME",
];

/// Names that pass, in either case, where the address holds no name and password.
const PROXIES: &[&str] = &["all_proxy", "http_proxy", "https_proxy", "no_proxy"];

/// Output is captured and nobody can answer: no colour, no pager, no editor, no question.
const FIXED: &[(&str, &str)] = &[
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("GIT_EDITOR", "true"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("MANPAGER", "cat"),
    ("NO_COLOR", "1"),
    ("PAGER", "cat"),
    ("TERM", "dumb"),
];

/// The environment for children of this process.
pub(super) fn for_children() -> Vec<(OsString, OsString)> {
    allowed(std::env::vars_os())
}

/// Of `vars` what a child may see, and the settings that suit captured output.
fn allowed(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let passed = vars.into_iter().filter(|(name, value)| {
        let Some(name) = name.to_str() else { return false };
        ALLOWED.contains(&name)
            || name.starts_with("LC_")
            || PROXIES.contains(&name.to_ascii_lowercase().as_str())
                && !value.to_string_lossy().contains('@')
    });
    let fixed = FIXED.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    passed.chain(fixed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_passes() {
        #[rustfmt::skip]
        let table = [
            ("PATH", "/bin", true), ("LC_ALL", "C", true), ("CARGO_HOME", "/c", true),
            ("ANTHROPIC_API_KEY", "sk", false), ("GITHUB_TOKEN", "t", false),
            ("AWS_SECRET_ACCESS_KEY", "s", false), ("SSH_AUTH_SOCK", "/s", false),
            ("BASH_ENV", "/evil", false), ("LD_PRELOAD", "/evil", false), ("ENV", "/evil", false),
            ("HTTPS_PROXY", "http://proxy:3128", true), ("http_proxy", "http://a:b@proxy", false),
        ];
        for (name, value, passes) in table {
            let got = allowed([(name.into(), value.into())]);
            assert_eq!(got.iter().any(|(n, _)| n == name), passes, "{name}={value}");
        }
        let got = allowed([("TERM".into(), "xterm".into())]);
        assert_eq!(got.iter().filter(|(n, _)| n == "TERM").count(), 1);
    }
}
