//! Questions to the terminal, asked before the screen is taken: later its answers would be keys.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, background_color};

use crate::ui::theme::Ground;

/// How long a terminal may take to answer. Nearly all answer the question that stands last, what
/// they are, at once: only a silent terminal is waited for.
const PATIENCE: Duration = Duration::from_millis(150);
/// Who asks what a terminal can do has the time of a slow line.
const LONG_PATIENCE: Duration = Duration::from_millis(500);

/// The terminal's ground; none where it does not say. Not asked where something is typed already:
/// that is for the composer.
pub fn ground() -> Option<Ground> {
    raw(|| {
        if typed(Duration::ZERO) {
            return None;
        }
        let mut options = QueryOptions::default();
        options.timeout = PATIENCE;
        let colour = background_color(options).ok()?;
        Some(if colour.perceived_lightness() > 0.5 { Ground::Light } else { Ground::Dark })
    })?
}

/// What a terminal said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    /// It answered at all.
    pub answered: bool,
    /// Its name and version.
    pub name: Option<String>,
    /// It draws a frame at once (mode 2026).
    pub synchronized: bool,
    /// It tells Esc, Shift+Enter and Ctrl+I apart (the kitty keys).
    pub kitty_keys: bool,
    /// How many cells it gives a line, an emoji, and an emoji made of two characters.
    pub widths: Vec<u16>,
}

/// Is it synchronized? The keys? The name? Where is the cursor after each of three signs? At last:
/// what are you? That every terminal answers, and what was not answered before it is not known.
const QUESTIONS: &str = "\x1b[?2026$p\x1b[?u\x1b[>0q\
                         \r\u{2500}\x1b[6n\r\u{1f980}\x1b[6n\r\u{2764}\u{fe0f}\x1b[6n\r\x1b[K\x1b[c";

/// Asks the terminal what it can do; none where there is none.
pub fn interview() -> Option<Answers> {
    raw(|| {
        super::put(QUESTIONS.as_bytes()).ok()?;
        let mut said = Vec::new();
        while !is_last(&said) && typed(LONG_PATIENCE) {
            let mut bytes = [0; 1024];
            match rustix::io::read(io::stdin(), &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(count) => said.extend_from_slice(&bytes[..count]),
            }
        }
        Some(read(&String::from_utf8_lossy(&said)))
    })?
}

/// Does something on the terminal while that hands on every byte at once; none where there is no
/// terminal.
fn raw<T>(ask: impl FnOnce() -> T) -> Option<T> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::enable_raw_mode().ok()?;
    let answer = ask();
    // What cannot be given back now is given back at the end, or nobody is there.
    let _ = crossterm::terminal::disable_raw_mode();
    Some(answer)
}

/// Can something be read within this time?
#[cfg(unix)]
fn typed(within: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let within = Timespec::try_from(within).ok();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut fds, within.as_ref()).is_ok_and(|ready| ready > 0)
}

#[cfg(not(unix))]
fn typed(_: Duration) -> bool {
    false
}

/// Is the answer to the last question there?
fn is_last(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said);
    sequences(&text).any(|(kind, body)| kind == '[' && body.starts_with('?') && body.ends_with('c'))
}

/// The control sequences of a text: what kind, and the rest up to the end.
fn sequences(text: &str) -> impl Iterator<Item = (char, &str)> {
    text.split('\x1b').skip(1).filter_map(|part| {
        let kind = part.chars().next()?;
        let body = &part[kind.len_utf8()..];
        let end = match kind {
            '[' => body.find(|c: char| ('@'..='~').contains(&c)).map(|at| at + 1)?,
            _ => body.len(),
        };
        Some((kind, &body[..end]))
    })
}

/// Makes sense of what was said.
fn read(said: &str) -> Answers {
    let mut answers = Answers::default();
    for (kind, body) in sequences(said) {
        match kind {
            'P' => answers.name = body.strip_prefix(">|").map(|name| name.trim().to_owned()),
            '[' => match body.chars().next_back() {
                Some('y') => answers.synchronized = matches!(body, "?2026;1$y" | "?2026;2$y"),
                Some('u') => answers.kitty_keys = body.starts_with('?'),
                Some('c') => answers.answered = true,
                Some('R') => {
                    let column = body.trim_end_matches('R').split(';').nth(1);
                    let column = column.and_then(|column| column.parse::<u16>().ok());
                    answers.widths.extend(column.map(|column| column.saturating_sub(1)));
                }
                _ => {}
            },
            _ => {}
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_says_of_itself_is_understood() {
        let kitty = "\x1b[?2026;2$y\x1b[?0u\x1bP>|kitty(0.40.0)\x1b\\\
                     \x1b[4;2R\x1b[4;3R\x1b[4;3R\x1b[?62;52;c";
        let expected = Answers {
            answered: true,
            name: Some("kitty(0.40.0)".to_owned()),
            synchronized: true,
            kitty_keys: true,
            widths: vec![1, 2, 2],
        };
        assert_eq!(read(kitty), expected);
        let plain = "\x1b[?2026;0$y\x1b[1;3R\x1b[1;3R\x1b[1;2R\x1b[?1;2c";
        let expected = Answers { answered: true, widths: vec![2, 2, 1], ..Answers::default() };
        assert_eq!(read(plain), expected);
        assert_eq!(read(""), Answers::default());
        assert_eq!(read("rubbish \x1b[ \x1b"), Answers::default());
    }

    #[test]
    fn the_last_answer_is_known_when_it_is_there() {
        for (said, last) in [
            ("", false),
            ("\x1b[?2026;2$y\x1b[?0u", false),
            ("\x1b[?62;5", false),
            ("\x1b[?62;52c", true),
        ] {
            assert_eq!(is_last(said.as_bytes()), last, "{said:?}");
        }
    }
}
