//! `read`: a file's lines, a picture, or a PDF document.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::base::picture;
use crate::protocol::Access;
use crate::protocol::Image;
use crate::protocol::ToolKind;
use crate::protocol::ToolSpec;
use crate::tool::Context;
use crate::tool::Invocation;
use crate::tool::Output;
use crate::tool::Tool;
use crate::tool::ToolError;
use crate::tool::blocking;
use crate::tool::file::LARGEST;
use crate::tool::file::Target;
use crate::tool::image;
use crate::tool::input;
use crate::tool::schema;
use crate::workspace::Stamp;
use crate::workspace::Stamper;
use crate::workspace::Workspace;

/// Lines shown where the model asks for no number.
const LINES: u64 = 2000;

/// Characters of a line that are shown.
const COLUMNS: usize = 2000;

/// Bytes of text for the model, about 50,000 tokens.
const TEXT: usize = 200 << 10;

/// Bytes of a picture.
const PICTURE: u64 = 5 << 20;

/// Bytes of a document, and its pages where they can be counted: what every service takes that
/// reads documents.
const DOCUMENT: u64 = 10 << 20;
const PAGES: usize = 100;

/// Bytes that are read to get to the first line asked for.
const FAR: u64 = 2 << 30;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file: absolute, or relative to the project's root.
    #[serde(alias = "file_path", alias = "filePath", alias = "filename", alias = "file")]
    path: String,
    /// First line to show, counted from 1.
    #[serde(default, deserialize_with = "input::number")]
    offset: Option<u64>,
    /// How many lines to show; 2000 where it is left out.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u64>,
}

/// Shows files to the model.
pub(super) struct Read(ToolSpec);

impl Read {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("read", include_str!("../../assets/tools/read.md")))
    }
}

impl Tool for Read {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(
        &self,
        input: Value,
        workspace: &Workspace,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { path, offset, limit } = input::parse(&self.0, &input)?;
        let first = offset.unwrap_or(1).max(1);
        let lines = limit.filter(|&limit| limit > 0).unwrap_or(LINES);
        Ok(Box::new(Reading { target: Target::new(workspace, &path), first, lines }))
    }
}

struct Reading {
    target: Target,
    first: u64,
    lines: u64,
}

impl Invocation for Reading {
    fn verb(&self) -> &'static str {
        "Read"
    }

    fn title(&self) -> String {
        self.target.shown.clone()
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Read
    }

    fn access(&self) -> Vec<Access> {
        vec![Access::Read { path: self.target.place.clone() }]
    }

    fn run(self: Box<Self>, cx: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        blocking(move || {
            let result = self.read(&cx);
            if cx.cancel.is_cancelled() {
                return Err(ToolError::Cancelled(format!(
                    "reading {} was stopped.",
                    self.target.shown
                )));
            }
            result
        })
    }
}

impl Reading {
    fn read(&self, cx: &Context) -> Result<Output, ToolError> {
        let (file, metadata) = self.target.open()?;
        let size = metadata.len();
        let failed = |error: io::Error| self.target.failed(&format!("reading it: {error}"));
        let source = Source {
            file,
            cancel: cx.cancel.clone(),
            stamper: (size <= LARGEST).then(Stamper::default),
            read: 0,
        };
        let mut reader = BufReader::with_capacity(64 << 10, source);
        let head = reader.fill_buf().map_err(failed)?;
        if let Some(media_type) = picture::media_type(head) {
            return self.picture(cx, reader, size, media_type);
        }
        if picture::is_pdf(head) {
            return self.document(cx, reader, size);
        }
        if let Some(sort) = image::binary(head) {
            let text = format!("{} is binary ({sort}, {size} bytes).", self.target.shown);
            return Ok(Output { text, summary: "binary".into(), ..Output::default() });
        }
        let page = self.page(&mut reader).map_err(failed)?;
        if let Some(stamp) = reader.into_inner().stamp() {
            cx.workspace.ledger.saw(self.target.real(), stamp);
        }
        self.show(page)
    }

    /// The lines asked for. A file that is remembered as seen is read to its end.
    fn page(&self, reader: &mut BufReader<Source>) -> io::Result<Page> {
        let mut page = Page { text: String::new(), shown: 0, lines: 0, more: false };
        let mut line = Vec::new();
        loop {
            let number = page.lines + 1;
            let full = page.shown >= self.lines || page.text.len() >= TEXT;
            if full && reader.get_ref().stamper.is_none() {
                page.more = !reader.fill_buf()?.is_empty();
                return Ok(page);
            }
            if full || number < self.first {
                if reader.skip_until(b'\n')? == 0 {
                    return Ok(page);
                }
            } else {
                line.clear();
                // Four bytes a character, at most.
                let limit = 4 * COLUMNS as u64;
                let mut read = reader.by_ref().take(limit).read_until(b'\n', &mut line)?;
                if read == 0 {
                    return Ok(page);
                }
                if line.last() != Some(&b'\n') {
                    read += reader.skip_until(b'\n')?;
                }
                page.push(number, &line, read);
            }
            page.lines = number;
        }
    }

    fn show(&self, page: Page) -> Result<Output, ToolError> {
        let Page { mut text, shown, lines, more } = page;
        let name = &self.target.shown;
        if lines == 0 {
            let text = format!("{name} is empty.");
            return Ok(Output { text, summary: "empty".into(), ..Output::default() });
        }
        if shown == 0 {
            let plural = if lines == 1 { "line" } else { "lines" };
            return Err(ToolError::Input(format!(
                "{name} has {lines} {plural}: offset {} is past its end.",
                self.first
            )));
        }
        let last = self.first + shown - 1;
        let summary = format!("{}-{last}", self.first);
        if more {
            let _ = write!(text, "[lines {summary}; more follow: offset {}]", last + 1);
        } else if last < lines {
            let _ = write!(text, "[lines {summary} of {lines}; next: offset {}]", last + 1);
        } else if self.first > 1 {
            let _ = write!(text, "[lines {summary}: the end of the file]");
        }
        Ok(Output { text, summary, ..Output::default() })
    }

    fn picture(
        &self,
        cx: &Context,
        reader: BufReader<Source>,
        size: u64,
        media_type: &str,
    ) -> Result<Output, ToolError> {
        let limit = "pictures above 5 MiB are not shown: make it smaller with a command";
        let refused = || self.target.failed(&format!("{media_type} of {size} bytes; {limit}"));
        let content = self.content(reader, PICTURE)?.ok_or_else(refused)?;
        let text = format!("{}: {media_type}, {} bytes.", self.target.shown, content.len());
        let summary = media_type.trim_start_matches("image/");
        Ok(self.shown(cx, &content, media_type, text, summary))
    }

    fn document(
        &self,
        cx: &Context,
        reader: BufReader<Source>,
        size: u64,
    ) -> Result<Output, ToolError> {
        let most = format!(
            "documents above 10 MiB or {PAGES} pages are not shown: take a part of it, or its \
             text, with a command (qpdf, pdftotext)"
        );
        let content = self.content(reader, DOCUMENT)?;
        let refused = |what: String| self.target.failed(&format!("PDF of {what}; {most}"));
        let content = content.ok_or_else(|| refused(format!("{size} bytes")))?;
        let pages = picture::pages(&content);
        if let Some(pages) = pages.filter(|pages| *pages > PAGES) {
            return Err(refused(format!("{pages} pages")));
        }
        let pages = match pages {
            Some(1) => ", 1 page".to_owned(),
            Some(pages) => format!(", {pages} pages"),
            None => String::new(),
        };
        let (name, bytes) = (&self.target.shown, content.len());
        let text = format!("{name}: a PDF document, {bytes} bytes{pages}.");
        Ok(self.shown(cx, &content, Image::PDF, text, "pdf"))
    }

    /// All of the file; none where that is more than `most` bytes.
    fn content(&self, reader: BufReader<Source>, most: u64) -> Result<Option<Vec<u8>>, ToolError> {
        let mut content = Vec::new();
        let read = reader.take(most + 1).read_to_end(&mut content);
        read.map_err(|error| self.target.failed(&format!("reading it: {error}")))?;
        Ok((content.len() as u64 <= most).then_some(content))
    }

    fn shown(
        &self,
        cx: &Context,
        content: &[u8],
        media_type: &str,
        text: String,
        summary: &str,
    ) -> Output {
        cx.workspace.ledger.saw(self.target.real(), Stamp::of(content));
        let data: Arc<str> = BASE64_STANDARD.encode(content).into();
        let image = Some(Image { media_type: media_type.to_owned(), data });
        Output { text, image, summary: summary.to_owned(), ..Output::default() }
    }
}

/// The lines that were asked for.
struct Page {
    text: String,
    /// How many are in the text.
    shown: u64,
    /// How many were seen in all.
    lines: u64,
    /// Whether there are more than were seen.
    more: bool,
}

impl Page {
    /// Adds a line of `whole` bytes, of which `line` is what was kept.
    fn push(&mut self, number: u64, line: &[u8], whole: usize) {
        let line = String::from_utf8_lossy(line);
        let line = line.strip_suffix('\n').unwrap_or(&line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = if number == 1 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{number}\t");
        match line.char_indices().nth(COLUMNS) {
            None => self.text.push_str(line),
            Some((at, _)) => {
                self.text.push_str(&line[..at]);
                let _ = write!(self.text, " [… cut: the line has {whole} bytes]");
            }
        }
        self.text.push('\n');
        self.shown += 1;
    }
}

/// A file that is stamped as it is read, and stops where the call does.
struct Source {
    file: File,
    cancel: CancellationToken,
    stamper: Option<Stamper>,
    read: u64,
}

impl Source {
    fn stamp(self) -> Option<Stamp> {
        self.stamper.map(Stamper::stamp)
    }
}

impl io::Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("stopped"));
        }
        if self.read > FAR {
            return Err(io::Error::other("the line is more than 2 GiB into it: use a command"));
        }
        let read = self.file.read(into)?;
        self.read += read as u64;
        if let Some(stamper) = &mut self.stamper {
            stamper.push(&into[..read]);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
