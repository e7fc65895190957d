//! Rust programs: the list of crates that `cargo auditable` leaves in the section `.dep-v0` (its *PARSING.md*).

use std::io::Read as _;

use object::ReadRef;
use serde_json::Value;

use crate::{Cataloger, Ecosystem, File, Package, Pieces, Reads, Says, elf, facts};

/// Crates in programs.
pub static CARGO: Cataloger = Cataloger {
    name: "cargo",
    reads: Reads::Elf(|_, peek| {
        list(peek);
    }),
    limit: facts::ELF_LIMIT,
    gives: Ecosystem::Cargo,
    parse,
};

/// The most that a list may unpack to, in bytes.
const MOST: u64 = 32 << 20;

fn list<'d, R: ReadRef<'d>>(file: R) -> Option<&'d [u8]> {
    elf::section(file, b".dep-v0")
}

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Some(data) = list(file.bytes) else { return };
    let mut text = Vec::new();
    if flate2::read::ZlibDecoder::new(data).take(MOST).read_to_end(&mut text).is_err() {
        return out.unknown("list of crates that cannot be inflated");
    }
    let Ok(list) = serde_json::from_slice::<Value>(&text) else {
        return out.unknown("list of crates that is no JSON");
    };
    for item in list.get("packages").and_then(Value::as_array).into_iter().flatten() {
        let field = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        // What only ran while it was built is not in it.
        if field("kind") == "build" || field("name").is_empty() {
            continue;
        }
        let subject = out.package(Package {
            ecosystem: Ecosystem::Cargo,
            name: field("name").to_owned(),
            version: field("version").to_owned(),
            ..Package::default()
        });
        out.push(subject, Says::Itself);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::{
        cataloger::test::packages,
        elf::test_program::{Program, build},
    };

    #[test]
    fn crates_are_listed() {
        let json = br#"{"packages":[{"name":"serde","version":"1.0.1","source":"crates.io","dependencies":[1]},
            {"name":"cc","version":"1.0.0","source":"crates.io","kind":"build"},{"name":"app","version":"0.1.0","source":"local","root":true}]}"#;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(json).unwrap();
        let packed = encoder.finish().unwrap();
        let program = build(&Program { sections: &[(".dep-v0", &packed)], ..Program::default() });
        let found = packages(&CARGO, "/usr/bin/app", &program);
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["serde", "app"]);
    }
}
