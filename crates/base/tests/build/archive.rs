//! A small package archive on disk, signed with a key that is made here.

use std::{fs, io::Write as _, path::Path};

use base64::Engine as _;
use casehard_oci::Digest;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

/// When everything in the archive was made: 2026-01-01.
pub const DATE: i64 = 1_767_225_600;

/// A file of a package: path, mode, content; a directory when the path ends in a slash, a link when the content begins
/// with `-> `.
pub type File<'a> = (&'a str, u32, &'a str);

/// A package file.
pub fn package(control: &str, control_files: &[(&str, &str)], files: &[File<'_>]) -> Vec<u8> {
    let control_part = tar(&[&[("./control", 0o644, control)][..], &owned(control_files)].concat());
    let mut deb = b"!<arch>\n".to_vec();
    for (name, bytes) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", gzip(&control_part)),
        ("data.tar.gz", gzip(&tar(files))),
    ] {
        writeln!(deb, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100_644, bytes.len()).unwrap();
        deb.extend(&bytes);
        deb.extend(std::iter::repeat_n(b'\n', bytes.len() % 2));
    }
    deb
}

fn owned<'a>(files: &[(&'a str, &'a str)]) -> Vec<File<'a>> {
    files.iter().map(|(name, content)| (*name, 0o755, *content)).collect()
}

fn tar(files: &[File<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, mode, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(*mode);
        header.set_mtime(u64::try_from(DATE).unwrap());
        header.set_uid(0);
        header.set_gid(0);
        if path.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_size(0);
            builder.append_data(&mut header, path, &b""[..]).unwrap();
        } else if let Some(target) = content.strip_prefix("-> ") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, path, target).unwrap();
        } else {
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes an archive of these packages (control fields and file) below `folder`, and a machine that uses it: the folder to
/// give as its `/etc/apt`.
pub fn write(folder: &Path, packages: &[(&str, Vec<u8>)]) {
    let suite = folder.join("archive/dists/test");
    fs::create_dir_all(suite.join("main/binary-amd64")).unwrap();
    fs::create_dir_all(folder.join("archive/pool")).unwrap();
    let mut index = String::new();
    for (control, deb) in packages {
        let name = control.lines().find_map(|line| line.strip_prefix("Package: ")).unwrap();
        fs::write(folder.join(format!("archive/pool/{name}.deb")), deb).unwrap();
        index += &format!(
            "{}\nFilename: pool/{name}.deb\nSize: {}\nSHA256: {}\n\n",
            control.trim_end(),
            deb.len(),
            Digest::of(deb).hex()
        );
    }
    let index = gzip(index.as_bytes());
    fs::write(suite.join("main/binary-amd64/Packages.gz"), &index).unwrap();
    let release = format!(
        "Origin: Test\nSuite: test\nCodename: test\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n\
         Valid-Until: Thu, 08 Jan 2026 00:00:00 UTC\nArchitectures: amd64\nComponents: main\nSHA256:\n {} {} main/binary-amd64/Packages.gz\n",
        Digest::of(&index).hex(),
        index.len()
    );
    fs::write(suite.join("InRelease"), sign(&release)).unwrap();
    fs::create_dir_all(folder.join("apt")).unwrap();
    fs::write(folder.join("key.gpg"), key(1)).unwrap();
    fs::write(folder.join("other.gpg"), key(2)).unwrap();
    sources(folder, "key.gpg");
}

/// Describes the archive as a source that is signed by a keyring.
pub fn sources(folder: &Path, keyring: &str) {
    let folder = folder.display();
    let line = format!("deb [signed-by={folder}/{keyring}] file:{folder}/archive test main\n");
    fs::write(format!("{folder}/apt/sources.list"), line).unwrap();
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// A public key of version 4 (RFC 9580 5.5.2), algorithm 22, as a packet in the newer form.
fn key(seed: u8) -> Vec<u8> {
    let body = key_body(seed);
    [&[0xc6, u8::try_from(body.len()).unwrap()][..], &body].concat()
}

fn key_body(seed: u8) -> Vec<u8> {
    let mut body = vec![4];
    body.extend(u32::try_from(DATE - 1000).unwrap().to_be_bytes());
    body.extend([22, 9, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01]);
    body.extend([0x01, 0x07, 0x40]);
    body.extend(pair(seed).public_key().as_ref());
    body
}

/// Signs a text in the clear (RFC 9580 7) with the first key.
fn sign(text: &str) -> String {
    let body = key_body(1);
    let mut hashed = vec![0x99];
    hashed.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    hashed.extend(&body);
    let fingerprint = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &hashed);
    let mut subpackets = vec![5, 2];
    subpackets.extend(u32::try_from(DATE).unwrap().to_be_bytes());
    subpackets.extend([22, 33, 4]);
    subpackets.extend(fingerprint.as_ref());
    let mut signature = vec![4, 1, 22, 8];
    signature.extend(u16::try_from(subpackets.len()).unwrap().to_be_bytes());
    signature.extend(&subpackets);
    let canonical = text.trim_end_matches('\n').replace('\n', "\r\n");
    let mut message = canonical.into_bytes();
    message.extend(&signature);
    message.extend([4, 0xff]);
    message.extend(u32::try_from(signature.len()).unwrap().to_be_bytes());
    let digest = ring::digest::digest(&ring::digest::SHA256, &message);
    let value = pair(1).sign(digest.as_ref());
    signature.extend([0, 0]);
    signature.extend(&digest.as_ref()[..2]);
    for half in value.as_ref().chunks(32) {
        let zeros = half.iter().take_while(|byte| **byte == 0).count();
        let number = &half[zeros..];
        let bits = number.len() * 8 - number.first().map_or(0, |byte| byte.leading_zeros() as usize);
        signature.extend(u16::try_from(bits).unwrap().to_be_bytes());
        signature.extend(number);
    }
    let packet = [&[0xc2, u8::try_from(signature.len()).unwrap()][..], &signature].concat();
    let armour = base64::engine::general_purpose::STANDARD.encode(packet);
    format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{text}-----BEGIN PGP SIGNATURE-----\n\n{armour}\n-----END PGP SIGNATURE-----\n"
    )
}
