//! Numbers as people read them.

/// Bytes in decimal units, three significant digits: `0 B`, `999 B`, `1.23 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // Rounding must not end at `1000 kB`.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A change in percent with its sign: `−74.1 %`, `+3.0 %`, `0 %`; `reduction` is positive where something is gone.
pub(crate) fn percent(reduction: f64) -> String {
    if reduction.abs() < 0.05 {
        return "0 %".to_owned();
    }
    // What is not wholly gone is not said to be.
    let shown = if reduction < 100.0 { reduction.min(99.9) } else { reduction };
    let sign = if reduction > 0.0 { '−' } else { '+' };
    let decimals = usize::from(shown < 100.0);
    format!("{sign}{:.decimals$} %", shown.abs())
}

/// A duration from microseconds: `850 µs`, `12 ms`, `1.24 s`, `3 min 20 s`.
pub(crate) fn duration(microseconds: u64) -> String {
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        1_000..1_000_000 => format!("{} ms", microseconds / 1_000),
        1_000_000..60_000_000 => {
            format!("{}.{:02} s", microseconds / 1_000_000, microseconds % 1_000_000 / 10_000)
        }
        _ => format!("{} min {} s", microseconds / 60_000_000, microseconds % 60_000_000 / 1_000_000),
    }
}

/// Thousands apart: `12,345`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`.
pub(crate) fn of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Seconds since 1970 in the form of RFC 3339, UTC. Years beyond 9999 are not of that form and are cut to it.
pub(crate) fn date(seconds: i64) -> String {
    let seconds = seconds.clamp(-62_135_596_800, 253_402_300_799);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (mut year, mut day) = (1970, days);
    // From one cycle of the calendar (400 years) to the year in it.
    year += day.div_euclid(146_097) * 400;
    day = day.rem_euclid(146_097);
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = |year| if leap(year) { 366 } else { 365 };
    while day >= length(year) {
        day -= length(year);
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{:02}Z", day + 1, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_digits() {
        for (given, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (31_234_567, "31.2 MB"),
            (9_996_000_000, "10.0 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(given), shown, "{given}");
        }
    }

    #[test]
    fn almost_all_is_not_all() {
        for (given, shown) in [
            (74.06, "−74.1 %"),
            (99.97, "−99.9 %"),
            (100.0, "−100 %"),
            (-3.0, "+3.0 %"),
            (0.01, "0 %"),
            (-250.0, "+250.0 %"),
        ] {
            assert_eq!(percent(given), shown);
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (given, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_257_704, "2026-11-21T10:41:44Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (i64::MIN, "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(date(given), shown, "{given}");
        }
    }

    #[test]
    fn durations_and_counts() {
        assert_eq!(
            [999, 12_345, 1_240_000, 200_000_000].map(duration),
            ["999 µs", "12 ms", "1.24 s", "3 min 20 s"]
        );
        assert_eq!([7, 1_234, 1_234_567].map(count), ["7", "1,234", "1,234,567"]);
        assert_eq!(of(1, "file", "files"), "1 file");
    }
}
