//! Signals by name, as `signal(7)` lists them.

/// Names and numbers on x86-64, AArch64, RISC-V, s390x and POWER, which agree.
const SIGNALS: [(&str, i32); 31] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("PWR", 30),
    ("SYS", 31),
];

/// The first and last real-time signal that the C libraries leave to programs.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// The names that a workload may use, without `SIG`.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SIGNALS.iter().map(|(name, _)| *name)
}

/// The number of a signal given as `TERM`, `SIGTERM`, `RTMIN+3` or `15` (images write all of these).
#[must_use]
pub fn signal_number(text: &str) -> Option<i32> {
    let name = text.strip_prefix("SIG").unwrap_or(text);
    if let Some((_, number)) = SIGNALS.iter().find(|(known, _)| *known == name) {
        return Some(*number);
    }
    let offset = |rest: &str| if rest.is_empty() { Some(0) } else { rest.parse::<i32>().ok() };
    let number = if let Some(rest) = name.strip_prefix("RTMIN") {
        REAL_TIME.start() + offset(rest).filter(|n| (0..64).contains(n))?
    } else if let Some(rest) = name.strip_prefix("RTMAX") {
        REAL_TIME.end() + offset(rest).filter(|n| (-64..=0).contains(n))?
    } else {
        let number = text.parse().ok()?;
        return (1..=31)
            .contains(&number)
            .then_some(number)
            .or_else(|| REAL_TIME.contains(&number).then_some(number));
    };
    REAL_TIME.contains(&number).then_some(number)
}

/// The name of a signal without `SIG`, such as `TERM`, or its number when it has none.
#[must_use]
pub fn signal_name(number: i32) -> String {
    if let Some((name, _)) = SIGNALS.iter().find(|(_, known)| *known == number) {
        return (*name).to_owned();
    }
    if REAL_TIME.contains(&number) {
        return format!("RTMIN+{}", number - REAL_TIME.start());
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_images_are_known() {
        for (text, number) in [
            ("TERM", Some(15)),
            ("SIGQUIT", Some(3)),
            ("9", Some(9)),
            ("SIGRTMIN+3", Some(37)),
            ("RTMAX-1", Some(63)),
            ("RTMIN", Some(34)),
            ("RTMIN+31", None),
            ("RTMIN+99999999999", None),
            ("32", None),
            ("0", None),
            ("-1", None),
            ("term", None),
            ("", None),
        ] {
            assert_eq!(signal_number(text), number, "{text}");
        }
        assert_eq!(
            (signal_name(15), signal_name(37), signal_name(99)),
            ("TERM".into(), "RTMIN+3".into(), "99".into())
        );
    }
}
