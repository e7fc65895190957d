//! A difference between two runs.

/// A difference between two runs. Texts from the runs are escaped and cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, such as `step 3 (GET /items)`, `readiness`, `stop`, `log`.
    pub place: String,
    /// What differs.
    pub kind: Kind,
    /// How it was on the original image; empty when that cannot be shown in a line.
    pub original: String,
    /// How it is on the hardened image.
    pub hardened: String,
    /// All of that in one sentence.
    pub explanation: String,
    /// Whether the hardened image is wrong because of it.
    pub failing: bool,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// It passed on the original image, and not on the hardened one.
    Verdict,
    /// HTTP status.
    Status,
    /// The HTTP header of this name.
    Header(String),
    /// HTTP body.
    Body,
    /// Exit code.
    Exit,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A line of the log that tells of an error.
    Log,
    /// Time until it was ready.
    StartUp,
}

impl Difference {
    pub(crate) fn new(place: String, kind: Kind, explanation: impl Into<String>) -> Self {
        let (original, hardened) = (String::new(), String::new());
        Self { place, kind, original, hardened, explanation: explanation.into(), failing: true }
    }
}

/// The first line that differs: its number from 1, and the line in either text, absent where that text is over.
pub(crate) fn first_difference<'a>(
    one: &'a [u8],
    two: &'a [u8],
) -> Option<(usize, Option<&'a [u8]>, Option<&'a [u8]>)> {
    let mut ones = one.split(|byte| *byte == b'\n');
    let mut twos = two.split(|byte| *byte == b'\n');
    let mut number = 0;
    loop {
        number += 1;
        match (ones.next(), twos.next()) {
            (None, None) => return None,
            (one, two) if one == two => {}
            (one, two) => return Some((number, one, two)),
        }
    }
}
