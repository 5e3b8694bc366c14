//! When a frame is due: at once after a rest, then with a pause between.

use std::time::{Duration, Instant};

/// The least time between two frames that a key, the mouse or a new size asked for.
const FRAME: Duration = Duration::from_millis(16);
/// The least time between any frame and one that only events asked for: thirty a second.
const STREAM: Duration = Duration::from_millis(33);

/// The rhythm of the frames.
#[derive(Debug, Default)]
pub struct FrameClock {
    last: Option<Instant>,
    last_urgent: Option<Instant>,
    urgent: bool,
}

impl FrameClock {
    /// The user did something: the next frame shows what came of it. It keeps its distance only
    /// from others of its kind, or a key would wait for the stream.
    pub fn hurry(&mut self) {
        self.urgent = true;
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, at: Instant) {
        self.last = Some(at);
        if std::mem::take(&mut self.urgent) {
            self.last_urgent = Some(at);
        }
    }

    /// When the next frame may be drawn; `now` where that is past.
    pub fn due(&self, now: Instant) -> Instant {
        let due = if self.urgent {
            self.last_urgent.map(|last| last + FRAME)
        } else {
            self.last.map(|last| last + STREAM)
        };
        due.map_or(now, |due| due.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::instant;

    #[test]
    fn frames_keep_their_distance_and_keys_do_not_wait_for_the_stream() {
        let start = instant();
        let after = |ms| start + Duration::from_millis(ms);
        let mut clock = FrameClock::default();
        assert_eq!(clock.due(start), start, "the first one is due at once");
        clock.drawn(start);
        assert_eq!(clock.due(after(1)), after(33));
        clock.hurry();
        assert_eq!(clock.due(after(1)), after(1), "a key does not wait for the stream");
        clock.drawn(after(1));
        assert_eq!(clock.due(after(2)), after(34), "the stream waits for the key's frame");
        clock.hurry();
        assert_eq!(clock.due(after(2)), after(17), "keys keep their distance");
        assert_eq!(clock.due(after(500)), after(500), "after a rest it is due at once");
    }
}
