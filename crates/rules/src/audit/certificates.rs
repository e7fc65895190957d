//! Certificates in PEM (RFC 7468), as far as an audit looks at them: whose they are and when they end (RFC 5280, 4.1).

use base64::{Engine as _, engine::general_purpose::STANDARD};

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
/// A file with more than these is a store of authorities, of which some always have ended.
const MOST: usize = 10;
/// A larger certificate is none.
const LARGEST: usize = 64 << 10;

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Certificate {
    /// The common name of its subject, when it has one.
    pub(crate) name: Option<String>,
    /// The last day on which it is valid, as `YYYY-MM-DD`.
    pub(crate) ends: String,
}

/// The certificates of a file, unless they are as many as a store of authorities has.
pub(super) fn certificates_in(bytes: &[u8]) -> Vec<Certificate> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, BEGIN) {
        rest = &rest[at + BEGIN.len()..];
        let Some(end) = memchr::memmem::find(&rest[..rest.len().min(LARGEST)], END) else { continue };
        let text: Vec<u8> = rest[..end].iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        found.extend(STANDARD.decode(text).ok().and_then(|bytes| read(&bytes)));
        if found.len() > MOST {
            return Vec::new();
        }
    }
    found
}

const INTEGER: u8 = 0x02;
const OBJECT: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
/// `id-at-commonName`, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];

/// `Certificate`, then `TBSCertificate`: version, serial number, signature, issuer, validity, subject.
fn read(bytes: &[u8]) -> Option<Certificate> {
    let (outer, _) = of(SEQUENCE, bytes)?;
    let (body, _) = of(SEQUENCE, outer)?;
    let body = of(VERSION, body).map_or(body, |(_, rest)| rest);
    let (_, rest) = of(INTEGER, body)?;
    let (_, rest) = of(SEQUENCE, rest)?;
    let (_, rest) = of(SEQUENCE, rest)?;
    let (validity, rest) = of(SEQUENCE, rest)?;
    let (subject, _) = of(SEQUENCE, rest)?;
    let (_, _, until) = element(validity)?;
    let (kind, until, _) = element(until)?;
    Some(Certificate { name: common_name(subject), ends: day(kind, until)? })
}

/// The next element of DER (X.690): tag, content and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if first & 0x80 == 0 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        // Four bytes say more than a certificate has.
        let digits = digits.get(..digits.len()).filter(|digits| digits.len() <= 3)?;
        (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// The content of the next element, which must have this tag, and what follows.
fn of(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    element(bytes).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

fn common_name(mut subject: &[u8]) -> Option<String> {
    while let Some((part, rest)) = of(SET, subject) {
        let (attribute, _) = of(SEQUENCE, part)?;
        let (kind, value) = of(OBJECT, attribute)?;
        if kind == COMMON_NAME {
            let (_, text, _) = element(value)?;
            return std::str::from_utf8(text).ok().map(str::to_owned);
        }
        subject = rest;
    }
    None
}

/// `YYMMDD…` of the years 1950 to 2049, or `YYYYMMDD…`.
fn day(kind: u8, text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let (year, rest) = match kind {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            (format!("{}{year}", if year < "50" { "20" } else { "19" }), rest)
        }
        GENERALIZED_TIME => text.split_at_checked(4).map(|(year, rest)| (year.to_owned(), rest))?,
        _ => return None,
    };
    let (month, day) = (rest.get(..2)?, rest.get(2..4)?);
    let is_date = [&*year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    is_date.then(|| format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An Ed25519 certificate for one day of 2020, subject `O=Example, CN=localhost`.
    const PEM: &str = include_str!("localhost.pem");

    #[test]
    fn name_and_end_are_read() {
        let found = certificates_in(format!("text before\n{PEM}\n{PEM}").as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_deref(), &*found[0].ends), (Some("localhost"), "2020-01-02"));
        assert!(certificates_in(PEM.repeat(11).as_bytes()).is_empty(), "a store of authorities");
        assert_eq!(day(GENERALIZED_TIME, b"20560701000000Z").as_deref(), Some("2056-07-01"));
        assert_eq!(day(UTC_TIME, b"500101000000Z").as_deref(), Some("1950-01-01"));
    }

    #[test]
    fn a_broken_certificate_is_passed_over() {
        let body: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
        let whole = STANDARD.decode(body).unwrap();
        assert!(read(&whole).is_some());
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_none(), "{cut}");
        }
        for at in 0..whole.len().min(200) {
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            let _ = read(&bent);
        }
    }
}
