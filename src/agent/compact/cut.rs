//! Where a session is cut: what is left out, and what stays as it was said.

use crate::agent::context::{kept, placed, request};
use crate::agent::size;
use crate::protocol::Trigger;
use crate::session::{Entry, State};

/// The most that stays as it was said behind the cut, in tokens.
const TAIL: u64 = 24_000;
/// The most that stands in place of what is left out, in tokens.
const TEXT: u64 = 16_000;
/// The least, where the window is small.
const LEAST_TEXT: u64 = 600;
/// What is freed at least: this many tokens, and this share of the prompt.
const FREED: (u64, u64) = (1_000, 10);

/// How a session would be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// Prompts and messages at the end that stay as they are.
    pub(super) kept: usize,
    /// The entry that is the first of them.
    pub(super) from: usize,
    /// The size of the prompt now.
    pub(super) before: u64,
    /// The size of all that stays: instructions, tools, the last request, the end.
    pub(super) stays: u64,
    /// How long the text may be that stands in place of the rest.
    pub(super) text: u64,
}

/// Why a session is not cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Uncut {
    /// Hardly anything would be freed: so much fills the window, this much of it cannot go.
    Little(u64, u64),
    /// The last compaction is too near: it would be one after the other.
    Again(u64),
}

/// Works out where to cut; `fixed` is what stands before everything that was said, `usable` what
/// of the window a prompt may fill.
pub(super) fn cut(state: &State, fixed: u64, usable: u64, why: Trigger) -> Result<Cut, Uncut> {
    let before = size::now(state, fixed);
    // Whoever takes a prompt no longer has a smaller window than is known.
    let usable = if why == Trigger::TooLong { usable.min(before / 2) } else { usable };
    if why == Trigger::Full
        && let Some(after) = last(state)
        && before < after.saturating_add(usable / 10)
    {
        return Err(Uncut::Again(before));
    }
    let sizes = placed(state).into_iter().map(|(at, input)| (at, size::input(&input)));
    let sizes: Vec<(usize, u64)> = sizes.collect();
    let behind = |from: usize| -> u64 {
        let inside = sizes.iter().filter(|(at, _)| *at >= from);
        inside.map(|(_, size)| size).sum()
    };
    // The last request and what was said into its turn stay wherever they stand.
    let asked = request(&state.entries).unwrap_or(state.entries.len());
    let prompts = |to: usize| -> u64 {
        let is_prompt = |at: usize| matches!(state.entries[at], Entry::Prompt { .. });
        let all = sizes.iter().filter(|(at, _)| (asked..to).contains(at) && is_prompt(*at));
        all.map(|(_, size)| size).sum()
    };
    let text = (usable * 3 / 20).clamp(LEAST_TEXT.min(usable / 4), TEXT);
    let most = (usable / 5).min(before / 4).min(TAIL);
    // Something of the end stays, where there is room for it at all.
    let room = usable.saturating_sub(fixed + text + prompts(state.entries.len()));
    let (mut count, mut from) = (0, state.entries.len());
    loop {
        let next = kept(&state.entries, count + 1);
        if next >= from || is_compacted(state, next) {
            break;
        }
        let tail = behind(next);
        if tail > most.min(room / 2) && !(count == 0 && tail <= room / 2) {
            break;
        }
        (count, from) = (count + 1, next);
    }
    let stays = fixed + prompts(from) + behind(from);
    let freed = before.saturating_sub(stays);
    if freed < FREED.0.max(before / FREED.1) {
        return Err(Uncut::Little(before, stays));
    }
    Ok(Cut { kept: count, from, before, stays, text: text.min(freed / 2) })
}

/// Is an entry before the last cut, and so no longer sent as it was said?
fn is_compacted(state: &State, at: usize) -> bool {
    state.entries[at..].iter().any(|entry| matches!(entry, Entry::Compacted { .. }))
}

/// The size that the last compaction left.
fn last(state: &State) -> Option<u64> {
    state.entries.iter().rev().find_map(|entry| match entry {
        Entry::Compacted { compaction, .. } => Some(compaction.after),
        _ => None,
    })
}
