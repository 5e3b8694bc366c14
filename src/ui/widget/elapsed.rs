//! Small things in words: how long, how much.

use std::time::Duration;

pub use crate::base::amount::{dollars, tokens};
pub use crate::base::text::bytes;

/// How long something took: `0.8s`, `12s`, `4m 10s`, `1h 2m`.
pub fn elapsed(took: Duration) -> String {
    if took < Duration::from_secs(10) {
        let tenths = took.as_millis() / 100;
        return format!("{}.{}s", tenths / 10, tenths % 10);
    }
    whole(took)
}

/// How long something runs, in whole seconds: `0s`, `12s`, `4m 10s`, `1h 2m`.
pub fn whole(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_amounts_read_well() {
        let times = [
            (0, "0.0s"),
            (840, "0.8s"),
            (12_900, "12s"),
            (250_000, "4m 10s"),
            (3_725_000, "1h 2m"),
        ];
        for (millis, want) in times {
            assert_eq!(elapsed(Duration::from_millis(millis)), want);
        }
        for (count, want) in [
            (812, "812 B"),
            (1_000, "1.0 kB"),
            (3_149_000, "3.1 MB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(bytes(count), want);
        }
    }
}
