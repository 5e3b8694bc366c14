//! How long to wait before a request is sent again.

use std::time::Duration;

/// How often a failed request is sent again.
pub const MAX_RETRIES: u32 = 10;
/// How often, where the service could not be reached and nothing was asked of it yet: three or four
/// seconds tell a hiccup from a cable that is out.
pub const FEW_RETRIES: u32 = 3;
/// The longest wait that a server may ask for.
pub const LONGEST: Duration = Duration::from_mins(5);

/// The request is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GaveUp {
    /// It failed too often.
    #[error("gave up after {0} retries; send the prompt again to go on")]
    Tried(u32),
    /// The server asked for a longer wait than [`LONGEST`].
    #[error("the server takes no more requests for {}; send the prompt again then", words(*.0))]
    Later(Duration),
}

/// How long to wait before retry number `retry` of `most`, which counts from 1.
///
/// Doubles from 500 ms to 32 s. What the server asked for (`Retry-After`) is the least that is
/// waited. `jitter`, from 0.0 to 1.0, adds up to half again, so that sessions which failed
/// together do not come back together.
///
/// # Errors
///
/// [`GaveUp`] once `retry` is above `most`, or where the server asked for more than
/// [`LONGEST`]: then the turn ends with the provider's error and this one's words.
pub fn delay(
    retry: u32,
    most: u32,
    server: Option<Duration>,
    jitter: f64,
) -> Result<Duration, GaveUp> {
    if retry > most {
        return Err(GaveUp::Tried(most));
    }
    let server = server.unwrap_or_default();
    if server > LONGEST {
        return Err(GaveUp::Later(server));
    }
    let doubled = Duration::from_millis(500) * 2u32.pow(retry.saturating_sub(1).min(6));
    // What is no number would panic below.
    let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
    Ok(doubled.max(server).mul_f64(1.0 + jitter / 2.0))
}

fn words(wait: Duration) -> String {
    let minutes = wait.as_secs().div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} minutes"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn delays() {
        let ms = Duration::from_millis;
        let table = [
            // retry  server          jitter      waits
            (0,  None,                0.0,        Ok(ms(500))),
            (1,  None,                0.0,        Ok(ms(500))),
            (2,  None,                0.0,        Ok(ms(1_000))),
            (7,  None,                0.0,        Ok(ms(32_000))),
            (10, None,                1.0,        Ok(ms(48_000))),
            (1,  None,                7.0,        Ok(ms(750))),
            (1,  None,                f64::NAN,   Ok(ms(500))),
            (1,  Some(ms(20_000)),    0.5,        Ok(ms(25_000))),
            (7,  Some(ms(1)),         0.0,        Ok(ms(32_000))),
            (11, None,                0.0,        Err(GaveUp::Tried(10))),
            (1,  Some(LONGEST),       0.0,        Ok(LONGEST)),
            (1,  Some(ms(300_001)),   0.0,        Err(GaveUp::Later(ms(300_001)))),
            (1,  Some(Duration::MAX), 0.0,        Err(GaveUp::Later(Duration::MAX))),
        ];
        for (retry, server, jitter, expected) in table {
            let got = delay(retry, MAX_RETRIES, server, jitter);
            assert_eq!(got, expected, "{retry} {server:?} {jitter}");
        }
    }

    #[test]
    fn few_retries_take_a_few_seconds() {
        let waits = (1..=FEW_RETRIES).map(|retry| delay(retry, FEW_RETRIES, None, 1.0).unwrap());
        assert!(waits.sum::<Duration>() < Duration::from_secs(6));
        assert_eq!(delay(4, FEW_RETRIES, None, 0.0), Err(GaveUp::Tried(3)));
    }

    #[test]
    fn giving_up_says_when_to_come_back() {
        let later = |seconds| GaveUp::Later(Duration::from_secs(seconds)).to_string();
        assert!(later(301).contains("6 minutes"), "{}", later(301));
        assert!(later(7_300).contains("2 h 2 min"), "{}", later(7_300));
    }
}
