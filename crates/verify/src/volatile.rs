//! Parts of answers that differ from run to run.

use std::borrow::Cow;

use casehard_profile::workload::{Channel, Mask};

/// What stands where something was masked.
const MASKED: &str = "…";

/// Headers that tell a time, a connection or a request rather than the answer.
const VOLATILE: [&str; 14] = [
    "age",
    "connection",
    "date",
    "expires",
    "keep-alive",
    "last-modified",
    "nel",
    "report-to",
    "server-timing",
    "traceparent",
    "transfer-encoding",
    "x-request-id",
    "x-response-time",
    "x-runtime",
];

/// Headers that follow from the body.
const OF_BODY: [&str; 5] = ["content-digest", "content-length", "content-md5", "digest", "etag"];

/// Whether a header (name in lower case) is not compared.
pub(crate) fn volatile_header(name: &str, body_varies: bool) -> bool {
    VOLATILE.contains(&name) || (body_varies && OF_BODY.contains(&name))
}

/// The masks of a workload.
pub(crate) struct Masks<'a>(&'a [Mask]);

impl<'a> Masks<'a> {
    pub fn new(masks: &'a [Mask]) -> Self {
        Self(masks)
    }

    /// Whether there is one for a channel.
    pub fn any(&self, channel: Channel) -> bool {
        self.0.iter().any(|mask| mask.channel == channel)
    }

    /// A text with all that the masks of a channel find replaced.
    pub fn apply<'t>(&self, channel: Channel, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        if !self.any(channel) {
            return Cow::Borrowed(bytes);
        }
        let mut text = decode(bytes);
        for mask in self.0.iter().filter(|mask| mask.channel == channel) {
            if let Cow::Owned(masked) = mask.pattern.regex().replace_all(&text, MASKED) {
                text = Cow::Owned(masked);
            }
        }
        Cow::Owned(text.into_owned().into_bytes())
    }

    /// A header's value with what varies replaced: the value of a cookie, an entity tag, and what masks find in
    /// `name: value`.
    pub fn header(&self, name: &str, value: &str) -> String {
        let value = match name {
            "set-cookie" => cookies(value),
            "etag" => entity_tag(value),
            _ => value.to_owned(),
        };
        let line = format!("{name}: {value}").into_bytes();
        let masked = String::from_utf8_lossy(&self.apply(Channel::Header, &line)).into_owned();
        masked.strip_prefix(&format!("{name}: ")).map(str::to_owned).unwrap_or(masked)
    }
}

/// Whether an entity tag is weak matters; the tag itself is opaque (RFC 9110 §8.8.3), and servers make it of the file's
/// number on its file system too.
fn entity_tag(value: &str) -> String {
    let weak = if value.trim_start().starts_with("W/") { "W/" } else { "" };
    format!("{weak}\"{MASKED}\"")
}

/// `name=value; Path=/; Expires=…`: the name and the attributes matter, the value and times do not (RFC 6265 §4.1).
fn cookies(value: &str) -> String {
    let part = |(at, part): (usize, &str)| {
        let (name, rest) = part.split_once('=').unwrap_or((part, ""));
        let timed = matches!(name.trim().to_ascii_lowercase().as_str(), "expires" | "max-age");
        if !rest.is_empty() && (at == 0 || timed) { format!("{name}={MASKED}") } else { part.to_owned() }
    };
    value.split(';').enumerate().map(part).collect::<Vec<_>>().join(";")
}

/// As text; bytes that are no UTF-8 stay apart from each other.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use casehard_profile::workload::Pattern;

    #[test]
    fn what_varies_is_masked() {
        let mask = |channel, text| Mask { channel, pattern: Pattern::new(text).unwrap() };
        let list = [mask(Channel::Body, "\"time\": \"[^\"]*\""), mask(Channel::Header, "x-id: .*")];
        let masks = Masks::new(&list);
        assert_eq!(&*masks.apply(Channel::Body, b"{\"time\": \"1\", \"b\": 2}"), "{…, \"b\": 2}".as_bytes());
        assert_eq!(masks.header("x-id", "17"), "…");
        assert_eq!(masks.header("x-other", "17"), "17");
        assert_eq!(
            masks.header("set-cookie", "s=abc; Path=/; Max-Age=9; HttpOnly"),
            "s=…; Path=/; Max-Age=…; HttpOnly"
        );
        assert_eq!(masks.header("etag", "\"1\""), masks.header("etag", "\"2-gzip\""));
        assert_ne!(masks.header("etag", "\"1\""), masks.header("etag", "W/\"1\""));
        assert_ne!(masks.apply(Channel::Body, b"\xff"), masks.apply(Channel::Body, b"\xfe"));
        assert!(
            volatile_header("date", false)
                && !volatile_header("etag", false)
                && volatile_header("etag", true)
        );
    }
}
