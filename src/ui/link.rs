//! Links: what of the screen the terminal may open (OSC 8), as a list beside the frame. The frame's
//! own cells know nothing of it.

use std::fmt::Write as _;
use std::path::{Component, Path};

use ratatui::buffer::Buffer;

use crate::base::text::{is_hidden, width};
use crate::ui::layout::PaneId;
use crate::ui::model::Model;
use crate::ui::signal::file_url;

/// The longest address that is told, in bytes: terminals take no more.
const MOST: usize = 2000;

/// A stretch of a row of the screen, and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its first column.
    pub x: u16,
    /// Its row.
    pub y: u16,
    /// What stands there.
    pub text: String,
    /// Where it leads: printable ASCII without blanks.
    pub url: String,
}

/// The links of a frame that was drawn of this model. What covers one hides it.
pub fn links(model: &Model, drawn: &Buffer) -> Vec<Link> {
    let pane = model.layout.panes.iter().find(|(id, _)| *id == PaneId::Transcript);
    let Some((_, place)) = pane else { return Vec::new() };
    let mut links = model.panes.transcript.links(&model.session, place.inner);
    links.retain(|link| stands(link, drawn));
    links
}

/// Does its text stand there?
fn stands(link: &Link, drawn: &Buffer) -> bool {
    let (mut x, mut rest) = (link.x, link.text.as_str());
    while !rest.is_empty() {
        let Some(cell) = drawn.cell((x, link.y)) else { return false };
        let Some(after) = rest.strip_prefix(cell.symbol()).filter(|_| !cell.symbol().is_empty())
        else {
            return false;
        };
        x = x.saturating_add(width(cell.symbol()).max(1) as u16);
        rest = after;
    }
    true
}

/// A web address as a terminal may be told it; none where it could mean anything else there.
pub fn web(address: &str) -> Option<String> {
    if !address.starts_with("http://") && !address.starts_with("https://") {
        return None;
    }
    if address.chars().any(|c| is_hidden(c) || c.is_whitespace() || c.is_control()) {
        return None;
    }
    let mut out = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            0x21..=0x7e => out.push(char::from(byte)),
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
    (out.len() <= MOST).then_some(out)
}

/// The address of a file below `root`; none where the path leads out of it.
pub fn file(root: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !root.is_absolute() || !below.components().all(inside) {
        return None;
    }
    Some(file_url(&root.join(below))).filter(|url| url.len() <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_harmless_is_told() {
        let table = [
            ("https://x.org/a?b=c#d", Some("https://x.org/a?b=c#d")),
            ("http://x.org/ü", Some("http://x.org/%C3%BC")),
            ("file:///etc/passwd", None),
            ("javascript:alert(1)", None),
            ("https://x.org/\u{1b}]52;c;aGk=\u{7}", None),
            ("https://x.org/\u{9c}a", None),
            ("https://x.org/\u{202e}gro", None),
            ("https://x.org/a b", None),
        ];
        for (address, want) in table {
            assert_eq!(web(address).as_deref(), want, "{address:?}");
        }
        assert_eq!(web(&format!("https://x.org/{}", "a".repeat(MOST))), None);
    }

    #[test]
    fn files_are_those_of_the_project() {
        let table = [
            ("src/a b.rs", Some("file:///w/p/src/a%20b.rs")),
            ("/w/p/src/a.rs", Some("file:///w/p/src/a.rs")),
            ("./a\u{1b}.rs", Some("file:///w/p/./a%1B.rs")),
            ("../q/a.rs", None),
            ("/etc/passwd", None),
            ("/w/p/../q", None),
        ];
        for (path, want) in table {
            assert_eq!(file(Path::new("/w/p"), Path::new(path)).as_deref(), want, "{path:?}");
        }
    }
}
