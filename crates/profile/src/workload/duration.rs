//! Durations as a workload writes them: `500ms`, `10s`, `2m`, `1h`, and sums such as `1m30s`.

use std::time::Duration;

/// The longest duration that is taken.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// A number has no unit behind it.
    #[error("the number has no unit (write {0}ms, {0}s, {0}m or {0}h)")]
    NoUnit(String),
    /// It is something else.
    #[error("{0:?} is not a duration (write 500ms, 10s, 2m or 1m30s)")]
    Malformed(String),
    /// It is longer than a day.
    #[error("{0} is longer than 24h")]
    TooLong(String),
}

/// Reads a duration: whole numbers, each with its unit, largest bound 24 hours.
///
/// # Errors
/// When a unit is missing or unknown, or the sum is over 24 hours.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let malformed = || DurationError::Malformed(text.to_owned());
    let too_long = || DurationError::TooLong(text.to_owned());
    if text.is_empty() {
        return Err(malformed());
    }
    let mut rest = text;
    let mut sum = 0u64;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let unit = &tail[..tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len()];
        if number.is_empty() {
            return Err(malformed());
        }
        if unit.is_empty() {
            return Err(if tail.is_empty() { DurationError::NoUnit(number.to_owned()) } else { malformed() });
        }
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        let value = number.parse::<u64>().ok().and_then(|n| n.checked_mul(*factor)).ok_or_else(too_long)?;
        sum = sum.checked_add(value).ok_or_else(too_long)?;
        rest = &tail[unit.len()..];
    }
    let duration = Duration::from_millis(sum);
    if duration > LONGEST { Err(too_long()) } else { Ok(duration) }
}

/// A duration as [`parse_duration`] reads it, to the millisecond.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, factor) in UNITS.into_iter().rev() {
        if rest >= factor {
            text.push_str(&format!("{}{unit}", rest / factor));
            rest %= factor;
        }
    }
    if text.is_empty() { "0ms".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1m30s", 90_000),
            ("24h", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_millis(), milliseconds, "{text}");
        }
        assert_eq!(format_duration(Duration::from_millis(90_500)), "1m30s500ms");
        assert_eq!(format_duration(Duration::ZERO), "0ms");
    }

    #[test]
    fn mistakes_are_told_apart() {
        assert_eq!(parse_duration("30"), Err(DurationError::NoUnit("30".into())));
        assert_eq!(parse_duration("25h"), Err(DurationError::TooLong("25h".into())));
        for text in ["", "s", "10 s", "1.5s", "-1s", "10sec", "99999999999999999999h", "1é"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
