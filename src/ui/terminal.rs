//! The terminal: taken whole, drawn to in single writes, given back as it was, however claw ends.

mod ask;
mod kind;
mod link;
mod paint;
mod reset;

pub use ask::{Answers, ground, interview};
pub use kind::{Call, Kind, Multiplexer, Place};
pub use reset::reset;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

use anyhow::{Context as _, Result, bail};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, Terminal};

use crate::exec;
use crate::ui::link::Link;
use crate::ui::signal::{Agent, Manner, Signal};
use paint::Paint;

/// Alternate screen, pastes as one event, reports of the focus, and the title kept for later.
///
/// The kitty keyboard flag 1 (tell Esc and Shift+Enter apart) is pushed without asking first: a
/// terminal that does not know it ignores it, and an answer would be waited for before the first
/// frame. Flags are kept per screen, so the push comes after the switch and the pop before it.
const ENTER: &str = "\x1b[?1049h\x1b[22;0t\x1b[?2004h\x1b[?1004h\x1b[>1u";
/// Clicks, drags, and their reports in the SGR way; not 1003, which reports every move.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Everything back, whatever was on: also in the middle of a frame.
const LEAVE: &str = "\x1b[?2026l\x1b[<1u\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\
                     \x1b[0m\x1b[?25h\x1b[23;0t\x1b[?1049l";
const FRAME_BEGIN: &str = "\x1b[?2026h";
const FRAME_END: &str = "\x1b[?2026l";
const HIDE: &str = "\x1b[?25l";
const SHOW: &str = "\x1b[?25h";

/// The terminal is ours now: only then is there something to give back.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();
/// What takes back the state that the terminal was told last.
static LAST_WORDS: Mutex<String> = Mutex::new(String::new());

/// The terminal, taken. Dropping it gives it back.
pub struct Tty {
    terminal: Terminal<Paint>,
    mouse: bool,
    title: String,
    /// What the terminal is told besides what it shows, and what it was told last of it.
    pub manner: Manner,
    told: [Option<Signal>; 2],
    /// It was stopped by us: the signal that follows says nothing new.
    stopped: bool,
}

impl Tty {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// Fails where input or output is no terminal, and says what to do instead.
    pub fn enter(mouse: bool) -> Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            bail!(
                "starting the screen: input and output have to be a terminal; \
                 use `claw -p PROMPT` in a pipe or a script"
            );
        }
        give_back_on_panic(thread::current().id());
        // NO_COLOR chose the theme, where nobody else did: a theme that was chosen has its colours.
        crossterm::style::force_color_output(true);
        take(mouse)?;
        // From here on dropping it gives the terminal back.
        let paint = Paint { size: size(), ..Paint::default() };
        let made = Terminal::new(paint).context("starting the screen");
        let terminal = made.inspect_err(|_| give_back())?;
        let (manner, told) = (Manner::default(), [None, None]);
        let mut tty = Self { terminal, mouse, title: String::new(), manner, told, stopped: false };
        tty.repaint();
        Ok(tty)
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let Size { width, height } = size();
        (width, height)
    }

    /// Draws a frame of a size: one write, between begin and end of a synchronized update. What is
    /// drawn was laid out for that size; a terminal that has another one by now says so, and the
    /// next frame is of that. `links` finds what of it leads somewhere, where the terminal takes
    /// that.
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn draw(
        &mut self,
        title: &str,
        (width, height): (u16, u16),
        draw: impl FnOnce(&mut Frame<'_>),
        links: impl FnOnce(&Buffer) -> Vec<Link>,
    ) -> Result<()> {
        self.terminal.backend_mut().size = Size { width, height };
        let linked = self.manner.place.takes_links();
        // A path here is another one where the terminal is.
        let remote = self.manner.place.remote;
        let links = |drawn: &Buffer| {
            let mut links = if linked { links(drawn) } else { Vec::new() };
            links.retain(|link| !remote || !link.url.starts_with("file:"));
            links
        };
        link::paint(&mut self.terminal, draw, links)?;
        let paint = self.terminal.backend_mut();
        if self.title != title {
            title.clone_into(&mut self.title);
            paint.bytes.extend_from_slice(format!("\x1b]2;{title}\x07").as_bytes());
        }
        let frame = paint.take_frame();
        put(&frame)
    }

    /// The next frame clears the screen and draws all of it.
    pub fn repaint(&mut self) {
        let Size { width, height } = size();
        self.terminal.backend_mut().size = size();
        // It only writes into our own bytes.
        let _ = self.terminal.resize(Rect::new(0, 0, width, height));
        self.terminal.backend_mut().drawn = (false, None);
    }

    /// Turns the reports of the mouse on or off.
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn set_mouse(&mut self, on: bool) -> Result<()> {
        self.mouse = on;
        put(if on { MOUSE_ON } else { MOUSE_OFF }.as_bytes())
    }

    /// Tells the terminal something besides what it shows.
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn tell(&mut self, signal: &Signal) -> Result<()> {
        let bytes = signal.bytes(&self.manner);
        match signal {
            Signal::Agent(_) => {
                // The state of a program that is gone is none.
                let idle = Signal::Agent(Agent::Idle).bytes(&self.manner);
                if let Ok(mut last) = LAST_WORDS.lock() {
                    *last = idle;
                }
                self.told[0] = Some(signal.clone());
            }
            Signal::Armed(_) => self.told[1] = Some(signal.clone()),
            Signal::Call(_) | Signal::Directory(_) => {}
        }
        put(bytes.as_bytes())
    }

    /// Says to the terminal what it understands and does not show.
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn say(&mut self, words: &str) -> Result<()> {
        put(words.as_bytes())
    }

    /// Leaves the screen for a moment and prints a text, safe to print, into what can be scrolled.
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn print(&mut self, text: &str) -> Result<()> {
        give_back();
        put(format!("{}\n", text.trim_end()).as_bytes())?;
        self.retake()
    }

    /// Takes the terminal again after [`leave`].
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn back(&mut self) -> Result<()> {
        self.retake()
    }

    /// Gives the shell the terminal, stops, and takes the terminal again when it goes on.
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn suspend(&mut self) -> Result<()> {
        #[cfg(unix)]
        {
            give_back();
            // Not TSTP, which is caught: this one stops us here and now, until CONT. The shell
            // watches the whole group, as it would for its own Ctrl+Z.
            self.stopped = exec::stop();
            self.retake()?;
        }
        Ok(())
    }

    /// The program goes on after it was stopped: takes the terminal, where that is not done yet.
    ///
    /// # Errors
    ///
    /// Fails where the terminal is gone.
    pub fn resume(&mut self) -> Result<()> {
        if std::mem::take(&mut self.stopped) {
            return Ok(());
        }
        // Stopped from outside, without a chance to give the terminal back first.
        give_back();
        self.retake()
    }

    fn retake(&mut self) -> Result<()> {
        take(self.mouse)?;
        for signal in self.told.clone().iter().flatten() {
            self.tell(signal)?;
        }
        self.title.clear();
        self.repaint();
        Ok(())
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        give_back();
    }
}

/// Lets another program have the terminal until [`Tty::back`].
pub fn leave() {
    give_back();
}

/// The size that the terminal says; where it says none, the oldest size there is.
fn size() -> Size {
    match crossterm::terminal::size() {
        Ok((width, height)) if width > 0 && height > 0 => Size { width, height },
        _ => Size { width: 80, height: 24 },
    }
}

fn take(mouse: bool) -> Result<()> {
    crossterm::terminal::enable_raw_mode().context("switching the terminal to raw mode")?;
    TAKEN.store(true, Ordering::SeqCst);
    put(format!("{ENTER}{}", if mouse { MOUSE_ON } else { "" }).as_bytes())
}

/// Gives the terminal back, once. What fails here has nobody left to be told.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = put(LEAVE.as_bytes());
        // Held only where a panic came in the middle of it.
        if let Ok(mut last) = LAST_WORDS.try_lock() {
            let _ = put(std::mem::take(&mut *last).as_bytes());
        }
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// A panic of the screen's thread gives the terminal back before it is reported. One of another
/// thread is only logged: the screen lives on, and a report would be written across it.
fn give_back_on_panic(screen: ThreadId) {
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if TAKEN.load(Ordering::SeqCst) && thread::current().id() != screen {
                tracing::error!("{panic}");
                return;
            }
            give_back();
            report(panic);
        }));
    });
}

/// One write to the terminal.
fn put(bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).context("writing to the terminal")
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Position;

    use super::*;

    fn drawn(terminal: &mut Terminal<Paint>, text: &str, cursor: Option<Position>) -> String {
        terminal
            .draw(|frame| {
                frame.buffer_mut().set_string(0, 0, text, ratatui::style::Style::new());
                if let Some(cursor) = cursor {
                    frame.set_cursor_position(cursor);
                }
            })
            .unwrap();
        String::from_utf8(terminal.backend_mut().take_frame()).unwrap()
    }

    #[test]
    fn a_frame_is_one_synchronized_update_and_an_unchanged_one_is_nothing() {
        let size = Size { width: 20, height: 2 };
        let mut terminal = Terminal::new(Paint { size, ..Paint::default() }).unwrap();
        let at = Some(Position { x: 3, y: 1 });
        let first = drawn(&mut terminal, "ab", at);
        assert!(first.starts_with("\x1b[?2026h\x1b[?25l"), "{first:?}");
        assert!(first.ends_with("\x1b[2;4H\x1b[?25h\x1b[?2026l"), "{first:?}");
        assert_eq!(drawn(&mut terminal, "ab", at), "");
        let key = drawn(&mut terminal, "abc", at);
        assert!(!key.contains("\x1b[2J") && key.len() <= 80, "{key:?}");
        assert!(!key.contains("\x1b[49m"), "one reset is enough: {key:?}");
        let hidden = drawn(&mut terminal, "abc", None);
        assert_eq!(hidden, "\x1b[?2026h\x1b[?25l\x1b[?2026l");
    }

    #[test]
    fn what_stands_behind_a_sign_of_several_characters_is_placed_anew() {
        let size = Size { width: 20, height: 2 };
        let mut terminal = Terminal::new(Paint { size, ..Paint::default() }).unwrap();
        terminal.clear().unwrap();
        let frame = drawn(&mut terminal, "a\u{1f44d}\u{1f3fd}b e\u{301}c", None);
        for place in ["\x1b[1;1H", "\x1b[1;4H", "\x1b[1;7H"] {
            assert!(frame.contains(place), "{place:?}: {frame:?}");
        }
        let other = drawn(&mut terminal, "ax b", None);
        assert!(other.contains("\x1b[1;2Hx b  "), "nothing is left of it: {other:?}");
        let plain = drawn(&mut terminal, "plainwords", None);
        assert_eq!(plain.matches('H').count(), 1, "{plain:?}");
    }

    #[test]
    fn a_small_gap_is_written_again_and_a_large_one_passed() {
        let size = Size { width: 60, height: 2 };
        let mut terminal = Terminal::new(Paint { size, ..Paint::default() }).unwrap();
        terminal.clear().unwrap();
        drawn(&mut terminal, "w1 w2 w3 日 w4 and what stands between here", None);
        let frame = drawn(&mut terminal, "v1 v2 v3 日 v4 and what stands between hers", None);
        assert!(frame.contains("v1 v2 v"), "{frame:?}");
        assert!(!frame.contains('日') && !frame.contains("between"), "{frame:?}");
    }

    proptest::proptest! {
        #[test]
        fn the_terminal_shows_what_was_drawn(
            frames in proptest::collection::vec("([ab 日-]|e\u{301}){0,16}", 1..8),
        ) {
            let size = Size { width: 20, height: 1 };
            let mut terminal = Terminal::new(Paint { size, ..Paint::default() }).unwrap();
            terminal.clear().unwrap();
            let one = std::num::NonZeroU16::MIN;
            let mut shown = vt100::Parser::new(one, one.saturating_add(19), 0);
            for text in frames {
                // As far as it fits: a wide one is not cut.
                let text = crate::base::text::sanitise(&text).truncate(18).into_string();
                shown.process(drawn(&mut terminal, &text, None).as_bytes());
                let seen = shown.screen().contents();
                proptest::prop_assert_eq!(seen.trim_end(), text.trim_end());
            }
        }
    }

    #[test]
    fn a_new_size_clears_once_inside_the_frame() {
        let size = Size { width: 20, height: 2 };
        let mut terminal = Terminal::new(Paint { size, ..Paint::default() }).unwrap();
        let _ = drawn(&mut terminal, "ab", None);
        terminal.backend_mut().size = Size { width: 10, height: 3 };
        let frame = drawn(&mut terminal, "ab", None);
        assert_eq!(frame.matches("\x1b[2J").count(), 1, "{frame:?}");
        assert!(frame.starts_with("\x1b[?2026h"), "{frame:?}");
    }
}
