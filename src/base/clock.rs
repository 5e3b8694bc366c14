//! The one place that reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// The time between `earlier` and `self`; zero where the clock went backwards.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl From<Millis> for SystemTime {
    fn from(at: Millis) -> Self {
        UNIX_EPOCH + Duration::from_millis(at.0)
    }
}

/// The time of day, in the machine's zone: `14:02`.
pub fn time_of_day(at: Millis) -> String {
    let at = i64::try_from(at.0).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let local = at.unwrap_or_default().to_zoned(jiff::tz::TimeZone::system());
    local.strftime("%H:%M").to_string()
}

/// The date and the time of day, in the machine's zone: `2026-11-21 14:02:09`.
pub fn date_time(at: Millis) -> String {
    let at = i64::try_from(at.0).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let local = at.unwrap_or_default().to_zoned(jiff::tz::TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The day in the machine's zone, counted from the first of the Unix epoch.
pub fn day(at: Millis) -> i64 {
    let at = i64::try_from(at.0).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let at = at.unwrap_or_default();
    let offset = jiff::tz::TimeZone::system().to_offset(at).seconds();
    (at.as_second() + i64::from(offset)).div_euclid(24 * 60 * 60)
}

/// The wall clock, now.
#[allow(clippy::disallowed_methods, reason = "this is the door to the clock")]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The monotonic clock, for measuring durations and keeping a rhythm.
#[allow(clippy::disallowed_methods, reason = "this is the door to the clock")]
pub fn instant() -> Instant {
    Instant::now()
}

/// The monotonic clock of the runtime, for a rhythm that a test can let pass at once.
pub fn paced() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// The moment that an HTTP date names (RFC 9110, 5.6.7); none where it is no date.
pub fn http_date(text: &str) -> Option<Millis> {
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    u64::try_from(date.timestamp().as_millisecond()).ok().map(Millis)
}

/// The moment that an ISO 8601 time with a zone names (`2026-11-21T14:02:09.123Z`); none where it is
/// no time after 1970.
pub fn iso_time(text: &str) -> Option<Millis> {
    let time: jiff::Timestamp = text.trim().parse().ok()?;
    u64::try_from(time.as_millisecond()).ok().map(Millis)
}

/// The date where the user is, as ISO 8601 has it: `2026-11-21`.
pub fn today() -> String {
    let now =
        i64::try_from(now().0).ok().and_then(|now| jiff::Timestamp::from_millisecond(now).ok());
    let here = now.unwrap_or_default().to_zoned(jiff::tz::TimeZone::system());
    here.date().to_string()
}

/// How long ago: `now`, `8 min ago`, `22 h ago`, `40 d ago`.
pub fn ago(since: Duration) -> String {
    let minutes = since.as_secs() / 60;
    match (minutes / (60 * 24), minutes / 60, minutes) {
        (0, 0, 0) => "now".to_owned(),
        (0, 0, minutes) => format!("{minutes} min ago"),
        (0, hours, _) => format!("{hours} h ago"),
        (days, ..) => format!("{days} d ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn ages() {
        let table = [
            (0, "now"), (59, "now"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
            (86_399, "23 h ago"), (86_400, "1 d ago"), (864_000, "10 d ago"),
        ];
        for (seconds, expected) in table {
            assert_eq!(ago(Duration::from_secs(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn http_dates() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Millis(784_111_777_000)));
        assert_eq!(http_date("tomorrow"), None);
    }

    #[test]
    fn iso_times() {
        assert_eq!(iso_time("1994-11-06T08:49:37.120Z"), Some(Millis(784_111_777_120)));
        assert_eq!(iso_time("1994-11-06T09:49:37+01:00"), Some(Millis(784_111_777_000)));
        assert_eq!((iso_time("tomorrow"), iso_time("1901-01-01T00:00:00Z")), (None, None));
    }

    #[test]
    fn today_is_a_date_of_this_century() {
        let today = today();
        let date: jiff::civil::Date = today.parse().unwrap();
        assert!(date.year() > 2025 && today.len() == 10, "{today}");
    }

    #[test]
    fn a_time_that_no_calendar_knows_is_shown_too() {
        assert_eq!(time_of_day(Millis(u64::MAX)).len(), 5);
    }
}
