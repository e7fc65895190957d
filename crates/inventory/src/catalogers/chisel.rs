//! Chisel: `var/lib/chisel/manifest.wall`, a zstd-compressed file of JSON lines (Chisel manifest schema 1.0).

use std::{collections::BTreeMap, io::Read as _};

use serde_json::Value;

use crate::{Cataloger, Ecosystem, File, Package, Pieces, Reads, Says};

/// Slices of Ubuntu packages.
pub static CHISEL: Cataloger = Cataloger {
    name: "chisel",
    reads: Reads::Paths(&["var/lib/chisel/manifest.wall"]),
    limit: 64 << 20,
    gives: Ecosystem::Deb,
    parse,
};

/// The most that a manifest may unpack to, in bytes.
const MOST: u64 = 256 << 20;

fn parse(file: &File<'_>, out: &mut Pieces) {
    let mut text = Vec::new();
    let read = zstd::stream::read::Decoder::new(file.bytes)
        .and_then(|decoder| decoder.take(MOST).read_to_end(&mut text));
    if read.is_err() {
        return out.unknown("chisel manifest that is not zstd");
    }
    let mut packages: Vec<Package> = Vec::new();
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let Ok(value) = serde_json::from_slice::<Value>(line) else {
            out.unknown("chisel manifest with a broken line");
            continue;
        };
        let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match field("kind").as_str() {
            "package" => packages.push(Package {
                ecosystem: Ecosystem::Deb,
                name: field("name"),
                version: field("version"),
                architecture: Some(field("arch")).filter(|arch| !arch.is_empty()),
                ..Package::default()
            }),
            "content" => {
                // A slice is named PACKAGE_SLICE, and package names hold no underscore.
                let package = field("slice").split('_').next().unwrap_or_default().to_owned();
                paths.entry(package).or_default().push(field("path").trim_matches('/').to_owned());
            }
            _ => {}
        }
    }
    for package in packages.into_iter().filter(|package| !package.name.is_empty()) {
        let listed = paths.remove(&package.name).unwrap_or_default();
        let subject = out.package(package);
        out.push(subject, Says::Paths(listed.into_iter().collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::pieces;

    #[test]
    fn manifests_are_read() {
        let lines = b"{\"jsonwall\":\"1.0\",\"schema\":\"1.0\",\"count\":4}\n\
            {\"kind\":\"content\",\"slice\":\"libc6_libs\",\"path\":\"/usr/lib/x/libc.so.6\"}\n\
            {\"kind\":\"package\",\"name\":\"libc6\",\"version\":\"2.39-0ubuntu8\",\"arch\":\"amd64\"}\n";
        let packed = zstd::encode_all(&lines[..], 0).unwrap();
        let found = pieces(&CHISEL, "/var/lib/chisel/manifest.wall", &packed);
        assert!(matches!(&found[0].says, Says::Package(package) if package.version == "2.39-0ubuntu8"));
        assert!(matches!(&found[1].says, Says::Paths(paths) if paths.contains(b"usr/lib/x/libc.so.6")));
        assert!(pieces(&CHISEL, "/var/lib/chisel/manifest.wall", b"not zstd").is_empty());
    }
}
