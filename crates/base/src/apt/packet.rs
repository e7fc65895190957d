//! OpenPGP packets (RFC 9580), as far as verifying a signature of version 4 needs them.

/// A packet: its type and its body.
pub(super) type Packet<'a> = (u8, &'a [u8]);

pub(super) const SIGNATURE: u8 = 2;
pub(super) const PUBLIC_KEY: u8 = 6;
pub(super) const USER_ID: u8 = 13;
pub(super) const PUBLIC_SUBKEY: u8 = 14;
pub(super) const USER_ATTRIBUTE: u8 = 17;

/// The packets of a key or a signature (RFC 9580 4.2). `None` stands for a broken header and ends the sequence.
/// Partial lengths are for data packets only and count as broken.
pub(super) fn packets(mut bytes: &[u8]) -> impl Iterator<Item = Option<Packet<'_>>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let packet = split_packet(bytes);
        bytes = packet.map_or(&[], |(_, rest)| rest);
        Some(packet.map(|(packet, _)| packet))
    })
}

fn split_packet(bytes: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (kind, length, rest) = match tag >> 6 {
        0b11 => {
            let (length, rest) = split_length(rest)?;
            (tag & 0x3f, length, rest)
        }
        0b10 => {
            let width = match tag & 3 {
                0 => 1,
                1 => 2,
                2 => 4,
                _ => return None,
            };
            let (length, rest) = rest.split_at_checked(width)?;
            (tag >> 2 & 0xf, number(length), rest)
        }
        _ => return None,
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some(((kind, body), rest))
}

/// A length in the newer form, without partial ones; the same form that signature subpackets use.
fn split_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match *first {
        first @ 0..192 => Some((first.into(), rest)),
        first @ 192..224 => {
            let (second, rest) = rest.split_first()?;
            Some(((usize::from(first) - 192) * 256 + usize::from(*second) + 192, rest))
        }
        255 => {
            let (length, rest) = rest.split_at_checked(4)?;
            Some((number(length), rest))
        }
        _ => None,
    }
}

/// Up to four bytes, most significant first.
pub(super) fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// A multiprecision integer (RFC 9580 3.2) without leading zeros.
pub(super) fn split_mpi(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (bits, rest) = bytes.split_at_checked(2)?;
    let (value, rest) = rest.split_at_checked(number(bits).div_ceil(8))?;
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    Some((&value[zeros..], rest))
}

/// What can be verified with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Ed25519([u8; 32]),
    /// Algorithms that archive keys do not use.
    Other(u8),
}

/// A public key or subkey of version 4 (RFC 9580 5.5.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey {
    pub(super) fingerprint: [u8; 20],
    pub(super) created: i64,
    pub(super) material: Material,
    /// The body of the packet, which signatures over the key cover.
    pub(super) body: Vec<u8>,
}

impl PublicKey {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        const ED25519_CURVE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];
        let (4, rest) = body.split_first().map(|(version, rest)| (*version, rest))? else { return None };
        let (created, rest) = rest.split_at_checked(4)?;
        let (algorithm, rest) = rest.split_first()?;
        let material = match algorithm {
            1 | 3 => {
                let (modulus, rest) = split_mpi(rest)?;
                let (exponent, _) = split_mpi(rest)?;
                Material::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() }
            }
            22 => {
                let (length, rest) = rest.split_first()?;
                let (curve, rest) = rest.split_at_checked((*length).into())?;
                let (point, _) = split_mpi(rest)?;
                match point.strip_prefix(&[0x40]).and_then(|point| point.try_into().ok()) {
                    Some(point) if curve == ED25519_CURVE => Material::Ed25519(point),
                    _ => Material::Other(22),
                }
            }
            27 => Material::Ed25519(rest.get(..32)?.try_into().ok()?),
            other => Material::Other(*other),
        };
        let mut hashed = vec![0x99];
        hashed.extend(u16::try_from(body.len()).ok()?.to_be_bytes());
        hashed.extend(body);
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &hashed);
        let fingerprint = digest.as_ref().try_into().ok()?;
        Some(Self { fingerprint, created: seconds(created), material, body: body.to_vec() })
    }

    /// What a signature over the key covers of it.
    pub(super) fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x99];
        bytes.extend(u16::try_from(self.body.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(&self.body);
        bytes
    }
}

/// The last eight bytes of a fingerprint.
pub(super) fn key_id(fingerprint: &[u8; 20]) -> [u8; 8] {
    let mut id = [0; 8];
    id.copy_from_slice(&fingerprint[12..]);
    id
}

fn seconds(bytes: &[u8]) -> i64 {
    i64::try_from(number(bytes)).unwrap_or(i64::MAX)
}

/// A signature of version 4 (RFC 9580 5.2.3).
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) kind: u8,
    pub(super) hash: u8,
    /// What is hashed after the data: the fields up to the hashed subpackets, and the trailer.
    pub(super) trailer: Vec<u8>,
    /// The algorithm's own bytes.
    pub(super) value: Vec<u8>,
    /// Who claims to have made it: a fingerprint, or else a key id.
    pub(super) issuer: Option<[u8; 8]>,
    pub(super) created: i64,
    /// Seconds after its own creation at which the signature ends.
    pub(super) expires: Option<i64>,
    /// Seconds after the key's creation at which the key ends.
    pub(super) key_expires: Option<i64>,
    /// Key flags; absent in old keys.
    pub(super) flags: Option<u8>,
    /// The subkey's own signature over its primary key.
    pub(super) embedded: Option<Vec<u8>>,
}

impl Signature {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let &[4, kind, _, hash, high, low, ..] = body else { return None };
        let hashed_end = 6 + number(&[high, low]);
        let hashed = body.get(6..hashed_end)?;
        let (length, rest) = body.get(hashed_end..)?.split_at_checked(2)?;
        let (unhashed, value) = rest.split_at_checked(number(length))?;
        let mut trailer = body[..hashed_end].to_vec();
        trailer.extend([4, 0xff]);
        trailer.extend(u32::try_from(hashed_end).ok()?.to_be_bytes());
        let mut signature = Self {
            kind,
            hash,
            trailer,
            value: value.get(2..)?.to_vec(),
            issuer: None,
            created: 0,
            expires: None,
            key_expires: None,
            flags: None,
            embedded: None,
        };
        signature.subpackets(hashed, true)?;
        signature.subpackets(unhashed, false)?;
        Some(signature)
    }

    fn subpackets(&mut self, mut bytes: &[u8], hashed: bool) -> Option<()> {
        while !bytes.is_empty() {
            let (length, rest) = split_length(bytes)?;
            let (subpacket, rest) = rest.split_at_checked(length)?;
            bytes = rest;
            let (kind, body) = subpacket.split_first()?;
            match kind & 0x7f {
                16 if self.issuer.is_none() => self.issuer = body.try_into().ok(),
                33 if body.first() == Some(&4) => {
                    self.issuer = body
                        .get(1..21)
                        .and_then(|fingerprint| fingerprint.try_into().ok())
                        .map(|f| key_id(&f));
                }
                // The signature inside is verified itself, so it may stand in either area.
                32 => self.embedded = Some(body.to_vec()),
                2 if hashed => self.created = seconds(body),
                3 if hashed => self.expires = Some(seconds(body)).filter(|seconds| *seconds > 0),
                9 if hashed => self.key_expires = Some(seconds(body)).filter(|seconds| *seconds > 0),
                27 if hashed => self.flags = body.first().copied(),
                // A critical subpacket that is not known makes the signature one that cannot be judged.
                4..=7 | 10 | 11 | 12 | 20..=26 | 28..=31 | 34..=39 | 2 | 3 | 9 | 16 | 27 | 33 => {}
                _ if kind & 0x80 != 0 => return None,
                _ => {}
            }
        }
        Some(())
    }
}
