//! One pass over bytes for all patterns, and one for what is encoded.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use super::{names::is_placeholder, patterns::PATTERNS, providers::Pattern, wrapped::wrapped};

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) what: Cow<'static, str>,
    pub(crate) range: Range<usize>,
}

/// Which pairs of bytes some pattern starts with, as bits.
static STARTS: LazyLock<Box<[u64; 1024]>> = LazyLock::new(|| {
    let mut bits = Box::new([0u64; 1024]);
    for pattern in PATTERNS {
        let prefix = pattern.prefix.as_bytes();
        let pair = usize::from(prefix[0]) << 8 | usize::from(prefix[1]);
        bits[pair / 64] |= 1 << (pair % 64);
    }
    bits
});

/// The patterns by the pair of bytes that they start with, sorted by it; in their own order where it is the same.
static BY_PAIR: LazyLock<Vec<(usize, &'static Pattern)>> = LazyLock::new(|| {
    let pair = |pattern: &'static Pattern| {
        let prefix = pattern.prefix.as_bytes();
        (usize::from(prefix[0]) << 8 | usize::from(prefix[1]), pattern)
    };
    let mut all: Vec<_> = PATTERNS.iter().map(pair).collect();
    all.sort_by_key(|(pair, _)| *pair);
    all
});

/// The patterns that start with a pair of bytes.
fn starting_with(pair: usize) -> impl Iterator<Item = &'static Pattern> {
    let from = BY_PAIR.partition_point(|(known, _)| *known < pair);
    BY_PAIR[from..].iter().take_while(move |(known, _)| *known == pair).map(|(_, pattern)| *pattern)
}

/// Everything in `bytes` that looks like a secret, as it is or encoded, in order, without overlap.
pub(crate) fn find(bytes: &[u8]) -> Vec<Hit> {
    let mut hits = written(bytes);
    let plain = hits.len();
    let covered = |range: &Range<usize>| {
        hits.iter().any(|hit| hit.range.start < range.end && range.start < hit.range.end)
    };
    let encoded: Vec<Hit> = wrapped(bytes).into_iter().filter(|hit| !covered(&hit.range)).collect();
    hits.extend(encoded);
    if hits.len() > plain {
        hits.sort_by_key(|hit| hit.range.start);
    }
    hits
}

/// Everything in `bytes` that looks like a secret as it stands there, in order, without overlap.
pub(super) fn written(bytes: &[u8]) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let starts = &**STARTS;
    let mut at = 0;
    while at + 1 < bytes.len() {
        let pair = usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
        if starts[pair / 64] >> (pair % 64) & 1 == 0 {
            at += 1;
            continue;
        }
        match starting_with(pair).find_map(|pattern| matched(pattern, bytes, at)) {
            Some(hit) => {
                at = hit.range.end.max(at + 1);
                if hits.last().is_none_or(|last| last.range.end <= hit.range.start) {
                    hits.push(hit);
                }
            }
            None => at += 1,
        }
    }
    hits
}

fn matched(pattern: &Pattern, bytes: &[u8], at: usize) -> Option<Hit> {
    let rest = bytes[at..].strip_prefix(pattern.prefix.as_bytes())?;
    // A longer word that happens to hold the prefix is something else.
    let inside_word =
        pattern.word && at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if inside_word {
        return None;
    }
    let before = pattern.before.map_or(0, |before| before(&bytes[..at]));
    if pattern.before.is_some() && before == 0 {
        return None;
    }
    let length = rest.iter().take(pattern.most + 1).take_while(|byte| pattern.alphabet.has(**byte)).count();
    if length < pattern.least || length > pattern.most {
        return None;
    }
    let body = &rest[..length];
    let text = std::str::from_utf8(body).ok()?;
    if is_placeholder(text)
        || (length >= 16 && entropy(body) < 2.5)
        || !(pattern.check)(pattern.prefix, text, &rest[length..])
    {
        return None;
    }
    let end = at + pattern.prefix.len() + length;
    Some(Hit { what: Cow::Borrowed(pattern.what), range: at - before..end })
}

/// Shannon entropy in bits per byte.
pub(crate) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
    let length = bytes.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::checks::base62_crc;

    fn what(text: &str) -> Vec<Cow<'static, str>> {
        find(text.as_bytes()).into_iter().map(|hit| hit.what).collect()
    }

    /// Put together here so that no scanner takes this file for a leak.
    fn token(prefix: &str, body: &str) -> String {
        [prefix, body].concat()
    }

    #[test]
    fn tokens_with_checksums_are_checked() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
        let body = "a8Kd0PqZx7Lm2Vn4Rt6Yw9Bc1Df3Gh";
        let right = format!("{body}{}", base62_crc(body.as_bytes()));
        assert_eq!(what(&token("ghp_", &right)), ["GitHub token"]);
        let wrong = format!("{body}000000");
        assert!(what(&token("ghp_", &wrong)).is_empty());
    }

    /// The rest of a key in PEM, in base 64.
    static ENCODED: LazyLock<String> = LazyLock::new(|| {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let body = "MIIEowIBAAKCAQEA7bq1xK8v0Q2rT5mW9zLc4pHsJd6fGyNuXa3eVbRi0oPkSqUtYhZ".repeat(3);
        let key = ["-----BEGIN RSA PRIVATE", " KEY-----\n", &body].concat();
        STANDARD.encode(key)[14..].to_owned()
    });

    const CERTIFICATE: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUVvd0lCQUFLQ0FRRUE3YnExeEs4djBRMnJUNW1XOXpMYzRwSHNKZDZmR3lOdVhhM2VWYlJpMG9Qa1NxVXRZaFo=";

    #[test]
    fn providers_are_known_and_placeholders_are_not_reported() {
        let cases = [
            (token("AKIA", "Q3EGR7ZJ5LXW2NVB"), "AWS access key"),
            (token("glpat-", "x3Kd0PqZx7Lm2Vn4Rt6Y"), "GitLab token"),
            (token("AIza", "SyD9x3Kd0PqZx7Lm2Vn4Rt6Yw9Bc1Df3Ghq"), "Google API key"),
            (token("-----BEGIN RSA PRIVATE", " KEY-----\nMIIEowIBAAKCAQEA7bq1"), "private key"),
            (token("postgres://app:", "k3jH7sLq@db/x"), "password in a URL"),
            (token("//npm.corp/:_auth", "Token=0f9a3c1e-77b2-4d51-9c08-2ab6de914f30"), "npm token"),
            (token("_auth=", "YXBwOmszakg3c0xx"), "npm credentials"),
            (token("\"auth\": ", "\"YXBwOmszakg3c0xx\""), "registry credentials"),
            (token("key: LS0tLS1CRUdJTi", &ENCODED), "encoded private key"),
        ];
        for (text, expected) in &cases {
            assert_eq!(what(&format!("x = {text}\n")), [*expected], "{text}");
        }
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "http://user:password@host",
            "https://a:${PASS}@b",
            "http://x:8080/@y",
            "glpat-xxxxxxxxxxxxxxxxxxxx",
            "_authToken=${NPM_TOKEN}",
            "\"auth\": \"bm90IGEgcGFpcg==\"",
            // A certificate is public.
            CERTIFICATE,
        ] {
            assert!(what(text).is_empty(), "{text}");
        }
    }
}
