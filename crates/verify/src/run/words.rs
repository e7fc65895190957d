//! How a run is put into words. Text from a container is escaped and cut.

use casehard_engine::Exit;
use casehard_oci::escape;
use casehard_profile::workload::signal_name;

/// How a process ended.
pub(super) fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("ended with code {code}"),
        Exit::Signal(signal) => format!("was ended by the signal {}", signal_name(signal)),
        Exit::TimedOut => "was ended because its time was over".to_owned(),
    }
}

/// The last lines of what an application wrote, for the end of a sentence; nothing when it wrote nothing.
pub(super) fn last_lines(log: &[u8]) -> String {
    const LINES: usize = 8;
    const BYTES: usize = 2000;
    let tail = &log[log.len().saturating_sub(BYTES)..];
    let lines: Vec<_> = tail
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .map(|line| escape(line.trim_ascii_end()).into_owned())
        .collect();
    if lines.is_empty() {
        return "it wrote nothing".to_owned();
    }
    let lines = &lines[lines.len().saturating_sub(LINES)..];
    let many = if lines.len() == 1 { "its last line" } else { "its last lines" };
    format!("{many}: {}", lines.join(" | "))
}

/// The beginning of a text, for the middle of a sentence.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 160;
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    let cut = &bytes[..bytes.len().min(LONGEST)];
    let more = if cut.len() < bytes.len() { "…" } else { "" };
    format!("`{}{more}`", escape(cut.trim_ascii_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_short_and_safe() {
        assert_eq!(ended(Exit::Signal(9)), "was ended by the signal KILL");
        assert_eq!(last_lines(b" \n\n"), "it wrote nothing");
        assert_eq!(last_lines(b"a\nb\x1b[0m\r\n"), "its last lines: a | b\\x1b[0m");
        assert!(last_lines(&b"x".repeat(9000)).len() < 2100);
        assert_eq!(excerpt(&b"x".repeat(500)).chars().count(), 163);
    }
}
