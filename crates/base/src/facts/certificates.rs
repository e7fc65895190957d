//! `/etc/ssl/certs`: the bundle, a link per certificate, and the links by subject that OpenSSL looks up
//! (`update-ca-certificates(8)`, `openssl-rehash(1)`); and the same authorities for Java, where a package wants them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use casehard_oci::RootPath;
use ring::digest;

use super::at;
use crate::root::{Node, Root, Store};

/// Writes the folder when the root has certificates of authorities. Whether it has.
pub(super) fn write(root: &mut Root, store: &Store<'_>) -> bool {
    let certificates = enabled(root, store);
    if certificates.is_empty() {
        return false;
    }
    let folder = at("/etc/ssl/certs");
    let mut bundle = String::new();
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut next: BTreeMap<u32, u32> = BTreeMap::new();
    let mut named: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    for path in certificates {
        let Some(text) = store.text(root, &path) else { continue };
        let name = String::from_utf8_lossy(path.file_name().unwrap_or_default()).into_owned();
        let name = name.strip_suffix(".crt").unwrap_or(&name);
        // The tool replaces what a shell would trip over.
        let name = format!("{}.pem", name.replace([' ', ','], "_").replace(['(', ')'], "="));
        root.put(&folder.child(name.as_bytes()), Node::symlink(path.to_utf8().unwrap_or_default()));
        bundle.push_str(&text);
        if !text.ends_with('\n') {
            bundle.push('\n');
        }
        named.insert(name, der(&text));
    }
    let java = at("/etc/ssl/certs/java");
    if root.is_directory(&java) {
        root.put(&java.child(b"cacerts"), Node::file(key_store(&named), 0o644));
    }
    for (name, der) in named {
        // The same certificate under a second name gets no second link.
        let Some(der) = der.filter(|der| seen.insert(der.clone())) else { continue };
        let Some(hash) = subject(&der).map(subject_hash) else { continue };
        let number = next.entry(hash).or_default();
        root.put(&folder.child(format!("{hash:08x}.{number}").as_bytes()), Node::symlink(name));
        *number += 1;
    }
    root.put(&folder.child(b"ca-certificates.crt"), Node::file(bundle, 0o644));
    true
}

/// A Java key store of trusted certificates (JKS version 2, sealed with Java's own default password). Entries have no date:
/// it would be that of the build.
fn key_store(certificates: &BTreeMap<String, Option<Vec<u8>>>) -> Vec<u8> {
    let trusted: Vec<(String, &Vec<u8>)> = certificates
        .iter()
        .filter_map(|(name, der)| Some((format!("debian:{}", name.to_lowercase()), der.as_ref()?)))
        .collect();
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let text = |text: &str| {
        [&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes()[..], text.as_bytes()].concat()
    };
    let mut store = vec![0xfe, 0xed, 0xfe, 0xed];
    store.extend(number(2));
    store.extend(number(trusted.len()));
    for (alias, der) in trusted {
        store.extend(number(2));
        store.extend(text(&alias));
        store.extend([0; 8]);
        store.extend(text("X.509"));
        store.extend(number(der.len()));
        store.extend(der);
    }
    let mut sealed: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    sealed.extend(b"Mighty Aphrodite");
    sealed.extend(&store);
    store.extend(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &sealed).as_ref());
    store
}

/// The certificates that the configuration names, and those an administrator added; all that are shipped when there is no
/// configuration.
fn enabled(root: &Root, store: &Store<'_>) -> Vec<RootPath> {
    let shipped = at("/usr/share/ca-certificates");
    let is_certificate = |path: &RootPath| path.as_bytes().ends_with(b".crt");
    let below = |folder: &RootPath| -> Vec<RootPath> {
        root.below(folder).map(|(path, _)| path.clone()).filter(is_certificate).collect()
    };
    let mut all = match store.text(root, &at("/etc/ca-certificates.conf")) {
        Some(text) => text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with(['#', '!']))
            .map(|line| shipped.join_as_kernel(line.trim_start_matches('/').as_bytes()))
            .filter(|path| root.exact(path).is_some())
            .collect(),
        None => below(&shipped),
    };
    all.extend(below(&at("/usr/local/share/ca-certificates")));
    all
}

/// The first certificate of a PEM text.
fn der(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(body).ok()
}

/// A DER element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if length.len() > 4 {
            return None;
        }
        (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// The content of the subject name of a certificate (RFC 5280 4.1).
fn subject(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate, _) = element(certificate)?;
    let (_, signed, _) = element(certificate)?;
    let mut rest = signed;
    // An explicit version is optional; then follow serial number, algorithm, issuer and validity.
    if let Some((0xa0, _, after)) = element(rest) {
        rest = after;
    }
    for _ in 0..4 {
        rest = element(rest)?.2;
    }
    element(rest).map(|(_, subject, _)| subject)
}

/// OpenSSL's hash of a name: the first four bytes of the SHA-1 of its canonical form, least significant first.
fn subject_hash(name: &[u8]) -> u32 {
    let canonical = canonical(name).unwrap_or_default();
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &canonical);
    digest.as_ref()[..4].iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Every value as UTF-8, in lower case, with single blanks inside and none around.
fn canonical(mut name: &[u8]) -> Option<Vec<u8>> {
    let mut result = Vec::new();
    while !name.is_empty() {
        let (_, mut set, rest) = element(name)?;
        name = rest;
        let mut attributes = Vec::new();
        while !set.is_empty() {
            let (_, attribute, rest) = element(set)?;
            set = rest;
            let (kind_tag, kind, value) = element(attribute)?;
            let (tag, value, _) = element(value)?;
            let mut inner = encode(kind_tag, kind);
            inner.extend(canonical_value(tag, value));
            attributes.extend(encode(0x30, &inner));
        }
        result.extend(encode(0x31, &attributes));
    }
    Some(result)
}

fn canonical_value(tag: u8, value: &[u8]) -> Vec<u8> {
    const UTF8: u8 = 12;
    let text = match tag {
        // UTF8String, PrintableString, IA5String, VisibleString
        UTF8 | 19 | 22 | 26 => String::from_utf8_lossy(value).into_owned(),
        // TeletexString, read as Latin-1
        20 => value.iter().map(|byte| char::from(*byte)).collect(),
        // BMPString
        30 => {
            let units: Vec<u16> =
                value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        // UniversalString
        28 => value
            .chunks_exact(4)
            .filter_map(|four| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
            .collect(),
        _ => return encode(tag, value),
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    encode(UTF8, words.join(" ").to_ascii_lowercase().as_bytes())
}

fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut result = vec![tag];
    let length = content.len();
    if length < 0x80 {
        result.push(u8::try_from(length).unwrap_or(0));
    } else {
        let bytes = length.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        result.push(0x80 | u8::try_from(bytes.len() - zeros).unwrap_or(0));
        result.extend(&bytes[zeros..]);
    }
    result.extend(content);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of one PrintableString and one UTF8String attribute; the hash is that of `openssl x509 -subject_hash` for a
    /// certificate made with this name.
    #[test]
    fn values_are_folded() {
        let attribute = |tag, value: &[u8]| {
            let kind = encode(6, &[0x55, 4, 3]);
            encode(0x31, &encode(0x30, &[kind, encode(tag, value)].concat()))
        };
        let spelled = attribute(19, b"  Some   CA ");
        let folded = attribute(12, b"some ca");
        assert_eq!(canonical(&spelled).unwrap(), folded);
        assert_eq!(subject_hash(&spelled), subject_hash(&folded));
        assert_ne!(subject_hash(&spelled), subject_hash(&attribute(12, b"other ca")));
        assert_eq!(element(&[0x30, 0x82]), None);
        assert_eq!(subject(b"\x30\x03\x30\x01\x02"), None);
    }
}
