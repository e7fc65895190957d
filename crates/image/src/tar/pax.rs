//! PAX extended header records (IEEE 1003.1, `pax`, *pax Extended Header*): `LENGTH KEY=VALUE\n`.

use super::header::TarError;
use crate::Xattrs;

/// What the extended headers of one entry say about it.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub mtime: Option<i64>,
    pub major: Option<u32>,
    pub minor: Option<u32>,
    pub xattrs: Xattrs,
    pub sparse: SparseRecords,
}

/// The three sparse formats of GNU tar in PAX headers.
#[derive(Debug, Default)]
pub(crate) struct SparseRecords {
    /// 1.0 when 1; its map stands before the content.
    pub major: Option<u64>,
    /// The name without the placeholder of 0.1 and 1.0.
    pub name: Option<Vec<u8>>,
    /// The size with holes (`GNU.sparse.size` or `.realsize`).
    pub size: Option<u64>,
    /// Offset and length of each piece, of 0.0 and 0.1.
    pub map: Vec<(u64, u64)>,
    /// Of 0.0: an offset whose length has not come yet.
    offset: Option<u64>,
    /// Whether any record was there.
    pub any: bool,
}

impl Records {
    /// Adds the records of a header; later ones win.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) -> Result<(), TarError> {
        while !bytes.is_empty() {
            // Some writers fill the last block with zeros and count them.
            if bytes.iter().all(|byte| *byte == 0) {
                break;
            }
            let space = bytes.iter().take(20).position(|byte| *byte == b' ').ok_or(TarError::Record)?;
            let length = usize::try_from(decimal(&bytes[..space])?).map_err(|_| TarError::Record)?;
            let record = bytes.get(space + 1..length).ok_or(TarError::Record)?;
            bytes = &bytes[length..];
            let record = record.strip_suffix(b"\n").ok_or(TarError::Record)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(TarError::Record)?;
            self.set(&record[..equals], &record[equals + 1..])?;
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), TarError> {
        // An empty value takes back what came before.
        let given = !value.is_empty();
        match key {
            b"path" => self.path = given.then(|| value.to_vec()),
            b"linkpath" => self.link = given.then(|| value.to_vec()),
            b"size" => self.size = given.then(|| decimal(value)).transpose()?,
            b"uid" => self.uid = given.then(|| small(value)).transpose()?,
            b"gid" => self.gid = given.then(|| small(value)).transpose()?,
            b"mtime" => self.mtime = given.then(|| seconds(value)).transpose()?,
            b"SCHILY.devmajor" => self.major = given.then(|| small(value)).transpose()?,
            b"SCHILY.devminor" => self.minor = given.then(|| small(value)).transpose()?,
            _ => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.set_xattr(name.to_vec(), value.to_vec())?;
                } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
                    self.set_xattr(percent_decoded(name)?, base64_decoded(value)?)?;
                } else if let Some(name) = key.strip_prefix(b"RHT.security.") {
                    // How GNU tar spells the label of SELinux, with the NUL that ends it there.
                    let value = value.strip_suffix(b"\0").unwrap_or(value);
                    self.set_xattr([b"security.", name].concat(), value.to_vec())?;
                } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(key, value)?;
                }
            }
        }
        Ok(())
    }

    fn set_xattr(&mut self, name: Vec<u8>, value: Vec<u8>) -> Result<(), TarError> {
        if name.is_empty() || name.contains(&0) {
            return Err(TarError::Record);
        }
        self.xattrs.insert(name.into(), value.into());
        Ok(())
    }
}

impl SparseRecords {
    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), TarError> {
        self.any = true;
        match key {
            b"major" => self.major = Some(decimal(value)?),
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.size = Some(decimal(value)?),
            b"offset" => self.offset = Some(decimal(value)?),
            b"numbytes" => {
                let offset = self.offset.take().ok_or(TarError::Record)?;
                self.map.push((offset, decimal(value)?));
            }
            b"map" => {
                let numbers: Vec<u64> = if value.is_empty() {
                    Vec::new()
                } else {
                    value.split(|byte| *byte == b',').map(decimal).collect::<Result<_, _>>()?
                };
                if !numbers.len().is_multiple_of(2) {
                    return Err(TarError::Record);
                }
                self.map = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            }
            // `minor` and `numblocks` say nothing that is needed.
            _ => {}
        }
        Ok(())
    }
}

/// A whole number in decimal digits.
pub(crate) fn decimal(digits: &[u8]) -> Result<u64, TarError> {
    if digits.is_empty() {
        return Err(TarError::Record);
    }
    digits.iter().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'9' => value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(digit - b'0')))
            .ok_or(TarError::Record),
        _ => Err(TarError::Record),
    })
}

fn small(digits: &[u8]) -> Result<u32, TarError> {
    decimal(digits).and_then(|value| u32::try_from(value).map_err(|_| TarError::Record))
}

/// Whole seconds of `[-]SECONDS[.FRACTION]`, rounded down.
fn seconds(value: &[u8]) -> Result<i64, TarError> {
    let (negative, digits) = value.strip_prefix(b"-").map_or((false, value), |digits| (true, digits));
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let whole = decimal(parts.next().unwrap_or_default())?;
    let whole = i64::try_from(whole).map_err(|_| TarError::Record)?;
    let fraction = parts.next().unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return Err(TarError::Record);
    }
    let above = fraction.iter().any(|digit| *digit != b'0');
    Ok(if negative { -whole - i64::from(above) } else { whole })
}

fn percent_decoded(name: &[u8]) -> Result<Vec<u8>, TarError> {
    let mut decoded = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return Err(TarError::Record) };
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(TarError::Record);
        decoded.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).map_err(|_| TarError::Record)?);
        rest = tail;
    }
    Ok(decoded)
}

/// RFC 4648 base64, with or without padding (libarchive writes none).
fn base64_decoded(value: &[u8]) -> Result<Vec<u8>, TarError> {
    let mut decoded = Vec::with_capacity(value.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in value.iter().filter(|byte| !matches!(byte, b'=' | b'\n')) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(TarError::Record),
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held).to_le_bytes()[0]);
            bits &= (1 << held) - 1;
        }
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, value: &[u8]) -> Vec<u8> {
        let body = key.len() + value.len() + 3;
        let length =
            (1..).map(|digits| body + digits).find(|length| body + length.to_string().len() == *length);
        let mut bytes = format!("{} {key}=", length.unwrap()).into_bytes();
        bytes.extend_from_slice(value);
        bytes.push(b'\n');
        bytes
    }

    #[test]
    fn records_are_read() {
        let mut bytes = Vec::new();
        for (key, value) in [
            ("path", &b"a=b\nc"[..]),
            ("mtime", b"-1.5"),
            ("uid", b"4294967295"),
            ("SCHILY.xattr.security.capability", b"\x01\0\n"),
            ("LIBARCHIVE.xattr.user.a%3Db", b"AQID"),
            ("LIBARCHIVE.xattr.user.short", b"/w"),
            ("GNU.sparse.offset", b"1"),
            ("GNU.sparse.numbytes", b"2"),
            ("unknown", b""),
        ] {
            bytes.extend(record(key, value));
        }
        bytes.extend([0; 5]);
        let mut records = Records::default();
        records.read(&bytes).unwrap();
        assert_eq!(records.path.as_deref(), Some(&b"a=b\nc"[..]));
        assert_eq!((records.mtime, records.uid), (Some(-2), Some(u32::MAX)));
        assert_eq!(&*records.xattrs[&b"security.capability"[..]], b"\x01\0\n");
        assert_eq!(&*records.xattrs[&b"user.a=b"[..]], b"\x01\x02\x03");
        assert_eq!(&*records.xattrs[&b"user.short"[..]], b"\xff");
        assert_eq!(records.sparse.map, [(1, 2)]);
    }

    #[test]
    fn broken_records_are_refused() {
        for bytes in [
            &b"path=a\n"[..],
            b"99 path=a\n",
            b"9 path=aa",
            b"8 pathab\n",
            b"0 a=b\n",
            b"3 a=b\n",
            b"999999999999999999999 a=b\n",
            b"18446744073709551615 a=b\n",
            b"12 size=abc\n",
            b"18 GNU.sparse.map=1\n",
            b"20 SCHILY.xattr.=a\n",
        ] {
            assert!(Records::default().read(bytes).is_err(), "{bytes:?}");
        }
    }
}
