//! How a text gets to the clipboard: which programs and which words to the terminal, and what is
//! known of it afterwards.

/// The longest text that is put on a clipboard, in bytes.
pub const MOST: usize = 100_000;

/// Bytes of one piece that GNU screen passes on.
const SCREEN: usize = 768;

/// What is known of where claw runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
pub struct Facts {
    /// It is reached over ssh: the clipboard here is not the user's.
    pub remote: bool,
    /// Inside tmux.
    pub tmux: bool,
    /// Inside GNU screen.
    pub screen: bool,
    /// There is a Wayland display.
    pub wayland: bool,
    /// There is an X display.
    pub x11: bool,
    /// It is a Mac.
    pub mac: bool,
    /// It is Windows' Linux.
    pub wsl: bool,
}

/// A program that fills the clipboard: its name, and the arguments for the clipboard and for what
/// the middle button of the mouse pastes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// The program.
    pub name: &'static str,
    /// Its arguments.
    pub args: &'static [&'static str],
    /// Its arguments for the primary selection, where there is one.
    pub primary: Option<&'static [&'static str]>,
}

const WL_COPY: Tool = Tool { name: "wl-copy", args: &[], primary: Some(&["--primary"]) };
const XCLIP: Tool = Tool {
    name: "xclip",
    args: &["-selection", "clipboard"],
    primary: Some(&["-selection", "primary"]),
};
const XSEL: Tool = Tool {
    name: "xsel",
    args: &["--clipboard", "--input"],
    primary: Some(&["--primary", "--input"]),
};
const PBCOPY: Tool = Tool { name: "pbcopy", args: &[], primary: None };
const CLIP: Tool = Tool { name: "clip.exe", args: &[], primary: None };

/// Through what a text is said to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the terminal itself.
    Plain,
    /// To tmux, or through it where it allows that.
    Tmux,
    /// Through GNU screen.
    Screen,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Programs to try, the first that works counts.
    pub tools: Vec<Tool>,
    /// How the terminal is told.
    pub way: Way,
    /// It is told though a program worked.
    pub always: bool,
}

/// What to do where claw runs like this.
pub fn plan(facts: Facts) -> Plan {
    let tools = [
        (facts.mac, &[PBCOPY][..]),
        (facts.wayland, &[WL_COPY]),
        (facts.x11, &[XCLIP, XSEL]),
        (facts.wsl, &[CLIP]),
    ];
    let here = tools.into_iter().filter(|(there, _)| *there && !facts.remote);
    let way = match (facts.tmux, facts.screen) {
        (true, _) => Way::Tmux,
        (false, true) => Way::Screen,
        _ => Way::Plain,
    };
    let tools = here.flat_map(|(_, tools)| tools.iter().copied()).collect();
    Plan { tools, way, always: facts.remote || facts.tmux || facts.screen }
}

/// The words that ask a terminal to take a text (OSC 52). `through`: wrapped for tmux or screen.
pub fn words(text: &str, through: Way) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{text}\x07");
    match through {
        Way::Plain => plain,
        Way::Tmux => format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        // The whole is ASCII: a cut between two bytes is one between two characters.
        Way::Screen => {
            let pieces = plain.as_bytes().chunks(SCREEN).map(String::from_utf8_lossy);
            pieces.fold(String::new(), |all, piece| all + "\x1bP" + &piece + "\x1b\\")
        }
    }
}

/// What is said of a copy that a program took.
pub fn copied(text: &str, by: &str) -> String {
    format!("copied {} chars ({by})", grouped(text.chars().count()))
}

/// What is said of a copy that went to the terminal: whether it took it, nobody knows.
pub fn sent(text: &str) -> String {
    let count = grouped(text.chars().count());
    format!("sent {count} chars to the terminal (OSC 52): paste to check; Shift+drag if it fails")
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn where_a_text_goes() {
        let none = Facts::default();
        let wayland = Facts { wayland: true, ..none };
        let both = Facts { wayland: true, x11: true, ..none };
        let table = [
            // where                                        programs                     way          always
            (none,                                          "",                          Way::Plain,  false),
            (wayland,                                       "wl-copy",                   Way::Plain,  false),
            (both,                                          "wl-copy xclip xsel",        Way::Plain,  false),
            (Facts { mac: true, ..none },                   "pbcopy",                    Way::Plain,  false),
            (Facts { wsl: true, ..none },                   "clip.exe",                  Way::Plain,  false),
            (Facts { remote: true, ..both },                "",                          Way::Plain,  true),
            (Facts { tmux: true, ..wayland },               "wl-copy",                   Way::Tmux,   true),
            (Facts { tmux: true, remote: true, ..both },    "",                          Way::Tmux,   true),
            (Facts { screen: true, ..none },                "",                          Way::Screen, true),
            (Facts { tmux: true, screen: true, ..none },    "",                          Way::Tmux,   true),
        ];
        for (facts, tools, way, always) in table {
            let plan = plan(facts);
            let names: Vec<_> = plan.tools.iter().map(|tool| tool.name).collect();
            assert_eq!((names.join(" ").as_str(), plan.way, plan.always), (tools, way, always), "{facts:?}");
        }
    }

    #[test]
    fn each_way_wraps_the_words_as_it_has_to() {
        assert_eq!(words("hi", Way::Plain), "\x1b]52;c;aGk=\x07");
        assert_eq!(words("hi", Way::Tmux), "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
        let long = words(&"x".repeat(2000), Way::Screen);
        let pieces: Vec<&str> = long.split_terminator("\x1b\\").collect();
        assert!(pieces.len() > 2);
        for piece in &pieces {
            let inside = piece.strip_prefix("\x1bP").unwrap();
            assert!(inside.len() <= 768, "{}", inside.len());
        }
        let joined: String = pieces.iter().map(|piece| &piece[2..]).collect();
        assert_eq!(joined, words(&"x".repeat(2000), Way::Plain));
    }

    #[test]
    fn only_what_is_known_is_said() {
        assert_eq!(copied(&"ä".repeat(1204), "wl-copy"), "copied 1,204 chars (wl-copy)");
        let sent = sent("abc");
        assert!(sent.starts_with("sent 3 chars to the terminal (OSC 52)"), "{sent}");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(999), "999");
    }
}
