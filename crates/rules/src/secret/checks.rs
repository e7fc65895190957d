//! What a token must be beyond its letters: checksums, parts, what stands before and behind it.

pub(super) const fn always(_: &str, _: &str, _: &[u8]) -> bool {
    true
}

/// A value that is written out: it has digits and letters, and no variable stands for it.
pub(super) fn credential(_: &str, body: &str, _: &[u8]) -> bool {
    body.bytes().any(|byte| byte.is_ascii_digit()) && body.bytes().any(|byte| byte.is_ascii_alphabetic())
}

pub(super) fn decoded(body: &str) -> Option<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    STANDARD_NO_PAD.decode(body.trim_end_matches('=')).ok()
}

/// `user:password` in base 64 (RFC 7617).
pub(super) fn basic(_: &str, body: &str, _: &[u8]) -> bool {
    let Some(text) = decoded(body).and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
    let Some((user, password)) = text.split_once(':') else { return false };
    let plain = text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    plain
        && !user.is_empty()
        && password.len() >= 3
        && user != password
        && !super::names::is_placeholder(password)
}

/// PEM in base 64.
pub(super) fn encoded_key(_: &str, body: &str, after: &[u8]) -> bool {
    body.strip_prefix("LS0tLS1CRUdJTi").is_some_and(|rest| encoded_pem("LS0tLS1CRUdJTi", rest, after))
}

/// What follows `-----BEGIN` in base 64 is a private key.
pub(super) fn encoded_pem(prefix: &str, body: &str, _: &[u8]) -> bool {
    let whole = [prefix, body].concat();
    // A cut that is a whole number of groups can be decoded by itself.
    let whole = whole.trim_end_matches('=');
    let Some(text) = decoded(&whole[..whole.len() / 4 * 4]) else { return false };
    let text = String::from_utf8_lossy(&text);
    text.strip_prefix("-----BEGIN ").is_some_and(|rest| private_key("", rest, &[]))
}

pub(super) fn ends_word(_: &str, _: &str, after: &[u8]) -> bool {
    after.first().is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// The last six characters are the CRC-32 of those before, in base 62.
pub(super) fn crc_tail(_: &str, body: &str, _: &[u8]) -> bool {
    let (start, tail) = body.split_at(body.len() - 6);
    base62_crc(start.as_bytes()) == tail
}

/// Encrypted keys are keys, public keys and certificates are none; a header without a body is documentation.
pub(super) fn private_key(_: &str, body: &str, _: &[u8]) -> bool {
    let Some((label, rest)) = body.split_once("-----") else { return false };
    let key = label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK");
    let material = rest.bytes().filter(u8::is_ascii_alphanumeric).take(24).count();
    let repeats = rest.trim().starts_with("...");
    key && material >= 16 && !rest.trim_start().starts_with("-----END") && !repeats
}

/// `user:password` before `@`.
pub(super) fn url_password(_: &str, body: &str, after: &[u8]) -> bool {
    let Some((user, password)) = body.split_once(':') else { return false };
    after.first() == Some(&b'@')
        && after.get(1).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b'$' | b'{'))
        && !user.contains(['?', '&'])
        && password.len() >= 3
        && !super::names::is_placeholder(password)
        && !password.contains(['?', '&', '{', '}', '[', ']', '%', '*', ' '])
        && user != password
}

/// The CRC-32 in base 62 (digits, capitals, small letters), six characters.
pub(crate) fn base62_crc(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = crc32fast::hash(bytes);
    let mut out = [b'0'; 6];
    for digit in out.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    out.iter().map(|byte| char::from(*byte)).collect()
}

/// Capitals and digits in groups: `6-11-5-5-5` or `6-6-5-5-5-5`.
pub(super) fn groups_of_capitals(_: &str, body: &str, _: &[u8]) -> bool {
    let groups: Vec<usize> = body.split('-').map(str::len).collect();
    let right = groups == [6, 11, 5, 5, 5] || groups == [6, 6, 5, 5, 5, 5];
    right && body.bytes().all(|byte| byte == b'-' || byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

pub(super) fn is_origin_key(_: &str, body: &str, _: &[u8]) -> bool {
    body.split_once('-').is_some_and(|(first, second)| first.len() == 24 && is_hex(first) && is_hex(second))
}

pub(super) fn is_harness_key(_: &str, body: &str, _: &[u8]) -> bool {
    body.split('.').map(str::len).eq([22, 24, 20])
}

/// 14 letters and digits, a dot, 64 hexadecimal digits.
pub(super) fn is_airtable_token(_: &str, body: &str, _: &[u8]) -> bool {
    body.split_once('.').is_some_and(|(first, second)| {
        first.len() == 14 && first.bytes().all(|byte| byte.is_ascii_alphanumeric()) && is_hex(second)
    })
}

pub(super) fn is_lower(_: &str, body: &str, after: &[u8]) -> bool {
    ends_word("", body, after) && !body.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// How many bytes at the end of `before` are such; `None` when there are more than `most`.
fn tail(before: &[u8], most: usize, has: fn(&u8) -> bool) -> Option<usize> {
    let count = before.iter().rev().take(most + 1).take_while(|byte| has(byte)).count();
    (count <= most).then_some(count)
}

/// Three letters and a digit before the mark of a client secret.
pub(super) fn before_azure_mark(before: &[u8]) -> usize {
    let has = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'.' | b'-');
    let is_digit = before.last().is_some_and(u8::is_ascii_digit);
    if is_digit && tail(before, 4, has) == Some(4) { 4 } else { 0 }
}

pub(super) fn before_azdo(before: &[u8]) -> usize {
    if tail(before, 76, u8::is_ascii_alphanumeric) == Some(76) { 76 } else { 0 }
}

/// 32 hexadecimal digits before the name of the data centre.
pub(super) fn before_data_centre(before: &[u8]) -> usize {
    let hex = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).take(32).count();
    if tail(before, 32, hex) == Some(32) && digits < 32 { 32 } else { 0 }
}

/// The number of a bot.
pub(super) fn before_telegram(before: &[u8]) -> usize {
    tail(before, 10, u8::is_ascii_digit).filter(|count| *count >= 8).unwrap_or_default()
}

/// `sk-` and twenty letters and digits.
pub(super) fn before_openai(before: &[u8]) -> usize {
    let right = tail(before, 20, u8::is_ascii_alphanumeric) == Some(20)
        && before[..before.len() - 20].ends_with(b"sk-");
    if right { 23 } else { 0 }
}
