//! Verifying OpenPGP signatures (RFC 9580) of releases against a keyring.
//!
//! Only what an archive signature needs: keys and signatures of version 4, RSA and Ed25519, SHA-256 and longer. The
//! arithmetic is `ring`'s, which the TLS stack brings anyway; a general OpenPGP crate would bring some 150 more.

use std::{collections::BTreeMap, fmt};

use base64::Engine as _;
use ring::{digest, signature};

use super::packet::{
    Material, PUBLIC_KEY, PUBLIC_SUBKEY, PublicKey, SIGNATURE, Signature, USER_ATTRIBUTE, USER_ID, key_id,
    packets,
};

/// Why a document is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenPgpError {
    /// It is no cleartext-signed document, or the armour is broken.
    #[error("it is not a signed document: {0}")]
    Form(&'static str),
    /// It carries no signature.
    #[error("it carries no signature that can be read")]
    Unsigned,
    /// Nobody in the keyring made a signature.
    #[error("it is signed by keys that are not in the keyring: {}", .0.join(", "))]
    UnknownKey(Vec<String>),
    /// A known key's signature does not fit the document.
    #[error("the signature by key {0} does not fit the document: it was changed after it was signed")]
    Bad(String),
    /// The key cannot be used: it has ended, was revoked, or may not sign.
    #[error("key {key} {why}")]
    Unusable {
        /// Its id.
        key: String,
        /// Why.
        why: &'static str,
    },
}

/// Public keys whose signatures are believed.
#[derive(Debug, Clone, Default)]
pub struct Keyring(BTreeMap<[u8; 8], Vec<Usable>>);

#[derive(Debug, Clone)]
struct Usable {
    key: PublicKey,
    expires: Option<i64>,
    revoked: bool,
    signs: bool,
}

impl Keyring {
    /// Adds the keys of a keyring file, binary or ASCII-armoured. A subkey counts only when its primary key signed it
    /// and it signed its primary key.
    ///
    /// # Errors
    /// When it is neither.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), OpenPgpError> {
        let unarmoured;
        let bytes = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
            bytes
        } else {
            let text =
                std::str::from_utf8(bytes).map_err(|_| OpenPgpError::Form("the keyring is neither"))?;
            unarmoured = unarmour_all(text)?;
            &unarmoured
        };
        let mut block: Vec<(u8, &[u8])> = Vec::new();
        for packet in packets(bytes) {
            let packet = packet.ok_or(OpenPgpError::Form("a packet of the keyring is broken"))?;
            if packet.0 == PUBLIC_KEY {
                self.add_key(&block);
                block.clear();
            }
            block.push(packet);
        }
        self.add_key(&block);
        Ok(())
    }

    /// Whether it has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One primary key with what follows it up to the next (RFC 9580 10.1).
    fn add_key(&mut self, block: &[(u8, &[u8])]) {
        let Some((_, body)) = block.first().filter(|(kind, _)| *kind == PUBLIC_KEY) else { return };
        let Some(primary) = PublicKey::parse(body) else { return };
        let mut main = Usable { key: primary.clone(), expires: None, revoked: false, signs: true };
        let mut newest = i64::MIN;
        let mut subject: (u8, &[u8]) = (PUBLIC_KEY, body);
        let mut subkey: Option<Usable> = None;
        for &(kind, body) in &block[1..] {
            if kind != SIGNATURE {
                self.0.extend_key(subkey.take());
                subject = (kind, body);
                continue;
            }
            let Some(signature) = Signature::parse(body) else { continue };
            if !certifies(&primary, subject, &signature) {
                continue;
            }
            match (subject.0, signature.kind) {
                (PUBLIC_KEY, 0x20) => main.revoked = true,
                (PUBLIC_KEY, 0x1f) | (USER_ID | USER_ATTRIBUTE, 0x10..=0x13)
                    if signature.created >= newest =>
                {
                    newest = signature.created;
                    main.expires = signature.key_expires;
                    main.signs = signature.flags.is_none_or(|flags| flags & 2 != 0);
                }
                (PUBLIC_SUBKEY, 0x28) => {
                    if let Some(subkey) = &mut subkey {
                        subkey.revoked = true;
                    }
                }
                (PUBLIC_SUBKEY, 0x18) if signature.flags.is_some_and(|flags| flags & 2 != 0) => {
                    subkey = bound_subkey(&primary, subject.1, &signature).or(subkey);
                }
                _ => {}
            }
        }
        self.0.extend_key(subkey);
        // A revoked primary key takes its subkeys with it; they are found by its fingerprint being unusable.
        if main.revoked {
            for subkey in block.iter().filter(|(kind, _)| *kind == PUBLIC_SUBKEY) {
                if let Some(key) = PublicKey::parse(subkey.1) {
                    self.0.remove(&key_id(&key.fingerprint));
                }
            }
        }
        self.0.extend_key(Some(main));
    }

    /// The text of a cleartext-signed document (RFC 9580 7), when somebody in the keyring signed it.
    ///
    /// # Errors
    /// When nobody did, a signature does not fit, or the key cannot be used at `now` (seconds since 1970).
    pub fn cleartext(&self, document: &str, now: i64) -> Result<String, OpenPgpError> {
        let (text, signatures) = split_cleartext(document)?;
        // Signed are the lines without their trailing blanks, joined by CR LF.
        let canonical: Vec<&str> =
            text.lines().map(|line| line.trim_end_matches([' ', '\t', '\r'])).collect();
        self.verify(canonical.join("\r\n").as_bytes(), &signatures, 1, now)?;
        Ok(text)
    }

    /// Checks a detached signature (`Release.gpg`).
    ///
    /// # Errors
    /// As [`Keyring::cleartext`].
    pub fn detached(&self, document: &[u8], signature: &str, now: i64) -> Result<(), OpenPgpError> {
        self.verify(document, &unarmour_all(signature)?, 0, now)
    }

    fn verify(&self, message: &[u8], signatures: &[u8], kind: u8, now: i64) -> Result<(), OpenPgpError> {
        let mut unknown = Vec::new();
        let mut unusable = None;
        let mut good = false;
        let readable = packets(signatures)
            .flatten()
            .filter(|(packet, _)| *packet == SIGNATURE)
            .filter_map(|(_, body)| Signature::parse(body))
            .filter(|signature| signature.kind == kind);
        for signature in readable {
            let Some(issuer) = signature.issuer else { continue };
            let Some(keys) = self.0.get(&issuer) else {
                unknown.push(hex(&issuer));
                continue;
            };
            let Some(usable) = keys.iter().find(|usable| fits(&usable.key, message, &signature)) else {
                return Err(OpenPgpError::Bad(hex(&issuer)));
            };
            match usable.reason_against(&signature, now) {
                None => good = true,
                Some(why) => unusable = Some(OpenPgpError::Unusable { key: hex(&issuer), why }),
            }
        }
        match (good, unusable) {
            (true, _) => Ok(()),
            (false, Some(error)) => Err(error),
            (false, None) if unknown.is_empty() => Err(OpenPgpError::Unsigned),
            (false, None) => Err(OpenPgpError::UnknownKey(unknown)),
        }
    }
}

impl Usable {
    fn reason_against(&self, signature: &Signature, now: i64) -> Option<&'static str> {
        let ended =
            |start: i64, after: Option<i64>| after.is_some_and(|after| start.saturating_add(after) < now);
        if self.revoked {
            Some("was revoked")
        } else if !self.signs {
            Some("is not meant for signing")
        } else if ended(self.key.created, self.expires) {
            Some("has expired")
        } else if ended(signature.created, signature.expires) {
            Some("made a signature that has expired")
        } else {
            None
        }
    }
}

trait ExtendKey {
    fn extend_key(&mut self, key: Option<Usable>);
}

impl ExtendKey for BTreeMap<[u8; 8], Vec<Usable>> {
    fn extend_key(&mut self, key: Option<Usable>) {
        if let Some(usable) = key {
            let keys = self.entry(key_id(&usable.key.fingerprint)).or_default();
            match keys.iter_mut().find(|other| other.key == usable.key) {
                Some(other) => *other = usable,
                None => keys.push(usable),
            }
        }
    }
}

/// Whether `signature` is the primary key's own over `subject`.
fn certifies(primary: &PublicKey, subject: (u8, &[u8]), signature: &Signature) -> bool {
    let mut message = primary.signed_bytes();
    match subject.0 {
        PUBLIC_SUBKEY => {
            let Some(subkey) = PublicKey::parse(subject.1) else { return false };
            message.extend(subkey.signed_bytes());
        }
        USER_ID | USER_ATTRIBUTE => {
            message.push(if subject.0 == USER_ID { 0xb4 } else { 0xd1 });
            message.extend(u32::try_from(subject.1.len()).unwrap_or(u32::MAX).to_be_bytes());
            message.extend(subject.1);
        }
        _ => {}
    }
    fits(primary, &message, signature)
}

fn bound_subkey(primary: &PublicKey, body: &[u8], binding: &Signature) -> Option<Usable> {
    let subkey = PublicKey::parse(body)?;
    let back = Signature::parse(binding.embedded.as_deref()?).filter(|back| back.kind == 0x19)?;
    let mut message = primary.signed_bytes();
    message.extend(subkey.signed_bytes());
    fits(&subkey, &message, &back).then_some(Usable {
        key: subkey,
        expires: binding.key_expires,
        revoked: false,
        signs: true,
    })
}

/// Whether a signature over `message` was made with `key`.
fn fits(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    let mut hashed = message.to_vec();
    hashed.extend(&signature.trailer);
    match &key.material {
        Material::Rsa { modulus, exponent } => {
            let algorithm = match signature.hash {
                8 => &signature::RSA_PKCS1_2048_8192_SHA256,
                9 => &signature::RSA_PKCS1_2048_8192_SHA384,
                10 => &signature::RSA_PKCS1_2048_8192_SHA512,
                _ => return false,
            };
            let Some((value, _)) = super::packet::split_mpi(&signature.value) else { return false };
            let Some(padding) = modulus.len().checked_sub(value.len()) else { return false };
            let mut padded = vec![0; padding];
            padded.extend(value);
            signature::RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(algorithm, &hashed, &padded)
                .is_ok()
        }
        Material::Ed25519(point) => {
            let algorithm = match signature.hash {
                8 => &digest::SHA256,
                9 => &digest::SHA384,
                10 => &digest::SHA512,
                _ => return false,
            };
            let Some(value) = ed25519_value(&signature.value) else { return false };
            let hash = digest::digest(algorithm, &hashed);
            signature::UnparsedPublicKey::new(&signature::ED25519, point)
                .verify(hash.as_ref(), &value)
                .is_ok()
        }
        Material::Other(_) => false,
    }
}

/// Two integers of at most 32 bytes (EdDSALegacy), or 64 bytes as they are (Ed25519).
fn ed25519_value(value: &[u8]) -> Option<[u8; 64]> {
    if let Ok(plain) = value.try_into() {
        return Some(plain);
    }
    let (first, rest) = super::packet::split_mpi(value)?;
    let (second, _) = super::packet::split_mpi(rest)?;
    let mut both = [0; 64];
    both[32usize.checked_sub(first.len())?..32].copy_from_slice(first);
    both[32 + 32usize.checked_sub(second.len())?..].copy_from_slice(second);
    Some(both)
}

/// The text and the signature packets of a cleartext-signed document.
fn split_cleartext(document: &str) -> Result<(String, Vec<u8>), OpenPgpError> {
    const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
    const END: &str = "-----BEGIN PGP SIGNATURE-----";
    let mut lines = document.lines();
    if lines.next().map(str::trim_end) != Some(BEGIN) {
        return Err(OpenPgpError::Form("it does not begin with a PGP SIGNED MESSAGE line"));
    }
    for header in lines.by_ref() {
        if header.trim().is_empty() {
            break;
        }
        if !header.starts_with("Hash:") {
            return Err(OpenPgpError::Form("it has an armour header other than Hash"));
        }
    }
    let mut text = String::with_capacity(document.len());
    for line in lines.by_ref() {
        if line.trim_end() == END {
            let rest: Vec<&str> = std::iter::once(END).chain(lines).collect();
            return Ok((text, unarmour_all(&rest.join("\n"))?));
        }
        // Lines that begin with a dash are escaped (RFC 9580 7.2); any other dash line does not belong to the text.
        match (line.strip_prefix("- "), line.starts_with('-')) {
            (Some(line), _) => text.push_str(line),
            (None, true) => {
                return Err(OpenPgpError::Form("a line of its text begins with an unescaped dash"));
            }
            (None, false) => text.push_str(line),
        }
        text.push('\n');
    }
    Err(OpenPgpError::Form("it has no PGP SIGNATURE block"))
}

/// The bytes of every armoured block of a text (RFC 9580 6.2).
fn unarmour_all(text: &str) -> Result<Vec<u8>, OpenPgpError> {
    let mut bytes = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while lines.by_ref().any(|line| line.starts_with("-----BEGIN PGP ")) {
        let mut encoded = String::new();
        let mut in_headers = true;
        for line in lines.by_ref() {
            if line.starts_with("-----END PGP ") {
                break;
            } else if in_headers && (line.is_empty() || line.contains(": ")) {
                continue;
            }
            in_headers = false;
            // The checksum line is optional and adds nothing to a signature.
            if !line.starts_with('=') {
                encoded.push_str(line);
            }
        }
        let block = base64::engine::general_purpose::STANDARD.decode(&encoded);
        bytes.extend(block.map_err(|_| OpenPgpError::Form("its armour is not base64"))?);
    }
    if bytes.is_empty() {
        return Err(OpenPgpError::Form("it has no armoured block"));
    }
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}
