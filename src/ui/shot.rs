//! A screen as a text, with and without its colours, and without secrets.

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};

use crate::base::redact;
use crate::base::text::width;

/// A screen to be kept or sent: what looks like a secret is masked.
pub struct Shot {
    rows: Vec<Vec<Cell>>,
}

impl Shot {
    /// Of a screen as it was drawn.
    pub fn new(screen: &Buffer) -> Self {
        let mut rows: Vec<_> = rows(screen).collect();
        mask(&mut rows);
        Self { rows }
    }

    /// As plain text, a line a row, without blanks at the ends.
    pub fn text(&self) -> String {
        lines(&self.rows)
    }

    /// With colours, as a terminal takes them: `cat` shows the screen again.
    pub fn ansi(&self) -> String {
        let mut out = Vec::new();
        for row in &self.rows {
            let cells = (0..).zip(row).map(|(at, cell)| (at, 0, cell));
            let mut line = Vec::new();
            // It only writes into our own bytes, and those cannot refuse.
            let _ = CrosstermBackend::new(&mut line).draw(cells);
            out.extend_from_slice(line.strip_prefix(b"\x1b[1;1H").unwrap_or(&line));
            out.push(b'\n');
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// A screen as plain text, as it is.
pub fn text(screen: &Buffer) -> String {
    lines(&rows(screen).collect::<Vec<_>>())
}

/// The cells of each row; not those that a wide character before them covers.
fn rows(screen: &Buffer) -> impl Iterator<Item = Vec<Cell>> {
    let columns = usize::from(screen.area.width).max(1);
    screen.content.chunks(columns).map(|row| {
        let mut covered = 0;
        let seen = row.iter().filter(move |cell| {
            if covered > 0 {
                covered -= 1;
                return false;
            }
            covered = width(cell.symbol()).saturating_sub(1);
            true
        });
        seen.cloned().collect()
    })
}

fn line(row: &[Cell]) -> String {
    row.iter().map(Cell::symbol).collect()
}

fn lines(rows: &[Vec<Cell>]) -> String {
    rows.iter().flat_map(|row| [line(row).trim_end().to_owned(), "\n".to_owned()]).collect()
}

/// Takes secrets out where they stand, so that all around them stays in its place.
fn mask(rows: &mut [Vec<Cell>]) {
    let mut in_key = false;
    for row in rows {
        let text = line(row);
        let clean = redact::all(&text);
        if *clean != *text {
            let same = |a: &[u8], b: &[u8]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
            let before = same(text.as_bytes(), clean.as_bytes());
            let after = text.bytes().rev().zip(clean.bytes().rev()).take_while(|(a, b)| a == b);
            let end = text.len() - after.count().min(text.len() - before);
            cover(row, before, end);
        }
        // The rest of a private key: its lines are no secret by themselves.
        in_key |= text.contains("PRIVATE KEY-----") && text.contains("-----BEGIN");
        if in_key {
            for (start, end) in runs(&text) {
                cover(row, start, end);
            }
        }
        in_key &= !text.contains("-----END");
    }
}

/// Words of a key: long, and of the letters of base64 alone.
fn runs(text: &str) -> Vec<(usize, usize)> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut found = Vec::new();
    let mut start = 0;
    for part in text.split_inclusive(|c| !is_key(c)) {
        let word = part.trim_end_matches(|c| !is_key(c));
        if word.len() >= 16 {
            found.push((start, start + word.len()));
        }
        start += part.len();
    }
    found
}

/// Writes the mark over the cells of these bytes of a row.
fn cover(row: &mut [Cell], start: usize, end: usize) {
    let mut mark = redact::MARK.chars();
    let mut at = 0;
    for cell in row {
        let here = at;
        at += cell.symbol().len();
        if here < end && at > start {
            let cells = width(cell.symbol());
            let mut text: String = mark.next().unwrap_or('*').into();
            // What was wide stays wide.
            text.extend(std::iter::repeat_n('*', cells.saturating_sub(1)));
            cell.set_symbol(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Modifier;

    use super::*;

    const KEY: &str = concat!("sk-ant-", "api03-", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v");

    fn screen(lines: &[&str]) -> Buffer {
        let mut screen = Buffer::empty(Rect::new(0, 0, 60, lines.len() as u16));
        for (y, line) in (0..).zip(lines) {
            screen.set_string(0, y, line, Modifier::BOLD);
        }
        screen
    }

    #[test]
    fn a_secret_is_masked_and_all_around_it_stays_in_its_place() {
        let screen = screen(&["plain", &format!("│日 {KEY} │"), "end"]);
        let shot = Shot::new(&screen);
        let (text, ansi) = (shot.text(), shot.ansi());
        let masked = format!("[secret]{}", "*".repeat(KEY.len() - 8));
        assert_eq!(text, format!("plain\n│日 {masked} │\nend\n"));
        assert!(!ansi.contains(KEY) && ansi.contains(&masked), "{ansi}");
        assert_eq!(super::text(&screen), format!("plain\n│日 {KEY} │\nend\n"));
    }

    #[test]
    fn the_lines_of_a_private_key_are_masked_too() {
        let body = "MIIEowIBAAKCAQEA7bq4";
        let begin = format!("-----BEGIN RSA {} KEY-----", "PRIVATE");
        let shot =
            Shot::new(&screen(&[&begin, &format!("│ {body} │ src/main.rs"), "-----END RSA", body]));
        let text = shot.text();
        let rows: Vec<_> = text.lines().collect();
        assert!(!rows[1].contains(body) && rows[1].ends_with("│ src/main.rs"), "{text}");
        assert_eq!(rows[3], body, "behind its end words are words");
    }

    #[test]
    fn colours_are_those_of_the_screen_and_end_with_the_row() {
        let ansi = Shot::new(&screen(&["ab", "c"])).ansi();
        let rows: Vec<_> = ansi.lines().collect();
        assert_eq!(rows.len(), 2, "{ansi:?}");
        assert!(rows[0].contains("\u{1b}[1m") && rows[0].contains("ab"), "{ansi:?}");
        assert!(rows[0].ends_with("\u{1b}[0m") && !ansi.contains('H'), "{ansi:?}");
    }
}
