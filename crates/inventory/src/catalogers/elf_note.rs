//! ELF package notes: `.note.package` (UAPI group, *ELF package metadata*).

use object::ReadRef;
use serde_json::Value;

use crate::{Cataloger, Ecosystem, File, Package, Pieces, Reads, Says, elf, facts};

/// Programs that say which package they are of.
pub static ELF_NOTE: Cataloger = Cataloger {
    name: "elf-note",
    reads: Reads::Elf(|_, peek| {
        section(peek);
    }),
    limit: facts::ELF_LIMIT,
    gives: Ecosystem::Generic,
    parse,
};

const TYPE: u32 = 0xcafe_1a7e;

fn section<'d, R: ReadRef<'d>>(file: R) -> Option<&'d [u8]> {
    elf::section(file, b".note.package")
}

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Some(text) = section(file.bytes).and_then(note) else { return };
    let Ok(value) = serde_json::from_slice::<Value>(text) else {
        return out.unknown("package note that is no JSON");
    };
    let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(name), Some(version)) = (field("name"), field("version")) else { return };
    let ecosystem = match field("type").as_deref() {
        Some("deb") => Ecosystem::Deb,
        Some("rpm") => Ecosystem::Rpm,
        Some("apk") => Ecosystem::Apk,
        Some("alpm" | "arch") => Ecosystem::Alpm,
        _ => Ecosystem::Generic,
    };
    // What its package manager knows is better known by that.
    if ecosystem.is_distribution() {
        return;
    }
    let subject = out.package(Package {
        ecosystem,
        name,
        version,
        architecture: field("architecture"),
        ..Package::default()
    });
    out.push(subject, Says::Itself);
}

/// The content of a note of the right owner and type, up to a NUL.
fn note(data: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| -> Option<u32> {
        let bytes: [u8; 4] = data.get(at..at + 4)?.try_into().ok()?;
        let little = u32::from_le_bytes(bytes);
        Some(if little > 0xffff && at < 8 { u32::from_be_bytes(bytes) } else { little })
    };
    let (owner, size) = (number(0)? as usize, number(4)? as usize);
    if ![number(8)?, number(8)?.swap_bytes()].contains(&TYPE) || !data.get(12..)?.starts_with(b"FDO\0") {
        return None;
    }
    let start = 12 + owner.checked_next_multiple_of(4)?;
    let content = data.get(start..start.checked_add(size)?)?;
    content.split(|byte| *byte == 0).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cataloger::test::packages,
        elf::test_program::{Program, build},
    };

    #[test]
    fn notes_name_packages() {
        for (kind, count) in [("custom", 1), ("deb", 0)] {
            let json =
                format!(r#"{{"type":"{kind}","name":"tool","version":"1.2","architecture":"x86_64"}}"#);
            let mut data = Vec::new();
            for number in [4, json.len() as u32, TYPE] {
                data.extend(number.to_le_bytes());
            }
            data.extend(b"FDO\0");
            data.extend(json.as_bytes());
            let program = build(&Program { sections: &[(".note.package", &data)], ..Program::default() });
            assert_eq!(packages(&ELF_NOTE, "/bin/tool", &program).len(), count);
        }
    }
}
