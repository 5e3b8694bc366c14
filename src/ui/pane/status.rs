//! The last line: what holds now, the most important at the left; what does not fit is left out.

use std::fmt::Write as _;
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text::{sanitise, width};
use crate::protocol::Mode;
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::model::Model;
use crate::ui::theme::Role;
use crate::ui::view::{focused_hints, hints, hints_right};

/// Cells of the bar that shows how full the window is.
const BAR: u64 = 8;

/// Draws it.
pub fn view(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    buf.set_style(area, model.theme.style(Role::Status));
    let wide = model.layout.bordered;
    let separator = if wide { format!(" {} ", model.theme.glyphs().separator) } else { " ".into() };
    let mut x = area.x;
    for (at, (text, role)) in parts(model, wide).into_iter().enumerate() {
        let before = if at == 0 { "" } else { separator.as_str() };
        let needed = width(before) + width(&text);
        // The first part is the mode: it is seen, cut where it must be.
        if at > 0 && usize::from(x - area.x) + needed > usize::from(area.width) {
            break;
        }
        let room = usize::from(area.right() - x);
        let muted = status(model, Role::Muted);
        x = buf.set_stringn(x, area.y, before, room, muted).0;
        let room = usize::from(area.right() - x);
        x = buf.set_stringn(x, area.y, text, room, status(model, role)).0;
    }
    let rest = Rect { x: x + 1, width: area.right().saturating_sub(x + 1), ..area };
    view_right(model, rest, buf);
}

/// A role's look on the status line's ground.
fn status(model: &Model, role: Role) -> ratatui::style::Style {
    model.theme.style(Role::Status).patch(model.theme.style(role))
}

fn view_right(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    if let Some(hint) = model.ladder.hint() {
        let cells = width(hint) as u16;
        let x = area.right().saturating_sub(cells + 1).max(area.x);
        buf.set_stringn(x, area.y, hint, usize::from(area.right() - x), status(model, Role::Wait));
        return;
    }
    let context = model.context();
    let hints = focused_hints(model).unwrap_or_else(|| {
        if matches!(context, Context::Help | Context::Palette | Context::Words) {
            return Vec::new();
        }
        // Not `?`: that is help only where nothing is written.
        let mut shown = hints(model, &[Action::Palette, Action::Help], Context::Global);
        if !(model.is_writing() && model.is_busy()) {
            shown.extend(hints(model, &[Action::Escape], context));
        }
        shown
    });
    hints_right(model, &hints, area, buf);
}

/// The parts, the most important first.
fn parts(model: &Model, wide: bool) -> Vec<(String, Role)> {
    let session = &model.session;
    let mut parts = vec![(session.mode.label().to_owned(), mode_role(session.mode))];
    if !session.pending.is_empty() {
        let waiting = format!("{} {} waiting", model.theme.glyphs().wait, session.pending.len());
        parts.push((waiting, Role::Wait));
    }
    let name = session.model.to_string();
    parts.push((if name.is_empty() { "?".to_owned() } else { name }, Role::Text));
    if let Some((attempt, of, ..)) = &session.live.retrying {
        parts.push((format!("retry {attempt} of {of}"), Role::Wait));
    }
    if session.context > 0 {
        parts.push((context_part(model, wide), Role::Text));
    }
    if let Some(branch) = &session.live.branch {
        let (changed, new) = session.live.dirty;
        let mut text = branch.clone();
        for (sign, count) in [("~", changed), ("+", new)] {
            if count > 0 {
                // Writing to a String cannot fail.
                let _ = write!(text, " {sign}{count}");
            }
        }
        parts.push((text, Role::Text));
    }
    if wide {
        parts.push((shorten(&session.cwd, model.setting.home.as_deref()), Role::Muted));
    }
    if model.size.0 >= 160 && session.usage.output > 0 {
        let (read, said) = (tokens(session.usage.prompt()), tokens(session.usage.output));
        parts.push((format!("{read} in {said} out"), Role::Muted));
    }
    for (text, _) in &mut parts {
        *text = sanitise(text).into_string();
    }
    parts
}

/// How full the model's window is; in tokens where its size is not known.
fn context_part(model: &Model, wide: bool) -> String {
    let used = model.session.context;
    let Some(size) = (model.setting.window)(&model.session.model).filter(|size| *size > 0) else {
        return format!("ctx {}", tokens(used));
    };
    let percent = used.saturating_mul(100) / size;
    if !wide {
        return format!("ctx {percent}%");
    }
    let glyphs = model.theme.glyphs();
    let full = (used.saturating_mul(BAR) / size).min(BAR) as usize;
    let bar = glyphs.full.repeat(full) + &glyphs.empty.repeat(BAR as usize - full);
    format!("ctx {bar} {percent}%")
}

fn tokens(count: u64) -> String {
    match count {
        0..1000 => count.to_string(),
        1000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{}.{}M", count / 1_000_000, count / 100_000 % 10),
    }
}

fn shorten(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

fn mode_role(mode: Mode) -> Role {
    match mode {
        Mode::Default => Role::ModeAsk,
        Mode::AcceptEdits => Role::ModeEdits,
        Mode::Plan => Role::ModePlan,
        Mode::Auto => Role::ModeAuto,
        Mode::Bypass => Role::ModeBypass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_paths_are_short() {
        let table = [(0, "0"), (999, "999"), (68_400, "68k"), (1_250_000, "1.2M")];
        for (count, expected) in table {
            assert_eq!(tokens(count), expected);
        }
        let home = Path::new("/home/u");
        assert_eq!(shorten(Path::new("/home/u/src/api"), Some(home)), "~/src/api");
        assert_eq!(shorten(Path::new("/home/u"), Some(home)), "~");
        assert_eq!(shorten(Path::new("/srv"), Some(home)), "/srv");
    }
}
