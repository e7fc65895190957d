//! The kinds of single values: what each takes, how that is told to people and to a JSON Schema.

use serde_json::{Value, json};

use super::{
    Channel, Endpoint, Pattern, Url, mistake::nearest, parse_duration, signal, signal_number, split_words,
};

/// A kind of single value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scalar {
    /// Any text.
    Text,
    /// A text that is not empty and has no control character, named for people.
    Line(&'static str),
    /// A regular expression.
    Regex,
    /// A duration.
    Duration,
    /// A whole number.
    Integer { least: i64, most: i64 },
    /// `true` or `false`.
    Flag,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// An absolute `http://` URL.
    Url,
    /// An HTTP method.
    Method,
    /// A header's value.
    HeaderValue,
    /// A port, or host and port.
    Endpoint,
    /// A signal's name.
    Signal,
    /// An absolute path that may hold wildcards.
    Glob,
    /// An absolute path.
    Directory,
    /// `user:group` in numbers.
    NumericUser,
    /// A command as one text.
    CommandLine,
}

/// Why a value is none of its kind.
#[derive(Debug)]
pub(super) struct Problem {
    pub what: String,
    pub expected: Option<String>,
    pub nearest: Option<String>,
}

const FLAGS: [&str; 2] = ["true", "false"];
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

impl Scalar {
    /// What it is, for people.
    pub fn expected(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Line(what) => what.to_owned(),
            Self::Regex => "a regular expression".to_owned(),
            Self::Duration => "a duration such as 500ms, 10s or 2m".to_owned(),
            Self::Integer { least, most } => format!("a whole number from {least} to {most}"),
            Self::Flag => one_of(&FLAGS),
            Self::Choice(words) => one_of(words),
            Self::Url => "a URL such as http://127.0.0.1:8000/".to_owned(),
            Self::Method => "an HTTP method such as GET".to_owned(),
            Self::HeaderValue => "a header's value".to_owned(),
            Self::Endpoint => "a port, or host:port".to_owned(),
            Self::Signal => "a signal such as HUP".to_owned(),
            Self::Glob => "an absolute path such as /usr/share/zoneinfo/**".to_owned(),
            Self::Directory => "an absolute path such as /srv/app".to_owned(),
            Self::NumericUser => "a numeric user:group such as 10001:10001".to_owned(),
            Self::CommandLine => "a command".to_owned(),
        }
    }

    /// Whether `text` is of this kind.
    pub fn check(self, text: &str) -> Result<(), Problem> {
        let because = |what: String| Problem { what, expected: Some(self.expected()), nearest: None };
        let plainly = |what: String| Problem { what, expected: None, nearest: None };
        let shown = || casehard_oci::escape(text.as_bytes()).into_owned();
        match self {
            Self::Text if text.contains('\0') => Err(plainly("the text holds a NUL byte".to_owned())),
            Self::Text => Ok(()),
            Self::Line(_) => require(!text.is_empty() && !text.chars().any(char::is_control), || {
                because(format!("`{}` is empty or has a control character", shown()))
            }),
            Self::Regex => Pattern::new(text).map(drop).map_err(|error| plainly(regex_problem(&error))),
            Self::Duration => parse_duration(text).map(drop).map_err(|error| plainly(error.to_string())),
            Self::Integer { least, most } => {
                require(text.parse::<i64>().is_ok_and(|n| (least..=most).contains(&n)), || {
                    because(format!("`{}` is not such a number", shown()))
                })
            }
            Self::Flag => Self::Choice(&FLAGS).check(text),
            Self::Choice(words) => require(words.contains(&text), || Problem {
                nearest: nearest(text, words.iter().copied()),
                ..because(format!("`{}` is not known here", shown()))
            }),
            Self::Url => text.parse::<Url>().map(drop).map_err(|error| plainly(error.to_string())),
            Self::Method => require(is_method(text), || Problem {
                nearest: nearest(text, METHODS),
                ..because(format!("`{}` is no HTTP method (they are capital letters)", shown()))
            }),
            Self::HeaderValue => require(!text.chars().any(|c| c.is_control() && c != '\t'), || {
                because("a header cannot hold a line break or another control character".to_owned())
            }),
            Self::Endpoint => text.parse::<Endpoint>().map(drop).map_err(|error| because(error.to_string())),
            Self::Signal => require(signal_number(text).is_some(), || Problem {
                nearest: nearest(text.trim_start_matches("SIG"), signal::names()),
                ..because(format!("`{}` is not a signal", shown()))
            }),
            Self::Glob | Self::Directory => require(text.starts_with('/') && !text.contains('\0'), || {
                because(format!("`{}` is not an absolute path", shown()))
            }),
            Self::NumericUser => require(is_numeric_user(text), || {
                because(format!("`{}` is not numeric, or is root", shown()))
            }),
            Self::CommandLine => split_words(text).map(drop).map_err(|error| plainly(error.to_string())),
        }
    }

    /// Its JSON Schema. YAML reads `8000` as a number, so numbers and booleans count where a text is asked for.
    pub fn schema(self) -> Value {
        match self {
            Self::Text | Self::HeaderValue => json!({ "type": ["string", "number", "boolean"] }),
            Self::Line(_) => json!({ "type": ["string", "number"], "minLength": 1 }),
            Self::CommandLine => json!({ "type": "string", "minLength": 1 }),
            Self::Regex => json!({ "type": ["string", "number", "boolean"], "format": "regex" }),
            Self::Duration => json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h))+$" }),
            Self::Integer { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Choice(words) => json!({ "enum": words }),
            Self::Url => json!({ "type": "string", "pattern": "^http://" }),
            Self::Method => json!({ "type": "string", "pattern": "^[A-Z]+$", "examples": METHODS }),
            Self::Endpoint => json!({ "type": ["integer", "string"], "minimum": 1, "maximum": 65535 }),
            Self::Signal => json!({
                "anyOf": [
                    { "enum": signal::names().collect::<Vec<_>>() },
                    { "type": "string", "pattern": "^(SIG)?[A-Z0-9]+([+-][0-9]+)?$" },
                    { "type": "integer", "minimum": 1, "maximum": 64 },
                ],
            }),
            Self::Glob | Self::Directory => json!({ "type": "string", "pattern": "^/" }),
            Self::NumericUser => json!({ "type": ["string", "integer"], "pattern": "^[0-9]+(:[0-9]+)?$" }),
        }
    }
}

/// The words of a [`Channel`].
pub(super) const CHANNELS: [&str; 5] = {
    let mut words = [""; 5];
    let mut i = 0;
    while i < words.len() {
        words[i] = Channel::ALL[i].as_str();
        i += 1;
    }
    words
};

/// A list of words for people.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [word] => format!("`{word}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

fn require(holds: bool, problem: impl FnOnce() -> Problem) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(problem()) }
}

fn is_method(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_numeric_user(text: &str) -> bool {
    let id = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u32>().is_ok();
    let (user, group) = text.split_once(':').unwrap_or((text, "0"));
    id(user) && id(group) && user.parse() != Ok(0u32)
}

/// The last line of the message is the reason; the lines before it draw the expression.
fn regex_problem(error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default();
    format!("the regular expression is malformed: {}", reason.strip_prefix("error: ").unwrap_or(reason))
}
