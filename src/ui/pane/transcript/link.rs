//! What of the transcript leads somewhere: addresses, and files with a line.

use std::ops::Range;
use std::path::Path;

use ratatui::layout::Rect;

use crate::base::cap;
use crate::session::{Entry, State};
use crate::ui::link::{self, Link};
use crate::ui::pane::transcript::TranscriptPane;
use crate::ui::row::Row;
use crate::ui::transcript::{addresses, part};

/// Bytes of the source that are looked at before and behind what a row shows of it: a line may be
/// endless, an address is not.
const AROUND: usize = 2048;

impl TranscriptPane {
    /// What leads somewhere in the rows that are seen, where the pane stands in `area`.
    pub fn links(&self, session: &State, area: Rect) -> Vec<Link> {
        let mut links = Vec::new();
        for (at, place, row) in self.seen() {
            let y = area.y.saturating_add(at as u16);
            if y >= area.bottom() {
                break;
            }
            let Some(entry) = session.entries.get(place.cell) else { continue };
            for (bytes, url) in of_row(row, entry, &session.cwd) {
                let Some(text) = row.text().get(bytes.clone()) else { continue };
                let x = area.x.saturating_add(row.column_at(bytes.start) as u16);
                if row.column_at(bytes.end) <= usize::from(area.width) {
                    links.push(Link { x, y, text: text.to_owned(), url });
                }
            }
        }
        links
    }
}

/// The bytes of a row that lead somewhere, and where to. What is wrapped leads to the whole of it.
fn of_row(row: &Row, entry: &Entry, root: &Path) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for piece in row.pieces() {
        let Some(source) = part(entry, piece.part) else { continue };
        let Some((from, near)) = around(&source, &piece.said) else { continue };
        for (range, url) in targets(near, root) {
            let range = from + range.start..from + range.end;
            found.extend(piece.seen(&range, &source).map(|seen| (seen, url)));
        }
    }
    // What shows no source is ours: behind the words of a link its address. One that reaches the
    // end of the row may go on in the next.
    for range in addresses(row.text()) {
        let shows = |at: &Range<usize>| at.start < range.end && range.start < at.end;
        let free = !row.pieces().iter().any(|piece| shows(&piece.shown));
        if free && range.end < row.text().len() {
            found.extend(link::web(&row.text()[range.clone()]).map(|url| (range, url)));
        }
    }
    found
}

/// The part of a source's line that stands around `said`, and where it begins.
fn around<'a>(source: &'a str, said: &Range<usize>) -> Option<(usize, &'a str)> {
    let (before, after) = (source.get(..said.start)?, source.get(said.end..)?);
    let near = cap::ceil(before, before.len().saturating_sub(AROUND));
    let start = before[near..].rfind('\n').map_or(near, |at| near + at + 1);
    let near = cap::floor(after, AROUND);
    let end = after[..near].find('\n').unwrap_or(near);
    let (start, end) = (start, said.end + end);
    // A word that is cut off here may mean something else.
    let is_cut = |at: usize, line: bool| !line && at != 0 && at != source.len();
    let cut_before = is_cut(start, source[..start].ends_with('\n'));
    let cut_after = is_cut(end, source[end..].starts_with('\n'));
    let mut text = &source[start..end];
    let mut from = start;
    if cut_before {
        let blank = text.find(char::is_whitespace)?;
        (from, text) = (from + blank, &text[blank..]);
    }
    if cut_after {
        text = &text[..text.rfind(char::is_whitespace)?];
    }
    Some((from, text))
}

/// What leads somewhere in a text, and where to.
fn targets(text: &str, root: &Path) -> Vec<(Range<usize>, String)> {
    if !text.contains(':') {
        return Vec::new();
    }
    let web = addresses(text).into_iter();
    let mut found: Vec<_> =
        web.filter_map(|range| Some((range.clone(), link::web(&text[range])?))).collect();
    for (range, path, _) in files(text) {
        let url = link::file(root, Path::new(path));
        found.extend(url.map(|url| (range, url)));
    }
    found
}

/// The files with a line number in a text: where they stand, path and line. What belongs to an
/// address is none.
pub(super) fn files(text: &str) -> Vec<(Range<usize>, &str, usize)> {
    let ends = |c: char| c.is_whitespace() || "`\"'()[]<>{},;|*".contains(c);
    let web = addresses(text);
    let (mut found, mut start) = (Vec::new(), 0);
    for whole in text.split_inclusive(ends) {
        let at = start;
        start += whole.len();
        let word = whole.trim_end_matches(ends);
        let mut parts = word.split(':');
        let (Some(path), Some(line)) = (parts.next(), parts.next()) else { continue };
        let digits = line.trim_end_matches(|c: char| c.is_ascii_punctuation());
        let line: Option<usize> = digits.parse().ok().filter(|&line| line > 0);
        let is_path = path.contains(['.', '/']) && path.chars().any(char::is_alphanumeric);
        let range = at..at + path.len() + 1 + digits.len();
        let free = !web.iter().any(|web| web.start < range.end && range.start < web.end);
        found.extend(line.filter(|_| is_path && free).map(|line| (range, path, line)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_somewhere_is_found_where_it_stands() {
        let text = "see `src/a.rs:42:7`, (https://x.org:80/a_(b)). And ../b.rs:3; 10:30";
        let found = targets(text, Path::new("/w"));
        let seen: Vec<_> =
            found.iter().map(|(at, url)| (&text[at.clone()], url.as_str())).collect();
        let web = "https://x.org:80/a_(b)";
        assert_eq!(seen, [(web, web), ("src/a.rs:42", "file:///w/src/a.rs")]);
    }

    #[test]
    fn of_an_endless_line_only_whole_words_count() {
        let source = format!("{} https://x.org/{}", "a".repeat(5000), "b".repeat(5000));
        let near = around(&source, &(5001..5010)).map_or("", |(_, near)| near);
        assert_eq!(targets(near, Path::new("/w")), []);
        let near = format!("{}c https://x.org/d e{}", "a ".repeat(5000), " f".repeat(5000));
        let at = near.find("https").unwrap();
        let (from, text) = around(&near, &(at..at + 15)).unwrap();
        let found = targets(text, Path::new("/w"));
        assert_eq!(found, [(at - from..at - from + 15, "https://x.org/d".to_owned())]);
    }
}
