//! How much of a model's window a prompt fills, in tokens: as its service counted it, else as it is
//! estimated.

use crate::agent::context::placed;
use crate::protocol::{Content, Image, ToolSpec};
use crate::provider::{Input, Model};
use crate::session::{Entry, State};

/// Latin letters of a long word that make a token; a short word is one.
const LETTERS: u64 = 8;
/// The same of other alphabets.
const FOREIGN: u64 = 4;
/// Signs in a row that make a token.
const SIGNS: u64 = 3;
/// Tokens of a message beside its content.
const AROUND: u64 = 4;
/// Tokens of the largest picture that services count as it is; a larger one is made smaller.
const LARGEST: u64 = 1600;
/// Tokens of a page of a document, which is read as words and as a picture, and its usual size in
/// base64.
const PAGE: u64 = 2_500;
const PAGE_BYTES: u64 = 60_000;

/// Tokens of a text, estimated without a model's vocabulary.
///
/// Words, numbers, signs, indents and letters of other scripts count by rules of their own; the
/// tests measure how far off it is.
pub fn text(text: &str) -> u64 {
    let mut tokens = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let mut more = |like: fn(char) -> bool| -> u64 {
            let mut count = 1;
            while rest.next_if(|next| like(*next)).is_some() {
                count += 1;
            }
            count
        };
        tokens += match c {
            c if is_latin(c) => more(is_latin).div_ceil(LETTERS),
            '0'..='9' => more(|c| c.is_ascii_digit()).div_ceil(3),
            // A single one belongs to the word behind it.
            ' ' => u64::from(more(|c| c == ' ') > 1),
            '\n' | '\t' | '\r' => more(|c| matches!(c, '\n' | '\t' | '\r')).min(1),
            // Signs that follow each other are often one: `":{"`, `();`, `----`.
            c if c.is_ascii_punctuation() => more(|c| c.is_ascii_punctuation()).div_ceil(SIGNS),
            c if c.is_ascii() || is_wide(c) => 1,
            c if c.is_alphabetic() => more(is_foreign).div_ceil(FOREIGN),
            _ => 2,
        };
    }
    tokens
}

/// A Latin letter, with an accent or not.
fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || (matches!(c, '\u{c0}'..='\u{24f}') && c.is_alphabetic())
}

/// A letter of another alphabet.
fn is_foreign(c: char) -> bool {
    c.is_alphabetic() && !is_latin(c) && !is_wide(c)
}

/// A sign of Chinese, Japanese or Korean: about a token each.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Tokens of a picture, by the size of its file: its measures would have to be decoded.
pub fn image(image: &Image) -> u64 {
    if image.is_document() {
        return (image.data.len() as u64 / PAGE_BYTES).max(1) * PAGE;
    }
    (image.data.len() as u64 / 150).clamp(85, LARGEST)
}

/// Tokens of something that was said.
pub fn input(input: &Input) -> u64 {
    AROUND
        + match input {
            Input::User(content) => content.iter().map(part).sum(),
            Input::Assistant(message) => message.content.iter().map(part).sum(),
            Input::Result { outcome, .. } => {
                text(&outcome.text) + outcome.image.as_ref().map_or(0, image)
            }
        }
}

fn part(content: &Content) -> u64 {
    match content {
        Content::Text { text: said } | Content::Thinking { text: said, .. } => text(said),
        Content::RedactedThinking { data } => data.len() as u64 / 4,
        Content::Image(picture) => image(picture),
        Content::Served { block } => text(&block.to_string()),
        Content::Citations { all } => all.iter().map(|one| text(&one.to_string())).sum(),
        Content::ToolUse(asked) => AROUND + text(&asked.name) + text(&asked.input.to_string()),
    }
}

/// Tokens of what stands before everything that was said: instructions and tools.
pub fn fixed(system: &str, tools: &[ToolSpec]) -> u64 {
    let of = |tool: &ToolSpec| {
        AROUND + text(&tool.name) + text(&tool.description) + text(&tool.schema.to_string())
    };
    text(system) + tools.iter().map(of).sum::<u64>()
}

/// Tokens of the prompt that would be sent now: what the service counted the last time, and an
/// estimate of what came after. Where nothing was counted, all is estimated; `fixed` is then what
/// stands before everything that was said.
pub fn now(state: &State, fixed: u64) -> u64 {
    let counted = counted(state);
    let (known, from) = match counted {
        Some(at) => (state.context, at + 1),
        None => (fixed, 0),
    };
    let new = placed(state).into_iter().filter(|(at, _)| *at >= from);
    known + new.map(|(_, one)| input(&one)).sum::<u64>()
}

/// The entry up to which the state's figure counts.
pub(super) fn counted(state: &State) -> Option<usize> {
    state.entries.iter().rposition(|entry| match entry {
        Entry::Message { message, .. } => message.usage.prompt() > 0,
        Entry::Compacted { .. } => true,
        _ => false,
    })
}

/// Tokens of a model's window that a prompt may fill: room for an answer is left.
pub fn usable(model: &Model) -> u64 {
    let window = u64::from(model.window);
    window - u64::from(model.max_output).min(window / 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and what a vocabulary of two hundred thousand words (o200k) makes of them, counted.
    const COUNTED: &str = include_str!("../../tests/samples/tokens.jsonl");
    /// The same of files.
    const FILES: &[(&str, u64, &str)] = &[
        ("tool", 361, include_str!("../../assets/tools/bash.md")),
        ("stream", 773, include_str!("../../tests/wire/chat-openai.jsonl")),
        ("license", 252, include_str!("../../LICENSE")),
    ];

    #[derive(serde::Deserialize)]
    struct Sample {
        name: String,
        counted: u64,
        text: String,
    }

    #[test]
    fn the_estimate_is_near_what_was_counted() {
        let lines = COUNTED.lines().map(|line| serde_json::from_str(line).unwrap());
        let texts = lines.map(|Sample { name, counted, text }| (name, counted, text));
        let files = FILES
            .iter()
            .map(|(name, counted, text)| ((*name).to_owned(), *counted, (*text).to_owned()));
        let (mut all, mut estimated, mut worst) = (0, 0, 0.0_f64);
        for (name, counted, said) in texts.chain(files) {
            let got = text(&said);
            let off = got as f64 / counted as f64 - 1.0;
            println!("{name:8} counted {counted:5} estimated {got:5} off {:+.0} %", off * 100.0);
            (all, estimated, worst) = (all + counted, estimated + got, worst.max(off.abs()));
        }
        let off = estimated as f64 / all as f64 - 1.0;
        println!("all: off {:+.1} %, at most {:.0} %", off * 100.0, worst * 100.0);
        assert!(off.abs() < 0.1 && worst < 0.35, "{off} {worst}");
    }

    #[test]
    fn what_was_counted_is_not_estimated() {
        use crate::agent::compact::tests::Tale;
        let mut tale = Tale::new();
        tale.prompt("hello there");
        let all = now(&tale.state, 500);
        assert_eq!(all, 500 + text("hello there") + AROUND);
        tale.round("m1", &[("c1", 3_500)], 20_000);
        let result = AROUND + text(&"word of text ".repeat(3_500 / 13));
        assert!(now(&tale.state, 500).abs_diff(20_010 + result) < 20, "{}", now(&tale.state, 500));
    }
}
