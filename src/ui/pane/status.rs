//! The last line: what holds now; where not all of it fits, the most important stays.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text::{below_home, sanitise, width};
use crate::protocol::{Mode, SandboxState};
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::model::Model;
use crate::ui::theme::Role;
use crate::ui::view::{focused_hints, hints, hints_right};
use crate::ui::widget::badge::badge;
use crate::ui::widget::elapsed::{dollars as words, tokens};

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
    for (at, part) in fitting(parts(model, wide), width(&separator), area.width).iter().enumerate()
    {
        let before = if at == 0 { "" } else { separator.as_str() };
        for (text, role) in [(before, Role::Muted), (part.text.as_str(), part.role)] {
            let room = usize::from(area.right() - x);
            x = buf.set_stringn(x, area.y, text, room, status(model, role)).0;
        }
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
        let lists = [Context::Picker, Context::Models, Context::Cost, Context::Window];
        let alone = [Context::Help, Context::Preview, Context::SessionWords];
        let asked = context.is_question() && context != Context::Permission;
        if asked || alone.contains(&context) || lists.contains(&context) {
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

/// A part of the line.
struct Part {
    text: String,
    role: Role,
    /// Which parts go first where not all fit: those of the highest rank.
    rank: u8,
}

/// The parts that there is room for, in their order. The mode is always one: cut where it must be.
fn fitting(mut parts: Vec<Part>, separator: usize, room: u16) -> Vec<Part> {
    let wide = |parts: &[Part]| {
        let each = parts.iter().map(|part| width(&part.text) + separator);
        each.sum::<usize>().saturating_sub(separator)
    };
    while wide(&parts) > usize::from(room) && parts.len() > 1 {
        let worst = parts.iter().map(|part| part.rank).max();
        parts.retain(|part| Some(part.rank) != worst);
    }
    parts
}

/// All parts, from left to right; none of the same rank as another.
fn parts(model: &Model, wide: bool) -> Vec<Part> {
    let session = &model.session;
    let mut parts = Vec::new();
    let mut part = |rank, text: &str, role| {
        parts.push(Part { text: sanitise(text).into_string(), role, rank });
    };
    part(0, session.mode.label(), mode_role(session.mode));
    let efforts = (model.setting.efforts)(&session.model);
    let name = badge(&session.model, session.effort, &efforts, model.theme.glyphs().dot);
    if let Some(state) = &session.live.sandbox {
        let (rank, words, role) = sandbox_part(state, wide);
        part(rank, words, role);
    }
    part(3, if name.is_empty() { "?" } else { &name }, Role::Text);
    if session.live.compacting.is_some() {
        part(4, "compacting", Role::Run);
    } else if let Some((attempt, of, ..)) = &session.live.retrying {
        part(4, &format!("retry {attempt} of {of}"), Role::Wait);
    }
    if session.context > 0 {
        part(5, &context_part(model, wide), Role::Text);
    }
    if let Some(dollars) = model.spent.dollars().filter(|dollars| *dollars > 0.0) {
        part(6, &words(dollars), Role::Text);
    }
    if model.size.0 >= 160 && session.usage.output > 0 {
        let (read, said) = (tokens(session.usage.prompt()), tokens(session.usage.output));
        part(9, &format!("{read} in {said} out"), Role::Muted);
    }
    if let Some(branch) = &session.live.branch {
        let (changed, new) = session.live.dirty;
        let mut text = branch.clone();
        for (sign, count) in [(" +", new), (if new > 0 { "~" } else { " ~" }, changed)] {
            if count > 0 {
                // Writing to a String cannot fail.
                let _ = write!(text, "{sign}{count}");
            }
        }
        part(7, &text, Role::Text);
    }
    if wide {
        part(8, &below_home(&session.cwd, model.setting.home.as_deref()), Role::Muted);
    }
    if model.waiting() > 0 {
        let waiting = format!("{} {} waiting", model.theme.glyphs().wait, model.waiting());
        part(1, &waiting, Role::Wait);
    }
    parts
}

/// What holds commands back: how soon it may go, the words, their role.
fn sandbox_part(state: &SandboxState, wide: bool) -> (u8, &'static str, Role) {
    match state {
        SandboxState::Confined { .. } => (10, "sandbox", Role::Muted),
        SandboxState::Off | SandboxState::Outside => (2, "no sandbox", Role::RiskChange),
        SandboxState::Unavailable { .. } if wide => {
            (2, "sandbox unavailable: every command asks", Role::RiskSevere)
        }
        SandboxState::Unavailable { .. } => (2, "sandbox unavailable", Role::RiskSevere),
    }
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

fn mode_role(mode: Mode) -> Role {
    match mode {
        Mode::Default => Role::ModeAsk,
        Mode::AcceptEdits => Role::ModeEdits,
        Mode::Plan | Mode::DontAsk => Role::ModePlan,
        Mode::Auto => Role::ModeAuto,
        Mode::Bypass => Role::ModeBypass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Reach;

    #[test]
    fn a_sandbox_that_does_not_hold_is_said_and_stays() {
        let confined = SandboxState::Confined { roots: vec!["/w".into()], network: Reach::Nothing };
        let table = [
            (confined, "sandbox", "sandbox"),
            (SandboxState::Off, "no sandbox", "no sandbox"),
            (
                SandboxState::Unavailable { why: "ENOSYS".into() },
                "sandbox unavailable: every command asks",
                "sandbox unavailable",
            ),
        ];
        for (state, wide, narrow) in table {
            let (rank, words, role) = sandbox_part(&state, true);
            assert_eq!((words, sandbox_part(&state, false).1), (wide, narrow));
            let holds = words == "sandbox";
            assert_eq!((rank > 9, role == Role::Muted), (holds, holds), "{words}");
        }
    }

    #[test]
    fn what_matters_least_goes_first_and_the_order_stays() {
        let part = |text: &str, rank| Part { text: text.to_owned(), role: Role::Text, rank };
        let all = || vec![part("ASK", 0), part("m", 2), part("main", 3), part("! 1", 1)];
        for (room, want) in [(20, "ASK m main ! 1"), (13, "ASK m ! 1"), (8, "ASK ! 1"), (2, "ASK")]
        {
            let kept: Vec<_> = fitting(all(), 1, room).into_iter().map(|part| part.text).collect();
            assert_eq!(kept.join(" "), want, "{room}");
        }
    }
}
