//! What sending the draft would cost, before it is sent.

use std::fmt::Write as _;

use crate::protocol::Usage;
use crate::ui::model::Model;
use crate::ui::widget::elapsed::tokens;

/// From how many characters on it is said.
const LONG: usize = 200;
/// Characters of a token, about.
const CHARS: u64 = 4;
/// Tokens of a picture, about.
const PICTURE: u64 = 1500;

/// About how many tokens the draft is, what the request costs, and how full the window gets; none
/// where the draft is short, or where no price is known.
pub(super) fn cost(model: &Model) -> Option<String> {
    let composer = &model.composer;
    let images = composer.images() as u64;
    if composer.editor.text().len() <= LONG && !composer.has_atoms() {
        return None;
    }
    let said = composer.text();
    let chars = said.chars().count();
    if chars <= LONG && images == 0 {
        return None;
    }
    let chars = said.chars().map(|c| if c.is_ascii() { 1 } else { CHARS }).sum::<u64>();
    let new = chars.div_ceil(CHARS) + images * PICTURE;
    let before = model.session.context;
    let usage = Usage { input: new, cache_read: before, ..Usage::default() };
    let dollars = (model.setting.price)(&model.session.model, &usage)?;
    let mut out = format!("~{} tokens, ${dollars:.2}", tokens(new));
    if dollars < 0.01 {
        out = format!("~{} tokens, <$0.01", tokens(new));
    }
    if let Some(size) = (model.setting.window)(&model.session.model).filter(|size| *size > 0) {
        let percent = |used: u64| used.saturating_mul(100) / size;
        let arrow = if model.theme.is_ascii() { "->" } else { "\u{2192}" };
        // Writing to a String cannot fail.
        let _ = write!(out, ", context {} {arrow} {}%", percent(before), percent(before + new));
    }
    Some(out)
}
