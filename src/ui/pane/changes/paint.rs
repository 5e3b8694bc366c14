//! A row of a change as it is drawn: numbers, sign, text; words that differ and the colours of the
//! language over it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::base::text;
use crate::protocol::{ChangeKind, FileChange, Hunk, LineKind};
use crate::ui::effect::{Effect, Effects};
use crate::ui::highlight;
use crate::ui::highlight::{Highlighted, Lines, Request};
use crate::ui::pane::changes::rows::Side;
use crate::ui::row::{Ink, Row};
use crate::ui::theme::Role;
use crate::ui::widget::diff_rows::{differing, is_marker, relative};

/// Hunks whose colours are kept; the oldest go first.
const KEPT: usize = 512;
/// Requests under way: fewer than the highlighter takes, which others use too.
const ASKED: usize = 24;
/// Bytes of a line above which it stays plain.
const PLAIN: usize = 4 << 10;

/// How lines are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lens {
    /// Cells of a line number.
    pub digits: usize,
    /// Words that differ stand out.
    pub words: bool,
    /// Changed lines have a ground of their own: then they may have the language's colours, too.
    pub grounds: bool,
    /// Cells that are scrolled out of sight at the left.
    pub column: usize,
    /// Cells of a row.
    pub cells: usize,
}

/// One line of a hunk.
pub(super) fn line(hunk: &Hunk, side: Side, syntax: Option<&Lines>, lens: &Lens) -> Row {
    let at = side.at as usize;
    let Some(line) = hunk.lines.get(at) else { return Row::default() };
    let (sign, role, word) = match line.kind {
        LineKind::Context => (" ", Role::Text, Role::Text),
        LineKind::Added => ("+", Role::DiffAdd, Role::DiffAddWord),
        LineKind::Removed => ("-", Role::DiffDel, Role::DiffDelWord),
    };
    let digits = lens.digits;
    let number = match side.number {
        0 => " ".repeat(digits),
        number => format!("{number:>digits$}"),
    };
    let all = text::sanitise_line(&line.text);
    let same = all.as_str() == line.text;
    // Blanks at the end of an added line are what nobody sees: they are shown as dots.
    let whole = all.as_str().len();
    let kept = if line.kind == LineKind::Added { all.trim_end() } else { all };
    let length = kept.as_str().len();
    // What is shown of a prefix is a prefix of what is shown.
    let place = |range: &Range<usize>| {
        let one = |at: usize| {
            if same {
                return at.min(length);
            }
            let before = text::sanitise_line(line.text.get(..at).unwrap_or(""));
            before.as_str().len().min(length)
        };
        one(range.start)..one(range.end)
    };
    let words = if lens.words { differing(&hunk.lines, at) } else { Vec::new() };
    let words: Vec<Range<usize>> = words.iter().map(place).collect();
    let coloured = line.kind == LineKind::Context || lens.grounds;
    let syntax = syntax.filter(|_| coloured && line.text.len() <= PLAIN);
    let syntax = syntax.and_then(|lines| lines.get(row_of(hunk, at)));
    let syntax = syntax.into_iter().flatten().map(|(range, role)| (place(range), *role));
    let mut said = Row::new(kept, Ink::exact(role));
    said.paint(&inks(syntax, &words, word));
    said.repeat("·", whole - length, word);
    let cut = if lens.column > 0 && whole > 0 { "…" } else { " " };
    let mut row = Row::new(text::sanitise(&number), Role::DiffGutter);
    row.push(" ", role);
    row.push(sign, role);
    row.push(cut, role);
    row.join(&said.skipped(lens.column));
    let row = row.truncated(lens.cells);
    if line.kind == LineKind::Context {
        return row;
    }
    // The language's colours have no ground: the line's lies behind them.
    let row = row.padded(role, lens.cells);
    if lens.grounds { row.filled(role) } else { row }
}

/// Words go over the language's colours; both ascending, and none over another.
fn inks(
    syntax: impl Iterator<Item = (Range<usize>, Role)>,
    words: &[Range<usize>],
    word: Role,
) -> Vec<(Range<usize>, Ink)> {
    let mut inks: Vec<_> = words.iter().map(|range| (range.clone(), Ink::exact(word))).collect();
    for (range, role) in syntax {
        let mut from = range.start;
        for word in words.iter().filter(|w| w.end > range.start && w.start < range.end) {
            inks.push((from..word.start.max(from), Ink::exact(role)));
            from = word.end;
        }
        inks.push((from..range.end.max(from), Ink::exact(role)));
    }
    inks.retain(|(range, _)| !range.is_empty());
    inks.sort_by_key(|(range, _)| range.start);
    inks
}

/// Which line of its side's code a line of a hunk is.
fn row_of(hunk: &Hunk, at: usize) -> usize {
    let other =
        if hunk.lines[at].kind == LineKind::Removed { LineKind::Added } else { LineKind::Removed };
    hunk.lines[..at].iter().filter(|line| line.kind != other).count()
}

/// A file begins.
pub(super) fn file(change: &FileChange, project: &Path, folded: bool, cells: usize) -> Row {
    let (letter, role) = kind(change);
    let mut counts = Row::new(" ", Role::Text).then(&count(change));
    if change.staged > 0 {
        counts.push(text::sanitise(&format!(" · {} staged", change.staged)), Role::Muted);
    }
    let sign = if folded { "▸ " } else { "▾ " };
    let left = Row::new(sign, Role::Border).with(letter, role).with(" ", Role::Text);
    let room = cells.saturating_sub(counts.width() + left.width() + 1);
    let mut name = relative(&change.path, project);
    if let Some(from) = &change.from {
        let both = format!("{} → {name}", relative(from, project));
        name = text::sanitise(&both);
    }
    let left = left.with(name.truncate_start(room), Role::Heading).with(" ", Role::Text);
    let rest = cells.saturating_sub(left.width() + counts.width());
    let mut row = left;
    row.repeat("─", rest, Role::Border);
    row.then(&counts).truncated(cells)
}

/// The unchanged lines above a hunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fold {
    /// How many of them are seen.
    pub unfolded: usize,
    /// The cursor is on it: it is said what the key does.
    pub key: bool,
}

/// A hunk begins: which, in what function, and how much above it is as it was.
pub(super) fn hunk(change: &FileChange, at: usize, fold: &Fold, cells: usize) -> Row {
    let hunk = &change.hunks[at];
    let mut row = Row::new("─ ", Role::Border);
    let which = format!("hunk {}/{} ", at + 1, change.hunks.len());
    row.push(text::sanitise(&which), Role::Muted);
    let gap = gap(change, at);
    let noun = if gap == 1 { "line" } else { "lines" };
    let above = match (fold.unfolded, fold.key) {
        (0, false) => format!(" {gap} unchanged {noun} above"),
        (0, true) => format!(" {gap} unchanged {noun} · Enter shows"),
        (_, false) if gap > 0 => format!(" {gap} more unchanged {noun} above"),
        (_, false) => String::new(),
        (lines, true) => format!(" {lines} unchanged · Enter folds"),
    };
    let above = text::sanitise(&above);
    if let Some(name) = function(hunk) {
        let room = cells.saturating_sub(row.width() + 4);
        row.push("· ", Role::Muted);
        row.push(text::sanitise_line(name).truncate(room.min(48)), Role::Accent);
        row.push(" ", Role::Muted);
    }
    let tail = text::width(above.as_str());
    let says =
        !above.as_str().is_empty() && gap + fold.unfolded > 0 && row.width() + tail + 4 <= cells;
    let rule = cells.saturating_sub(row.width() + if says { tail + 2 } else { 0 });
    row.repeat("─", rule, Role::Border);
    if says {
        row.push(above, Role::Muted);
        row.push(" ─", Role::Border);
    }
    row.truncated(cells)
}

/// Why a file is not shown as lines.
pub(super) fn note(change: &FileChange, cells: usize) -> Row {
    let words = match &change.note {
        Some(note) => format!("  {note}: not shown as lines · e opens it"),
        None if change.from.is_some() => "  renamed, no line differs".to_owned(),
        None if change.added + change.removed == 0 => "  no line differs".to_owned(),
        None => "  not shown as lines · e opens it".to_owned(),
    };
    Row::new(text::sanitise(&words), Role::Muted).truncated(cells)
}

/// The letter of what happened to a file.
pub(super) fn kind(change: &FileChange) -> (&'static str, Role) {
    match change.kind {
        _ if change.from.is_some() => ("R", Role::Accent),
        ChangeKind::Added => ("A", Role::DiffAddCount),
        ChangeKind::Modified => ("M", Role::Accent),
        ChangeKind::Deleted => ("D", Role::DiffDelCount),
    }
}

/// `+9 -2`, without what is 0.
pub(super) fn count(change: &FileChange) -> Row {
    let mut row = Row::default();
    let counts =
        [(Role::DiffAddCount, '+', change.added), (Role::DiffDelCount, '-', change.removed)];
    for (role, sign, count) in counts.into_iter().filter(|(.., count)| *count > 0) {
        let blank = if row.is_empty() { "" } else { " " };
        row.push(text::sanitise(&format!("{blank}{sign}{count}")), role);
    }
    row
}

/// How many lines between this hunk and the one before it are as they were.
pub(super) fn gap(change: &FileChange, at: usize) -> usize {
    let hunk = &change.hunks[at];
    let before = at.checked_sub(1).map_or(1, |before| {
        let before = &change.hunks[before];
        let old = before.lines.iter();
        let old = old.filter(|line| line.kind != LineKind::Added && !is_marker(line)).count();
        before.old_start.saturating_add(old)
    });
    hunk.old_start.saturating_sub(before)
}

/// Words that begin what code is named by.
const NAMED: &[&str] = &[
    "fn ",
    "def ",
    "class ",
    "func ",
    "function ",
    "impl ",
    "mod ",
    "struct ",
    "enum ",
    "trait ",
    "interface ",
    "type ",
    "module ",
    "namespace ",
    "test(",
    "describe(",
];

/// What the first difference of a hunk stands in, where the hunk's own lines tell.
fn function(hunk: &Hunk) -> Option<&str> {
    let first = hunk.lines.iter().position(|line| line.kind != LineKind::Context)?;
    let indent = |text: &str| text.len() - text.trim_start().len();
    let changed = hunk.lines[first..].iter().find(|line| !line.text.trim().is_empty())?;
    let deep = indent(&changed.text);
    let name = |text: &str| {
        let bare = text.trim_start();
        NAMED.iter().any(|word| match bare.find(word) {
            Some(0) => true,
            // After words such as `pub(crate) async`.
            Some(at) => {
                at < 24 && bare[..at].chars().all(|c| c.is_alphanumeric() || " ()_".contains(c))
            }
            None => false,
        })
    };
    let own = Some(changed).filter(|line| name(&line.text));
    let above = hunk.lines[..first].iter().rev();
    let above = || above.clone().find(|line| indent(&line.text) < deep && name(&line.text));
    let line = own.or_else(above)?;
    Some(line.text.trim().trim_end_matches(['{', ':', ' ', '(']))
}

/// The colours of hunks that are known, asked for, or wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Paints {
    known: HashMap<u64, Arc<Lines>>,
    order: VecDeque<u64>,
    asked: HashSet<u64>,
    wanted: Vec<Request>,
    /// The keys of the two sides of a hunk, as long as the changes are the same.
    keys: HashMap<(usize, usize), [Option<u64>; 2]>,
}

impl Paints {
    /// The changes are others.
    pub(super) fn forget_places(&mut self) {
        self.keys.clear();
    }

    /// Asks for the colours of a hunk that is in sight.
    pub(super) fn want(&mut self, change: &FileChange, file: usize, at: usize) {
        if self.keys.contains_key(&(file, at)) || self.asked.len() >= ASKED {
            return;
        }
        let Some(hunk) = change.hunks.get(at) else { return };
        let language = change.path.file_name().unwrap_or_default().to_string_lossy();
        let keys = [LineKind::Added, LineKind::Removed].map(|other| {
            let code: String = hunk
                .lines
                .iter()
                .filter(|line| line.kind != other)
                .flat_map(|line| [line.text.as_str(), "\n"])
                .collect();
            let key = highlight::key(&language, &code);
            if !self.known.contains_key(&key) && !self.asked.contains(&key) {
                self.wanted.push(Request::new(&language, &code)?);
                self.asked.insert(key);
            }
            Some(key)
        });
        self.keys.insert((file, at), keys);
    }

    /// The colours of a side of a hunk, where they are known.
    pub(super) fn of(&self, file: usize, hunk: usize, kind: LineKind) -> Option<&Lines> {
        let [old, new] = self.keys.get(&(file, hunk)).copied()?;
        let key = if kind == LineKind::Removed { old } else { new };
        self.known.get(&key?).map(|lines| &**lines)
    }

    /// What was not asked for yet.
    pub(super) fn wanted(&mut self) -> Effects {
        self.wanted.drain(..).map(Effect::Highlight).collect()
    }

    /// Takes colours in. Were they asked for here?
    pub(super) fn take(&mut self, done: Highlighted) -> bool {
        if !self.asked.remove(&done.key) {
            return false;
        }
        if self.known.insert(done.key, done.lines).is_none() {
            self.order.push_back(done.key);
        }
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
                self.keys.retain(|_, keys| !keys.contains(&Some(oldest)));
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pane::tests::change;

    const LENS: Lens = Lens { digits: 3, words: true, grounds: true, column: 0, cells: 40 };

    fn side(at: u32) -> Side {
        Side { at, number: at + 1 }
    }

    #[test]
    fn words_go_over_colours() {
        let change = change("/w/a.rs", &[(1, 1, &["-let a = one;", "+let a = two;"])]);
        let hunk = &change.hunks[0];
        let syntax: Lines = vec![vec![(0..3, Role::SyntaxKeyword), (6..12, Role::SyntaxType)]];
        let row = line(hunk, side(1), Some(&syntax), &LENS);
        assert_eq!(row.text().trim_end(), "  2 + let a = two;");
        assert_eq!(row.of(Role::SyntaxKeyword), "let");
        assert_eq!(
            (row.of(Role::SyntaxType), row.of(Role::DiffAddWord)),
            ("= ;".into(), "two".into())
        );
        let plain =
            line(hunk, side(1), Some(&syntax), &Lens { grounds: false, words: false, ..LENS });
        assert_eq!(plain.of(Role::SyntaxKeyword), "");
        assert_eq!(plain.of(Role::DiffAddWord), "");
    }

    #[test]
    fn a_long_line_is_cut_and_can_be_scrolled() {
        let change =
            change("/w/a", &[(1, 1, &["+0123456789abcdefghijklmnopqrstuvwxyz\u{1b}0123456789 "])]);
        let hunk = &change.hunks[0];
        let cells = 20;
        let at =
            |column| line(hunk, side(0), None, &Lens { column, cells, ..LENS }).text().to_owned();
        assert_eq!(at(0), "  1 + 0123456789abc…");
        assert_eq!(at(10), "  1 +…abcdefghijklm…");
        assert_eq!(at(44), "  1 +…0123456789·   ");
        assert_eq!(at(400).trim_end(), "  1 +…");
    }

    #[test]
    fn a_hunk_names_its_function_and_the_gap() {
        let change = change(
            "/w/a.rs",
            &[
                (12, 12, &[" pub(crate) fn send(", "     a: u8", "-    b", "+    c"]),
                (40, 40, &["     x", "+fn new() {"]),
                (42, 43, &["-", "+"]),
            ],
        );
        let header = |at, cells| {
            let fold = Fold { unfolded: 0, key: false };
            hunk(&change, at, &fold, cells).text().to_owned()
        };
        assert_eq!(
            header(0, 64),
            "─ hunk 1/3 · pub(crate) fn send ────── 11 unchanged lines above ─".replacen(
                "──────",
                &"─".repeat(5),
                1
            )
        );
        assert_eq!(header(0, 30).trim_end_matches('─'), "─ hunk 1/3 · pub(crate) fn … ");
        assert!(header(1, 64).starts_with("─ hunk 2/3 · fn new() ─"), "{}", header(1, 64));
        assert!(header(1, 64).ends_with(" 25 unchanged lines above ─"), "{}", header(1, 64));
        assert!(header(2, 64).starts_with("─ hunk 3/3 ─"));
        assert!(header(2, 64).ends_with(" 1 unchanged line above ─"), "{}", header(2, 64));
    }

    #[test]
    fn colours_are_asked_for_once_and_found_by_content() {
        let change = change("/w/a.rs", &[(1, 1, &[" let a;", "-let b;", "+let c;"])]);
        let mut paints = Paints::default();
        paints.want(&change, 0, 0);
        let wanted = paints.wanted();
        assert_eq!(wanted.len(), 2, "one for each side");
        paints.want(&change, 0, 0);
        assert_eq!(paints.wanted(), []);
        let codes: Vec<_> = wanted
            .into_iter()
            .map(|effect| match effect {
                Effect::Highlight(request) => request,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(&*codes[0].code, "let a;\nlet b;\n");
        let lines = Arc::new(highlight::highlight("rs", &codes[0].code));
        assert!(paints.take(Highlighted { key: codes[0].key, lines }));
        assert!(paints.of(0, 0, LineKind::Removed).is_some());
        assert_eq!(paints.of(0, 0, LineKind::Context), None);
        paints.forget_places();
        paints.want(&change, 4, 0);
        assert_eq!(paints.wanted(), [], "known, or under way");
        assert!(paints.of(4, 0, LineKind::Removed).is_some());
        assert!(!paints.take(Highlighted { key: 7, lines: Arc::default() }), "another's");
    }
}
