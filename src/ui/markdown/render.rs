//! One block of markdown to rows.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::base::text;
use crate::ui::markdown::code;
use crate::ui::markdown::inline::Inline;
use crate::ui::markdown::table::Table;
use crate::ui::markdown::{OPTIONS, Paint};
use crate::ui::row::{Origin, Row};
use crate::ui::theme::Role;

/// Deeper quotes and lists are shown at this depth.
const MAX_DEPTH: usize = 12;
/// However narrow the room and deep the list: the text has this many cells.
pub(super) const MIN_WIDTH: usize = 8;

/// The rows of `source` at `width` cells.
///
/// Without `paint` the text is still being said: then a table is shown as it was written, so that
/// its columns do not dance. `origin` says where the source stands in what was said.
pub(super) fn render(
    source: &str,
    width: usize,
    paint: Option<Paint<'_>>,
    origin: Option<Origin>,
) -> Vec<Row> {
    let parser = Parser::new_ext(source, OPTIONS);
    // Their links may be in other blocks, which do not know them: what was said is shown.
    let definitions = parser.reference_definitions().iter();
    let mut definitions: Vec<Range<usize>> = definitions.map(|(_, def)| def.span.clone()).collect();
    definitions.sort_by_key(|span| std::cmp::Reverse(span.start));
    let mut renderer = Renderer::new(source, width, paint);
    renderer.inline.origin = origin;
    let mut depth = 0_usize;
    for (event, range) in parser.into_offset_iter() {
        if depth == 0 {
            renderer.define(&mut definitions, range.start);
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        renderer.take(event, range);
    }
    renderer.define(&mut definitions, source.len());
    renderer.flush();
    renderer.rows
}

/// A code block in the making: its language, its lines, and where each begins in the source.
#[derive(Default)]
struct Code {
    language: String,
    said: String,
    lines: Vec<usize>,
}

impl Code {
    /// Takes more of it, which stands at byte `at` of the source.
    fn push(&mut self, text: &str, at: usize) {
        if self.said.is_empty() || self.said.ends_with('\n') {
            self.lines.push(at);
        }
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        self.lines.extend(ends.filter(|&end| end < text.len()).map(|end| at + end));
        self.said.push_str(text);
    }
}

/// What stands before the rows of a quote or a list item.
struct Prefix {
    first: Option<Row>,
    rest: Row,
}

struct Renderer<'s, 'p> {
    source: &'s str,
    width: usize,
    paint: Option<Paint<'p>>,
    rows: Vec<Row>,
    inline: Inline,
    prefixes: Vec<Prefix>,
    /// Open quotes and items that are too deep for a prefix of their own.
    deeper: usize,
    /// The next number of each open list; none where it has bullets.
    lists: Vec<Option<u64>>,
    quotes: usize,
    /// A block ended: a blank row comes before the next.
    gap: bool,
    code: Option<Code>,
    table: Option<Table>,
}

impl<'s, 'p> Renderer<'s, 'p> {
    fn new(source: &'s str, width: usize, paint: Option<Paint<'p>>) -> Self {
        Self {
            source,
            width,
            paint,
            rows: Vec::new(),
            inline: Inline::default(),
            prefixes: Vec::new(),
            deeper: 0,
            lists: Vec::new(),
            quotes: 0,
            gap: false,
            code: None,
            table: None,
        }
    }

    fn take(&mut self, event: Event<'s>, range: Range<usize>) {
        if let Some(code) = &mut self.code
            && let Event::Text(text) = &event
        {
            code.push(text, range.start);
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::SoftBreak | Event::HardBreak if self.table.is_none() => self.flush(),
            Event::SoftBreak | Event::HardBreak => self.inline.line.push(" ", Role::Text),
            Event::Rule => {
                self.begin();
                let mut rule = Row::default();
                rule.repeat("─", self.room().min(24), Role::Border);
                self.emit(&rule);
                self.gap = true;
            }
            Event::Html(html) => self.raw(&html, range.start, Role::Muted),
            other => {
                self.inline.take(&other, range);
            }
        }
    }

    fn start(&mut self, tag: Tag<'s>, range: Range<usize>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.begin(),
            Tag::Heading { level, .. } => {
                self.begin();
                self.inline.base = Some(Role::Heading);
                self.inline.line.repeat("#", level as usize, Role::Heading);
                self.inline.line.push(" ", Role::Heading);
            }
            Tag::BlockQuote(_) => {
                self.begin();
                self.quotes += 1;
                self.inline.base = Some(Role::Quote);
                self.prefix(None, Row::new("│ ", Role::Quote));
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.begin();
                } else {
                    self.flush();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                self.begin();
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}. ");
                        *number = number.saturating_add(1);
                        Row::new(text::sanitise(&marker), Role::Muted)
                    }
                    _ => Row::new("- ", Role::Muted),
                };
                let mut rest = Row::default();
                rest.repeat(" ", marker.width(), Role::Text);
                self.prefix(Some(marker), rest);
            }
            Tag::CodeBlock(kind) => {
                self.begin();
                let language = match &kind {
                    CodeBlockKind::Fenced(name) => name.split_whitespace().next().unwrap_or(""),
                    CodeBlockKind::Indented => "",
                };
                self.code = Some(Code { language: language.to_owned(), ..Code::default() });
            }
            Tag::Table(_) => {
                self.begin();
                self.table = Some(Table::default());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
                self.inline.base = matches!(tag, Tag::TableHead).then_some(Role::Strong);
            }
            other => {
                self.inline.take(&Event::Start(other), range);
            }
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(_) => {
                self.flush();
                self.inline.base = (self.quotes > 0).then_some(Role::Quote);
                self.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.close();
                self.quotes = self.quotes.saturating_sub(1);
                self.inline.base = (self.quotes > 0).then_some(Role::Quote);
                self.gap = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap |= self.lists.is_empty();
            }
            TagEnd::Item => {
                self.flush();
                self.close();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::TableCell => {
                let cell = self.inline.end();
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => self.inline.base = None,
            TagEnd::Table => self.end_table(range),
            other => {
                self.inline.take(&Event::End(other), range);
            }
        }
    }

    fn end_code(&mut self) {
        let Some(Code { language, said, lines }) = self.code.take() else { return };
        self.emit(&code::head(&language));
        let paint: Option<Paint<'_>> = match &mut self.paint {
            Some(paint) => Some(*paint),
            None => None,
        };
        let room = room(self.width, &self.prefixes);
        let origins = self.inline.origin.map(|origin| (origin, lines.as_slice()));
        for row in code::rows(&language, &said, room, paint, origins) {
            self.emit(&row);
        }
        self.emit(&code::foot());
        self.gap = true;
    }

    fn end_table(&mut self, range: Range<usize>) {
        let Some(table) = self.table.take() else { return };
        self.inline.base = (self.quotes > 0).then_some(Role::Quote);
        let laid_out = if self.paint.is_some() { table.layout(self.room()) } else { None };
        match laid_out {
            Some(rows) => rows.iter().for_each(|row| self.emit(row)),
            None => {
                let start = range.start;
                self.raw(self.source.get(range).unwrap_or_default(), start, Role::Text);
            }
        }
        self.gap = true;
    }

    /// Shows the link definitions before byte `to`; `open` holds them, the last first.
    fn define(&mut self, open: &mut Vec<Range<usize>>, to: usize) {
        if open.last().is_some_and(|span| span.start < to) {
            self.begin();
            self.gap = true;
        }
        while let Some(span) = open.pop_if(|span| span.start < to) {
            let start = span.start;
            self.raw(self.source.get(span).unwrap_or_default(), start, Role::Muted);
        }
    }

    /// Text as it was written, line by line, from byte `at` of the source on.
    fn raw(&mut self, source: &str, at: usize, role: Role) {
        self.flush();
        let safe = text::sanitise_prose(source);
        for (line, (start, said)) in safe.lines().zip(text::lines(source)) {
            let origin = self.inline.origin.map(|origin| origin.after(at + start));
            for row in Row::new(line, role).from(origin, said.len()).wrap(self.room()) {
                self.emit(&row);
            }
        }
    }

    /// A block begins: what is open ends, and a blank row keeps it apart from the block before.
    fn begin(&mut self) {
        self.flush();
        if std::mem::take(&mut self.gap) {
            let mut blank = Row::default();
            for prefix in self.prefixes.iter().filter(|prefix| prefix.first.is_none()) {
                blank.join(&prefix.rest);
            }
            self.rows.push(blank);
        }
    }

    fn prefix(&mut self, first: Option<Row>, rest: Row) {
        if self.prefixes.len() < MAX_DEPTH {
            self.prefixes.push(Prefix { first, rest });
        } else {
            self.deeper += 1;
        }
    }

    /// A container ends; an item without words has its mark at least.
    fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        if self.prefixes.last().is_some_and(|prefix| prefix.first.is_some()) {
            self.emit(&Row::default());
        }
        self.prefixes.pop();
    }

    fn room(&self) -> usize {
        room(self.width, &self.prefixes)
    }

    fn flush(&mut self) {
        if self.inline.line.is_empty() {
            return;
        }
        for row in self.inline.end().wrap(self.room()) {
            self.emit(&row);
        }
    }

    fn emit(&mut self, row: &Row) {
        let mut whole = Row::default();
        for prefix in &mut self.prefixes {
            whole.join(prefix.first.take().as_ref().unwrap_or(&prefix.rest));
        }
        whole.join(row);
        self.rows.push(whole);
    }
}

fn room(width: usize, prefixes: &[Prefix]) -> usize {
    let taken: usize = prefixes.iter().map(|prefix| prefix.rest.width()).sum();
    width.saturating_sub(taken).max(MIN_WIDTH)
}
