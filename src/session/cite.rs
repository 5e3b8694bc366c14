//! A prompt may name an earlier turn of its session by `#3`: the model, which sees no numbers, is
//! told which one is meant.

use std::fmt::Write as _;

use crate::base::cap;
use crate::protocol::{Content, text_of};
use crate::session::{Entry, State};

/// Turns that one prompt may name; one that names more is a list of something else.
const MOST: usize = 4;
/// Bytes that are quoted of a turn's prompt.
const QUOTE: usize = 2000;
/// What stands between the number and the quote.
const SAYS: &str = " of this session. Its prompt:]";

/// The prompt, and behind it the prompts of the turns that it names by number. A number without a
/// turn means nothing here, and stays as it is.
pub fn cited(state: &State, mut content: Vec<Content>) -> Vec<Content> {
    let numbers = numbers(&text_of(uncited(&content)));
    let mut said = String::new();
    for number in numbers {
        let Some(quote) = prompt_of(state, number) else { continue };
        if !said.is_empty() {
            said.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = write!(said, "[#{number} is turn {number}{SAYS}");
        for line in quote.lines() {
            let _ = write!(said, "\n> {line}");
        }
    }
    let own = uncited(&content).len();
    content.truncate(own);
    content.extend((!said.is_empty()).then(|| Content::text(said)));
    content
}

/// What the user wrote of a prompt: all but the turns that [`cited`] put behind it.
pub fn uncited(content: &[Content]) -> &[Content] {
    match content.split_last() {
        Some((last, own)) if !own.is_empty() && is_citation(last) => own,
        _ => content,
    }
}

/// Did [`cited`] write this?
pub fn is_citation(content: &Content) -> bool {
    let Content::Text { text } = content else { return false };
    let head = text.lines().next().unwrap_or_default();
    head.starts_with("[#") && head.ends_with(SAYS)
}

/// What the user said in a turn of that number, no longer than [`QUOTE`].
fn prompt_of(state: &State, wanted: u32) -> Option<String> {
    let content = state.entries.iter().find_map(|entry| match entry {
        Entry::Prompt { number, content, steer: false, .. } if *number == wanted => Some(content),
        _ => None,
    })?;
    let mut text = text_of(uncited(content)).trim().to_owned();
    if text.len() > QUOTE {
        text.truncate(cap::floor(&text, QUOTE));
        text.push_str(" …");
    }
    (!text.is_empty()).then_some(text)
}

/// The numbers behind a `#` that stand as words: not in code, and not at the beginnings of
/// several lines, as in a backtrace.
fn numbers(text: &str) -> Vec<u32> {
    let leads = |line: &str| number_at(line.trim_start()).is_some();
    let listed = text.lines().filter(|line| leads(line)).count() > 1;
    let (mut found, mut fenced) = (Vec::new(), false);
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (at, _) in line.match_indices('#') {
            let before = line[..at].chars().next_back();
            let begins = before.is_none_or(|c| c.is_whitespace() || "([{\"'“„".contains(c));
            if begins
                && !(at == 0 && listed)
                && let Some(number) = number_at(&line[at..])
                && !found.contains(&number)
            {
                found.push(number);
            }
        }
    }
    if found.len() > MOST { Vec::new() } else { found }
}

/// The number of a word like `#12` at the beginning of a text.
fn number_at(text: &str) -> Option<u32> {
    let rest = text.strip_prefix('#')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let mut after = rest[end..].chars();
    let ends = match after.next() {
        None => true,
        Some(c) if c.is_whitespace() || ")]}\"'”“,;!?".contains(c) => true,
        // A sentence ends here, or `#3's`; `#3.1` is another thing.
        Some('.' | ':') => after.next().is_none_or(char::is_whitespace),
        Some(_) => false,
    };
    rest[..end].parse().ok().filter(|&number| ends && number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::protocol::{Envelope, Event, SessionId, TurnId};

    fn state(prompts: &[&str]) -> State {
        let session = SessionId::from("s");
        let mut state = State::new(session.clone());
        for (seq, prompt) in prompts.iter().enumerate() {
            let prompt = cited(&state, vec![Content::text(*prompt)]);
            let event = Event::TurnStarted { turn: TurnId::fresh(), prompt };
            let session = session.clone();
            state.apply(&Envelope { session, seq: seq as u64 + 1, at: Millis(1), event });
        }
        state
    }

    #[rustfmt::skip]
    #[test]
    fn words_that_name_a_turn() {
        let table: [(&str, &[u32]); 14] = [
            ("undo what #3 did",                    &[3]),
            ("#3 was wrong, (#12) too: #3.",        &[3, 12]),
            ("# 3",                                 &[]),
            ("# Title\n## 3",                       &[]),
            ("#0",                                  &[]),
            ("#3x, #3-a, #3.1, #3/4",               &[]),
            ("a#3, owner/repo#3",                   &[]),
            ("\\#3",                                &[]),
            ("`#3`",                                &[]),
            ("see\n```\nwhat #3 did\n```\n#2",      &[2]),
            ("#1 0x00 in f\n#2 0x01 in g",          &[]),
            ("why?\n#1 0x0\n #2 0x1\nnot as in #3", &[3]),
            ("#1, #2, #3, #4, #5",                  &[]),
            ("#99999999999",                        &[]),
        ];
        for (text, want) in table {
            assert_eq!(numbers(text), want, "{text}");
        }
    }

    #[test]
    fn the_turn_is_quoted_once_and_what_is_no_turn_stays() {
        let state = state(&["make the\ndelay double", "as in #1", "more"]);
        let said = |text: &str| cited(&state, vec![Content::text(text)]);
        assert_eq!(said("fix #123"), [Content::text("fix #123")]);
        let quoted = said("undo #1 and #2");
        let behind = "[#1 is turn 1 of this session. Its prompt:]\n> make the\n> delay double\n\
                      [#2 is turn 2 of this session. Its prompt:]\n> as in #1";
        assert_eq!(quoted, [Content::text("undo #1 and #2"), Content::text(behind)]);
        assert_eq!(uncited(&quoted), [Content::text("undo #1 and #2")]);
        assert_eq!(cited(&state, quoted.clone()), quoted, "what comes back is not quoted twice");
        let alone = [Content::text(behind)];
        assert_eq!(uncited(&alone), alone, "what the user wrote is the user's");
    }

    #[test]
    fn a_long_prompt_is_cut() {
        let state = state(&["é".repeat(5000).as_str()]);
        let quoted = cited(&state, vec![Content::text("#1")]);
        let Content::Text { text } = &quoted[1] else { panic!("{quoted:?}") };
        assert!(text.len() < QUOTE + 100 && text.ends_with(" …"), "{}", text.len());
    }
}
