//! The export as a web page: one file, no script, nothing from outside, every word escaped.

use std::fmt::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::base::cap;
use crate::base::clock::time_of_day;
use crate::base::picture;
use crate::base::text::{Sanitised, sanitise, sanitise_lines};
use crate::protocol::{FileChange, Image, Level, LineKind, ToolStatus};
use crate::session::export::words::{changed, ended, facts, headline, length, patch, stopped};
use crate::session::export::{Document, Item};

const STYLE: &str = include_str!("style.css");

/// Bytes of a result that are shown.
const SHOWN: usize = 32 << 10;
/// Bytes of one picture, as base64, and of all of them.
const PICTURE: usize = 4 << 20;
const PICTURES: usize = 24 << 20;

/// The whole page.
pub(super) fn render(document: &Document) -> String {
    let head = &document.session;
    let title = if head.title.is_empty() { "A session of claw" } else { &head.title };
    let title = escaped(&sanitise(title));
    // Only this one style counts, and nothing is ever loaded: not even what a defect let in.
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let mut page = Page { out: String::new(), room: PICTURES };
    page.put(&format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"generator\" content=\"claw {}\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n<dl>\n",
        env!("CARGO_PKG_VERSION"),
    ));
    for (name, value) in facts(head) {
        page.put(&format!("<dt>{name}</dt><dd>{}</dd>\n", line(&value)));
    }
    page.put("</dl>\n</header>\n");
    page.turns(&document.items);
    page.put("<main>\n");
    for item in &document.items {
        page.item(item, &head.cwd);
    }
    page.put("</main>\n<footer>Exported by claw. Known secrets were taken out.</footer>\n");
    page.put("</body>\n</html>\n");
    page.out
}

/// A page in the making.
struct Page {
    out: String,
    /// Bytes of pictures that it still takes.
    room: usize,
}

impl Page {
    fn put(&mut self, html: &str) {
        self.out.push_str(html);
    }

    /// The turns, to jump to.
    fn turns(&mut self, items: &[Item]) {
        let turns = items.iter().filter_map(|item| match item {
            Item::Prompt { turn, text, steer: false, .. } => Some((turn, headline(text))),
            _ => None,
        });
        let turns: Vec<_> = turns.collect();
        if turns.len() < 2 {
            return;
        }
        self.put("<nav aria-label=\"Turns\">\n<ol>\n");
        for (turn, words) in turns {
            self.put(&format!(
                "<li value=\"{turn}\"><a href=\"#turn-{turn}\">{}</a></li>\n",
                line(&words)
            ));
        }
        self.put("</ol>\n</nav>\n");
    }

    fn item(&mut self, item: &Item, cwd: &str) {
        match item {
            Item::Prompt { turn, at, text, images, steer } => {
                let at = time_of_day(*at);
                if *steer {
                    self.put(&format!("<p class=\"who\">You, into the running turn, {at}</p>\n"));
                } else {
                    self.put(&format!(
                        "<h2 id=\"turn-{turn}\"><a href=\"#turn-{turn}\">Turn {turn}</a> <span>{at}</span></h2>\n"
                    ));
                }
                self.put(&format!(
                    "<div class=\"prompt\"><p>{}</p>",
                    marked(&sanitise_lines(text))
                ));
                for image in images {
                    self.image(image);
                }
                self.put("</div>\n");
            }
            Item::Answer { at, model, text, thinking, .. } => {
                if text.is_empty() && thinking.is_empty() {
                    return;
                }
                let (model, at) = (line(&model.0), time_of_day(*at));
                self.put(&format!("<p class=\"who\">{model}, {at}</p>\n"));
                if !thinking.is_empty() {
                    let thinking = marked(&sanitise_lines(thinking));
                    self.put(&format!(
                        "<details><summary>Its reasoning</summary><p>{thinking}</p></details>\n"
                    ));
                }
                self.answer(text);
            }
            Item::Call { .. } => self.call(item, cwd),
            Item::End { stop, took_ms, .. } => {
                let took = length(*took_ms);
                match stopped(stop) {
                    Some(why) => self
                        .put(&format!("<p class=\"end bad\">{} After {took}.</p>\n", line(&why))),
                    None => self.put(&format!("<p class=\"end\">Done in {took}.</p>\n")),
                }
            }
            Item::Notice { level, text, .. } => {
                let bad = if *level == Level::Info { "" } else { " bad" };
                self.put(&format!("<p class=\"notice{bad}\">{}</p>\n", line(text)));
            }
        }
    }

    fn call(&mut self, item: &Item, cwd: &str) {
        let Item::Call {
            name,
            verb,
            title,
            input,
            status,
            output,
            summary,
            took_ms,
            image,
            changes,
            ..
        } = item
        else {
            return;
        };
        let verb = line(if verb.is_empty() { name } else { verb });
        let bad = if *status == Some(ToolStatus::Done) { "" } else { " class=\"bad\"" };
        let mut end = ended(*status).to_owned();
        if !summary.is_empty() {
            let _ = write!(end, ", {}", line(summary));
        }
        // What was changed is what one looks for.
        let open = if changes.is_empty() { "" } else { " open" };
        self.put(&format!(
            "<details{open}><summary><b>{verb}</b> {} <span{bad}>{end}</span> \
             <span class=\"at\">{}</span></summary>\n",
            line(title),
            length(*took_ms)
        ));
        if let Some(command) = input.get("command").and_then(Value::as_str) {
            self.block(command);
        }
        for change in changes {
            self.change(change, cwd);
        }
        if !output.is_empty() {
            self.block(output);
        }
        if let Some(image) = image {
            self.image(image);
        }
        self.put("</details>\n");
    }

    fn block(&mut self, text: &str) {
        let text = cap::head_tail(text, SHOWN / 2, SHOWN / 2).text;
        let text = marked(&sanitise_lines(text.trim_end_matches('\n')));
        self.put(&format!("<pre><code>{text}</code></pre>\n"));
    }

    fn change(&mut self, change: &FileChange, cwd: &str) {
        self.put(&format!("<p class=\"file\">{}</p>\n", line(&changed(change, cwd))));
        if change.hunks.is_empty() {
            return;
        }
        self.put("<pre class=\"diff\">");
        let mut shown = 0;
        for (kind, text) in patch(change) {
            shown += text.len();
            if shown > SHOWN {
                self.put("<span class=\"hunk\">[… the rest is left out …]</span>");
                break;
            }
            let class = match kind {
                None => " class=\"hunk\"",
                Some(LineKind::Added) => " class=\"add\"",
                Some(LineKind::Removed) => " class=\"del\"",
                Some(LineKind::Context) => "",
            };
            self.put(&format!("<span{class}>{}</span>", line(&text)));
        }
        self.put("</pre>\n");
    }

    /// The words of the model: its code, headings and paragraphs; the rest of markdown as it is
    /// written.
    fn answer(&mut self, text: &str) {
        let (mut fence, mut block) = (None, Vec::new());
        for said in text.lines() {
            let trimmed = said.trim_start();
            let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
            match fence {
                Some(open) if ticks >= open && trimmed[ticks..].trim().is_empty() => {
                    self.block(&std::mem::take(&mut block).join("\n"));
                    fence = None;
                }
                None if ticks >= 3 && !trimmed[ticks..].contains('`') => {
                    self.paragraph(&std::mem::take(&mut block));
                    fence = Some(ticks);
                }
                None if said.trim().is_empty() => self.paragraph(&std::mem::take(&mut block)),
                None if heading(said).is_some() => {
                    self.paragraph(&std::mem::take(&mut block));
                    let words = coded(heading(said).unwrap_or_default());
                    self.put(&format!("<h3>{words}</h3>\n"));
                }
                _ => block.push(said),
            }
        }
        if fence.is_some() {
            self.block(&block.join("\n"));
        } else {
            self.paragraph(&block);
        }
    }

    fn paragraph(&mut self, lines: &[&str]) {
        if !lines.is_empty() {
            let words = coded(&lines.join("\n"));
            self.put(&format!("<p>{words}</p>\n"));
        }
    }

    /// A picture as part of the page, where it is one and not too large.
    fn image(&mut self, image: &Image) {
        let head = image.data.get(..64).and_then(|head| BASE64_STANDARD.decode(head).ok());
        let kind = head.as_deref().and_then(picture::media_type);
        let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let fits = image.data.len() <= PICTURE.min(self.room);
        match kind.filter(|_| fits && image.data.bytes().all(base64)) {
            Some(kind) => {
                self.room -= image.data.len();
                let data = &image.data;
                self.put(&format!("<p><img alt=\"\" src=\"data:{kind};base64,{data}\"></p>\n"));
            }
            None => self.put("<p class=\"notice\">A picture that is too large, or none.</p>\n"),
        }
    }
}

/// The words of a heading.
fn heading(line: &str) -> Option<&str> {
    let words = line.trim_start_matches('#');
    let depth = line.len() - words.len();
    (1..=6).contains(&depth).then(|| words.strip_prefix(' ')).flatten()
}

/// Words with the code between ticks in them.
fn coded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        out.push_str(&marked(&sanitise_lines(before)));
        match after.split_once('`').filter(|(code, _)| !code.is_empty()) {
            Some((code, after)) => {
                let _ = write!(out, "<code>{}</code>", marked(&sanitise_lines(code)));
                rest = after;
            }
            None => {
                out.push('`');
                rest = after;
            }
        }
    }
    out + &marked(&sanitise_lines(rest))
}

/// One line.
fn line(text: &str) -> String {
    marked(&sanitise(text))
}

/// Escaped words; what cannot be seen stands there as a mark.
fn marked(text: &Sanitised) -> String {
    let mut out = String::with_capacity(text.as_str().len());
    for (piece, mark) in text.marks() {
        if mark {
            let name = piece.as_str().trim_start_matches('<').trim_end_matches('>');
            let _ = write!(out, "<span class=\"mark\">{name}</span>");
        } else {
            out.push_str(&escaped(&piece));
        }
    }
    out
}

fn escaped(text: &Sanitised) -> String {
    let mut out = String::with_capacity(text.as_str().len());
    for c in text.as_str().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
