//! Regular expressions, and the channels they are looked for in.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// The memory a compiled expression may take, in bytes.
const COMPILED_SIZE: usize = 4 << 20;

/// A regular expression in the syntax of the `regex` crate, where `^` and `$` stand at each line's ends
/// unless said otherwise.
///
/// Matching takes time linear in the text. Two are equal when they are spelled the same.
#[derive(Clone)]
pub struct Pattern {
    regex: Regex,
    by_line: bool,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// When it is malformed, or needs more than 4 MiB.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        Self::build(text, true)
    }

    /// As [`Pattern::new`], but `^` and `$` stand at the ends of the whole text.
    ///
    /// # Errors
    /// When it is malformed, or needs more than 4 MiB.
    pub fn of_whole_text(text: &str) -> Result<Self, regex::Error> {
        Self::build(text, false)
    }

    fn build(text: &str, by_line: bool) -> Result<Self, regex::Error> {
        let regex = RegexBuilder::new(text).multi_line(by_line).size_limit(COMPILED_SIZE).build()?;
        Ok(Self { regex, by_line })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// The compiled expression.
    #[must_use]
    pub fn regex(&self) -> &Regex {
        &self.regex
    }

    /// Whether it finds something in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (self.as_str(), self.by_line) == (other.as_str(), other.by_line)
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.regex)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// The body of an HTTP answer.
    Body,
    /// One header of an HTTP answer, as `name: value` with a lower-case name.
    Header,
    /// Standard output of a command.
    Stdout,
    /// Standard error of a command.
    Stderr,
    /// A line of what the application wrote.
    Log,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Body, Self::Header, Self::Stdout, Self::Stderr, Self::Log];

    /// Its word in a workload.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Header => "header",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Log => "log",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
