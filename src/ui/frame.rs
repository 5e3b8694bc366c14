//! When a frame is due: at once after a rest, then with a pause between.

use std::time::{Duration, Instant};

/// The least time between two frames that a key, the mouse or a new size asked for.
const FRAME: Duration = Duration::from_millis(16);
/// The least time between two frames that only events asked for: thirty a second.
const STREAM: Duration = Duration::from_millis(33);

/// The rhythm of the frames.
#[derive(Debug, Default)]
pub struct FrameClock {
    last: Option<Instant>,
    urgent: bool,
}

impl FrameClock {
    /// The user did something: the next frame shows what came of it.
    pub fn hurry(&mut self) {
        self.urgent = true;
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, at: Instant) {
        self.last = Some(at);
        self.urgent = false;
    }

    /// When the next frame may be drawn; `now` where that is past.
    pub fn due(&self, now: Instant) -> Instant {
        let pause = if self.urgent { FRAME } else { STREAM };
        self.last.map_or(now, |last| (last + pause).max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::instant;

    #[test]
    fn frames_keep_their_distance_and_keys_wait_less() {
        let start = instant();
        let after = |ms| start + Duration::from_millis(ms);
        let mut clock = FrameClock::default();
        assert_eq!(clock.due(start), start, "the first one is due at once");
        clock.drawn(start);
        assert_eq!(clock.due(after(1)), after(33));
        clock.hurry();
        assert_eq!(clock.due(after(1)), after(16));
        assert_eq!(clock.due(after(500)), after(500), "after a rest it is due at once");
        clock.drawn(after(500));
        assert_eq!(clock.due(after(501)), after(533), "the hurry is over");
    }
}
