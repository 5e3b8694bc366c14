//! Where the player stands, its keys, and the bar in its last line.

use std::fmt::Write as _;

use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget as _;

use crate::base::clock::Millis;
use crate::base::text::{sanitise, width};
use crate::ui::action::Action;
use crate::ui::keymap::Chord;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::hints::Hints;

/// How fast it plays.
const SPEEDS: [(u32, &str); 7] =
    [(25, "1/4x"), (50, "1/2x"), (100, "1x"), (200, "2x"), (400, "4x"), (800, "8x"), (1600, "16x")];
/// The speed of what was.
const NORMAL: usize = 2;
/// The longest pause between two pictures: where nothing happened, nobody has to wait.
const PAUSE: Duration = Duration::from_secs(2);
/// How far a jump goes.
const JUMP: usize = 10;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Play,
    Back,
    On,
    JumpBack,
    JumpOn,
    First,
    Last,
    Slower,
    Faster,
    Scroll(Action),
    Quit,
}

/// The keys; those with a label are hints, the most useful first.
const KEYS: &[(&[&str], &str, Key)] = &[
    (&["Space"], "play", Key::Play),
    (&["Left", "h"], "back", Key::Back),
    (&["Right", "l"], "on", Key::On),
    (&["q", "Esc", "Ctrl+C"], "quit", Key::Quit),
    (&["["], "10 back", Key::JumpBack),
    (&["]"], "10 on", Key::JumpOn),
    (&["Home", "g"], "first", Key::First),
    (&["End", "G"], "last", Key::Last),
    (&["-"], "slower", Key::Slower),
    (&["+", "="], "faster", Key::Faster),
    (&["PgUp"], "", Key::Scroll(Action::TranscriptPageUp)),
    (&["PgDn"], "", Key::Scroll(Action::TranscriptPageDown)),
    (&["Up", "k"], "", Key::Scroll(Action::Up)),
    (&["Down", "j"], "", Key::Scroll(Action::Down)),
];

/// What a key asks for beside the player's own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Nothing.
    Nothing,
    /// Scroll in the picture.
    Scroll(Action),
    /// Leave.
    Quit,
}

/// Where the player stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// The picture that is wanted, from 0.
    pub at: usize,
    times: Vec<Millis>,
    playing: bool,
    speed: usize,
    /// The pictures are turns.
    turns: bool,
    note: Option<String>,
}

impl Player {
    /// At the first of these pictures; `note` is seen until a key.
    pub fn new(times: Vec<Millis>, turns: bool, note: Option<String>) -> Self {
        Self { at: 0, times, playing: false, speed: NORMAL, turns, note }
    }

    fn last(&self) -> usize {
        self.times.len().saturating_sub(1)
    }

    /// A key.
    pub fn press(&mut self, chord: Chord) -> Press {
        self.note = None;
        let chord = chord.to_string();
        let found = KEYS.iter().find(|(chords, ..)| chords.contains(&&*chord));
        let Some((.., key)) = found else { return Press::Nothing };
        let at = self.at;
        match key {
            Key::Play => {
                // At the end it plays again from the beginning.
                if !self.playing && at == self.last() {
                    self.at = 0;
                }
                self.playing = !self.playing;
                return Press::Nothing;
            }
            Key::Slower => {
                self.speed = self.speed.saturating_sub(1);
                return Press::Nothing;
            }
            Key::Faster => {
                self.speed = (self.speed + 1).min(SPEEDS.len() - 1);
                return Press::Nothing;
            }
            Key::Scroll(action) => return Press::Scroll(*action),
            Key::Quit => return Press::Quit,
            Key::Back => self.at = at.saturating_sub(1),
            Key::On => self.at = (at + 1).min(self.last()),
            Key::JumpBack => self.at = at.saturating_sub(JUMP),
            Key::JumpOn => self.at = (at + JUMP).min(self.last()),
            Key::First => self.at = 0,
            Key::Last => self.at = self.last(),
        }
        self.playing = false;
        Press::Nothing
    }

    /// How long the picture stays while it plays; none while it stands.
    pub fn pause(&self) -> Option<Duration> {
        let (now, next) = (self.times.get(self.at)?, self.times.get(self.at + 1)?);
        let pause = next.since(*now).min(PAUSE) * 100 / SPEEDS[self.speed].0;
        self.playing.then_some(pause)
    }

    /// The next picture's time has come.
    pub fn next(&mut self) {
        self.at = (self.at + 1).min(self.last());
        self.playing &= self.at < self.last();
    }

    /// Draws a picture, whose number is `shown`, and below it the bar.
    pub fn view(&self, shown: usize, picture: &Buffer, theme: &Theme, frame: &mut Frame<'_>) {
        let area = frame.area();
        let room = Rect { height: area.height.saturating_sub(1), ..area };
        let buf = frame.buffer_mut();
        buf.set_style(area, theme.style(Role::Background));
        let seen = room.intersection(picture.area);
        for y in seen.top()..seen.bottom() {
            for x in seen.left()..seen.right() {
                buf[(x, y)] = picture[(x, y)].clone();
            }
        }
        let bar = Rect { y: room.bottom(), height: area.height.min(1), ..area };
        let small = seen != picture.area;
        self.bar(shown, small.then_some(picture.area), theme, bar, buf);
    }

    fn bar(&self, shown: usize, cut: Option<Rect>, theme: &Theme, area: Rect, buf: &mut Buffer) {
        buf.set_style(area, theme.style(Role::Status));
        let total = self.times.last().copied().unwrap_or_default();
        let time = self.times.get(shown).copied().unwrap_or_default();
        let (place, of) = if self.turns {
            (format!("turn {shown}"), self.last())
        } else {
            (format!("frame {}", shown + 1), self.times.len())
        };
        let state = if self.playing { "playing" } else { "paused" };
        let speed = SPEEDS[self.speed].1;
        let mut text =
            format!(" {state}  {place}/{of}  {}/{}  {speed} ", clock(time), clock(total));
        if shown != self.at {
            text.push_str(" reading on ");
        }
        if let Some(Rect { width, height, .. }) = cut {
            // Writing to a String cannot fail.
            let _ = write!(text, " {width}x{height}: not all of it fits ");
        }
        let style = theme.style(if self.note.is_some() { Role::Wait } else { Role::Status });
        let said = self.note.as_ref().map(|note| format!(" {}", sanitise(note).as_str()));
        let text = said.unwrap_or(text);
        let (x, _) = buf.set_stringn(area.x, area.y, &text, usize::from(area.width), style);
        let mut room = Rect { x, width: area.right().saturating_sub(x), ..area };
        if self.note.is_some() {
            return;
        }
        let named = KEYS.iter().filter(|(_, label, _)| !label.is_empty());
        let hints: Vec<_> =
            named.map(|(chords, label, _)| (chords[0].to_owned(), (*label).to_owned())).collect();
        let mut hints = Hints { theme, hints: &hints };
        // The scrub bar gets a third of what is left.
        let most = usize::from(room.width) * 2 / 3;
        while hints.width() > most && !hints.hints.is_empty() {
            hints.hints = &hints.hints[..hints.hints.len() - 1];
        }
        let cells = hints.width() as u16;
        (&hints).render(Rect { x: room.right() - cells, width: cells, ..room }, buf);
        room.width = room.width.saturating_sub(cells + 1);
        scrub(shown, self.last(), theme, room, buf);
    }
}

/// How far it is.
fn scrub(shown: usize, last: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let glyphs = theme.glyphs();
    let cells = usize::from(area.width) / width(glyphs.full).max(1);
    if cells < 4 {
        return;
    }
    let done = (shown * (cells - 1)).checked_div(last).map_or(cells, |done| done + 1);
    for (from, to, sign, role) in
        [(0, done, glyphs.full, Role::Accent), (done, cells, glyphs.empty, Role::Muted)]
    {
        let x = area.x + (from * width(sign)) as u16;
        let style = theme.style(Role::Status).patch(theme.style(role));
        buf.set_string(x, area.y, sign.repeat(to - from), style);
    }
}

/// `0:03.2`, `1:02:03`.
fn clock(time: Millis) -> String {
    let (seconds, tenths) = (time.0 / 1000, time.0 % 1000 / 100);
    match seconds / 3600 {
        0 => format!("{}:{:02}.{tenths}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}
