//! Which terminal it is, as far as its environment says, and what is known to be good there.

/// A terminal, or what stands between it and us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// kitty.
    Kitty,
    /// Ghostty.
    Ghostty,
    /// `WezTerm`.
    WezTerm,
    /// iTerm2.
    Iterm,
    /// Windows Terminal.
    Windows,
    /// The terminal of VS Code and its kin.
    VsCode,
    /// Konsole.
    Konsole,
    /// foot.
    Foot,
    /// Alacritty.
    Alacritty,
    /// GNOME Terminal, Ptyxis and others on VTE.
    Vte,
    /// rxvt-unicode.
    Urxvt,
    /// Warp.
    Warp,
    /// mintty.
    Mintty,
    /// Apple's Terminal.
    Apple,
    /// The console of Linux, or a terminal that can do nothing.
    Plain,
    /// Nothing is known of it.
    #[default]
    Unknown,
}

/// A program that shows several terminals in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
    /// Zellij.
    Zellij,
}

/// How a terminal is asked to call its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// The bell alone.
    Bell,
    /// `OSC 9 ; TEXT`.
    Osc9,
    /// `OSC 777 ; notify ; TITLE ; TEXT`.
    Osc777,
    /// `OSC 99`: kitty's.
    Osc99,
}

/// Where the screen is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The terminal.
    pub kind: Kind,
    /// What stands between.
    pub multiplexer: Option<Multiplexer>,
    /// On another machine than this.
    pub remote: bool,
    /// It shows a progress (OSC 9;4) and takes it for nothing else.
    pub progress: bool,
}

impl Place {
    /// What the environment says; `var` gives a variable of it.
    pub fn of(var: impl Fn(&str) -> Option<String>) -> Self {
        let has = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        let term = var("TERM").unwrap_or_default();
        let program = var("TERM_PROGRAM").unwrap_or_default();
        let multiplexer = if has("TMUX") {
            Some(Multiplexer::Tmux)
        } else if has("ZELLIJ") {
            Some(Multiplexer::Zellij)
        } else if has("STY") {
            Some(Multiplexer::Screen)
        } else {
            None
        };
        let kind = match program.as_str() {
            "ghostty" => Kind::Ghostty,
            "WezTerm" => Kind::WezTerm,
            "iTerm.app" => Kind::Iterm,
            "vscode" => Kind::VsCode,
            "WarpTerminal" => Kind::Warp,
            "mintty" => Kind::Mintty,
            "Apple_Terminal" => Kind::Apple,
            _ if term.starts_with("xterm-kitty") || has("KITTY_WINDOW_ID") => Kind::Kitty,
            _ if term.starts_with("xterm-ghostty") || has("GHOSTTY_RESOURCES_DIR") => Kind::Ghostty,
            _ if term.starts_with("foot") => Kind::Foot,
            _ if term.starts_with("alacritty") => Kind::Alacritty,
            _ if term.starts_with("rxvt") => Kind::Urxvt,
            _ if term == "linux" || term == "dumb" => Kind::Plain,
            _ if has("WT_SESSION") => Kind::Windows,
            _ if has("WEZTERM_PANE") => Kind::WezTerm,
            _ if has("ITERM_SESSION_ID") => Kind::Iterm,
            _ if has("KONSOLE_VERSION") => Kind::Konsole,
            _ if has("VTE_VERSION") => Kind::Vte,
            _ => Kind::Unknown,
        };
        let since =
            |name: &str, least: &[u32]| numbers(&var(name).unwrap_or_default()).as_slice() >= least;
        // Older ones take a progress for a notification, and show it.
        let progress = match kind {
            Kind::Ghostty => since("TERM_PROGRAM_VERSION", &[1, 2]),
            Kind::Iterm => since("TERM_PROGRAM_VERSION", &[3, 6, 6]),
            Kind::WezTerm => since("TERM_PROGRAM_VERSION", &[20_250_601]),
            Kind::Konsole => since("KONSOLE_VERSION", &[241_200]),
            Kind::Windows => true,
            _ => false,
        };
        let remote = has("SSH_TTY") || has("SSH_CONNECTION");
        Self { kind, multiplexer, remote, progress: progress && multiplexer.is_none() }
    }

    /// How it calls its user. A multiplexer hands the bell on, and nothing else unless it is told
    /// to: `passthrough`.
    pub fn call(&self, passthrough: bool) -> Call {
        match (self.multiplexer, self.kind) {
            (Some(Multiplexer::Tmux), _) if !passthrough => Call::Bell,
            (Some(Multiplexer::Screen | Multiplexer::Zellij), _) => Call::Bell,
            (_, Kind::Kitty) => Call::Osc99,
            (_, Kind::Ghostty | Kind::WezTerm | Kind::Iterm | Kind::Warp) => Call::Osc9,
            (_, Kind::Foot | Kind::Konsole | Kind::Vte | Kind::Urxvt) => Call::Osc777,
            _ => Call::Bell,
        }
    }

    /// Is it known to take links (OSC 8)? What a multiplexer makes of them depends on its version
    /// and its settings.
    pub fn takes_links(&self) -> bool {
        let known = matches!(
            self.kind,
            Kind::Kitty
                | Kind::Ghostty
                | Kind::WezTerm
                | Kind::Iterm
                | Kind::Windows
                | Kind::VsCode
                | Kind::Konsole
                | Kind::Foot
                | Kind::Alacritty
                | Kind::Vte
        );
        known && self.multiplexer.is_none()
    }

    /// Is it told which directory we work in (OSC 7)? On another machine the path would be wrong.
    pub fn takes_directory(&self) -> bool {
        self.kind != Kind::Plain && self.multiplexer.is_none() && !self.remote
    }
}

/// The numbers of a version, the first one first: `3.6.6`, `20250601-1234-abc`.
fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split(['.', '-', '+']);
    parts.map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(vars: &[(&str, &str)]) -> Place {
        let find = |name: &str| vars.iter().find(|(known, _)| *known == name);
        Place::of(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[rustfmt::skip]
    #[test]
    fn terminals_are_known_by_their_environment() {
        type Case<'a> = (&'a [(&'a str, &'a str)], Kind, Call, bool);
        let version = "TERM_PROGRAM_VERSION";
        let table: [Case<'_>; 14] = [
            (&[("TERM", "xterm-kitty")], Kind::Kitty, Call::Osc99, false),
            (&[("TERM_PROGRAM", "ghostty"), (version, "1.2.0")], Kind::Ghostty, Call::Osc9, true),
            (&[("TERM_PROGRAM", "ghostty"), (version, "1.1.3")], Kind::Ghostty, Call::Osc9, false),
            (&[("TERM_PROGRAM", "iTerm.app"), (version, "3.6.6")], Kind::Iterm, Call::Osc9, true),
            (&[("TERM_PROGRAM", "iTerm.app"), (version, "3.5.14")], Kind::Iterm, Call::Osc9, false),
            (&[("TERM_PROGRAM", "WezTerm"), (version, "20240203-110809-5046fc22")], Kind::WezTerm, Call::Osc9, false),
            (&[("WT_SESSION", "x"), ("TERM", "xterm-256color")], Kind::Windows, Call::Bell, true),
            (&[("KONSOLE_VERSION", "241201")], Kind::Konsole, Call::Osc777, true),
            (&[("VTE_VERSION", "7600")], Kind::Vte, Call::Osc777, false),
            (&[("TERM", "foot")], Kind::Foot, Call::Osc777, false),
            (&[("TERM_PROGRAM", "vscode")], Kind::VsCode, Call::Bell, false),
            (&[("TERM", "linux")], Kind::Plain, Call::Bell, false),
            (&[("TERM", "xterm-256color")], Kind::Unknown, Call::Bell, false),
            (&[], Kind::Unknown, Call::Bell, false),
        ];
        for (vars, kind, call, progress) in table {
            let place = place(vars);
            assert_eq!((place.kind, place.call(false), place.progress), (kind, call, progress), "{vars:?}");
        }
    }

    #[test]
    fn a_multiplexer_hands_on_the_bell_and_more_only_where_it_is_told_to() {
        let inside = |name| {
            place(&[
                (name, "x"),
                ("TERM_PROGRAM", "tmux"),
                ("WT_SESSION", "y"),
                ("KITTY_WINDOW_ID", "1"),
            ])
        };
        let tmux = inside("TMUX");
        assert_eq!(tmux.multiplexer, Some(Multiplexer::Tmux));
        assert_eq!((tmux.call(false), tmux.call(true)), (Call::Bell, Call::Osc99));
        assert!(!tmux.progress && !tmux.takes_directory());
        assert!(!tmux.takes_links() && place(&[("TERM", "foot")]).takes_links());
        assert!(!place(&[("TERM_PROGRAM", "Apple_Terminal")]).takes_links());
        for name in ["STY", "ZELLIJ"] {
            assert_eq!(inside(name).call(true), Call::Bell, "{name}");
        }
        assert!(place(&[("TERM", "foot")]).takes_directory());
        assert!(!place(&[("TERM", "foot"), ("SSH_TTY", "/dev/pts/1")]).takes_directory());
    }
}
