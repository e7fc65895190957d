//! .NET assemblies by the version that stands in them: Microsoft PE format (`.rsrc`, `RT_VERSION`) with a CLR header
//! (ECMA-335, II.25.3.3). For applications that come without `*.deps.json`.

use crate::{Cataloger, Ecosystem, File, Package, Pieces, Reads, Says};

/// NuGet packages by their assemblies. What a `*.deps.json` has is not stated again.
pub static ASSEMBLY: Cataloger = Cataloger {
    name: "dotnet-assembly",
    reads: Reads::Paths(&["*.dll", "*.exe"]),
    limit: 256 << 20,
    gives: Ecosystem::Nuget,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Some(strings) = version_strings(file.bytes) else { return };
    let text = |key: &str| strings.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str());
    // `13.0.3+0a2e291c0d9c` names the commit, too; `4.6.26515.06 @BuiltBy: x` the machine.
    let version = |key: &str| {
        let text = text(key)?.trim().split(['+', ' ', '@']).next()?;
        (text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.')).then(|| text.to_owned())
    };
    let Some(version) = version("ProductVersion").or_else(|| version("FileVersion")) else { return };
    let name = file.name();
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if name.is_empty() || name.ends_with(".resources") {
        return;
    }
    let subject = out.package(Package {
        name: name.to_owned(),
        version,
        supplier: text("CompanyName").filter(|text| !text.trim().is_empty()).map(str::to_owned),
        ..Package::default()
    });
    out.push(subject, Says::Itself);
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at.checked_add(2)?).map(|two| usize::from(u16::from_le_bytes([two[0], two[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes([four[0], four[1], four[2], four[3]])).ok()
}

/// Directories of the optional header: resources, and the CLR header.
const RESOURCES: usize = 2;
const CLR: usize = 14;
/// The type of version resources.
const RT_VERSION: usize = 16;

/// The strings of the version resource of a managed program or library.
fn version_strings(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    if !bytes.starts_with(b"MZ") {
        return None;
    }
    let header = u32_at(bytes, 0x3c)?;
    if bytes.get(header..header.checked_add(4)?)? != b"PE\0\0" {
        return None;
    }
    let optional = header + 24;
    let directories = optional + if u16_at(bytes, optional)? == 0x20b { 112 } else { 96 };
    let directory = |index: usize| u32_at(bytes, directories + index * 8).filter(|address| *address > 0);
    directory(CLR)?;
    let sections = optional + u16_at(bytes, header + 20)?;
    let count = u16_at(bytes, header + 6)?.min(96);
    let offset = |address: usize| {
        (0..count).map(|index| sections + index * 40).find_map(|section| {
            let (start, size) = (u32_at(bytes, section + 12)?, u32_at(bytes, section + 16)?);
            let inside = address.checked_sub(start).filter(|inside| *inside < size)?;
            u32_at(bytes, section + 20)?.checked_add(inside)
        })
    };
    let resources = bytes.get(offset(directory(RESOURCES)?)?..)?;
    // Three levels: type, name, language.
    let mut at = child(resources, 0, Some(RT_VERSION))?;
    for _ in 0..2 {
        at = child(resources, at & !SUBDIRECTORY, None)?;
    }
    let start = offset(u32_at(resources, at)?)?;
    let size = u32_at(resources, at + 4)?.min(1 << 16);
    let block = bytes.get(start..start.checked_add(size)?)?;
    let mut found = Vec::new();
    strings(block, 0, &mut found);
    Some(found)
}

/// Marks offsets of directories.
const SUBDIRECTORY: usize = 1 << 31;

/// Where an entry of a resource directory leads: the one with this number, or the first.
fn child(resources: &[u8], directory: usize, number: Option<usize>) -> Option<usize> {
    let count = u16_at(resources, directory + 12)? + u16_at(resources, directory + 14)?;
    let entries = (0..count.min(4096)).map(|index| directory + 16 + index * 8);
    let fits = |at: &usize| number.is_none_or(|number| u32_at(resources, *at) == Some(number));
    entries.filter(fits).find_map(|at| u32_at(resources, at + 4))
}

/// The strings of a block of version information and of those within it (`VS_VERSIONINFO`, `StringFileInfo`,
/// `StringTable`, `String`: all of one form).
fn strings(block: &[u8], depth: usize, out: &mut Vec<(String, String)>) {
    const MOST: usize = 256;
    let Some(key) = block.get(6..).map(text) else { return };
    let (Some(length), Some(is_text)) = (u16_at(block, 2), u16_at(block, 4)) else { return };
    let value = (6 + key.encode_utf16().count() * 2 + 2).next_multiple_of(4);
    let size = if is_text == 1 { length * 2 } else { length };
    if is_text == 1 && length > 0 && out.len() < MOST {
        let end = block.len().min(value + size);
        out.push((key, block.get(value..end).map(text).unwrap_or_default()));
    }
    let mut at = (value + size).next_multiple_of(4);
    while let Some(length) = u16_at(block, at).filter(|length| *length >= 6 && depth < 4 && out.len() < MOST)
    {
        strings(&block[at..block.len().min(at + length)], depth + 1, out);
        at += length.next_multiple_of(4);
    }
}

/// UTF-16 up to its NUL.
fn text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    String::from_utf16_lossy(&units.take_while(|unit| *unit != 0).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::packages;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    /// A block of version information.
    fn block(key: &str, value: &[u8], is_text: bool, within: &[u8]) -> Vec<u8> {
        let mut body = wide(key);
        body.resize((6 + body.len()).next_multiple_of(4) - 6, 0);
        body.extend_from_slice(value);
        body.resize((6 + body.len()).next_multiple_of(4) - 6, 0);
        body.extend_from_slice(within);
        let units = if is_text { value.len() / 2 } else { value.len() };
        let head = [6 + body.len(), units, usize::from(is_text)];
        head.iter().flat_map(|word| u16::try_from(*word).unwrap().to_le_bytes()).chain(body).collect()
    }

    /// A PE file with one section that has resources; `managed` ones have a CLR header.
    fn library(strings: &[(&str, &str)], managed: bool) -> Vec<u8> {
        let mut table = Vec::new();
        for (key, value) in strings {
            table.extend(block(key, &wide(value), true, &[]));
            table.resize(table.len().next_multiple_of(4), 0);
        }
        let table = block("040904b0", &[], true, &table);
        let info = block("VS_VERSION_INFO", &[0; 52], false, &block("StringFileInfo", &[], true, &table));
        let entry = |number: u32, to: u32| {
            [[0u8; 12].to_vec(), vec![0, 0, 1, 0], number.to_le_bytes().to_vec(), to.to_le_bytes().to_vec()]
                .concat()
        };
        let down = |to: u32| 0x8000_0000 | to;
        let mut resources = [entry(16, down(24)), entry(1, down(48)), entry(1033, 72)].concat();
        resources.extend((0x1000u32 + 88).to_le_bytes());
        resources.extend(u32::try_from(info.len()).unwrap().to_le_bytes());
        resources.resize(88, 0);
        resources.extend(info);
        let mut bytes = vec![0; 0x200];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x40;
        bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
        bytes[0x46] = 1;
        bytes[0x54] = 0xf0;
        bytes[0x58..0x5a].copy_from_slice(&0x20bu16.to_le_bytes());
        let directories = 0x58 + 112;
        bytes[directories + 16..directories + 20].copy_from_slice(&0x1000u32.to_le_bytes());
        if managed {
            bytes[directories + 14 * 8] = 1;
        }
        let section = 0x58 + 0xf0;
        bytes[section + 12..section + 16].copy_from_slice(&0x1000u32.to_le_bytes());
        bytes[section + 16..section + 20]
            .copy_from_slice(&u32::try_from(resources.len()).unwrap().to_le_bytes());
        bytes[section + 20..section + 24].copy_from_slice(&0x200u32.to_le_bytes());
        bytes.extend(resources);
        bytes
    }

    #[test]
    fn assemblies_say_their_version() {
        let strings = [
            ("CompanyName", "Newtonsoft"),
            ("FileVersion", "13.0.3.27908"),
            ("ProductVersion", "13.0.3+0a2e291c0d9c"),
        ];
        let found = packages(&ASSEMBLY, "/app/Newtonsoft.Json.dll", &library(&strings, true));
        let shown: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.version.as_str())).collect();
        assert_eq!(shown, [("Newtonsoft.Json", "13.0.3")]);
        assert_eq!(found[0].supplier.as_deref(), Some("Newtonsoft"));
        let found = packages(
            &ASSEMBLY,
            "/app/A.dll",
            &library(&[("ProductVersion", "main"), ("FileVersion", "1.2.3.4")], true),
        );
        assert_eq!(found[0].version, "1.2.3.4");
    }

    #[test]
    fn other_files_are_none() {
        let strings = [("ProductVersion", "1.2.3")];
        assert!(packages(&ASSEMBLY, "/app/native.dll", &library(&strings, false)).is_empty());
        assert!(packages(&ASSEMBLY, "/app/A.resources.dll", &library(&strings, true)).is_empty());
        assert!(packages(&ASSEMBLY, "/app/A.dll", b"MZ").is_empty());
        let whole = library(&strings, true);
        for cut in 0..whole.len() {
            packages(&ASSEMBLY, "/app/A.dll", &whole[..cut]);
        }
    }

    #[test]
    fn what_deps_json_has_is_stated_once() {
        use crate::testing::{Put::File, image};
        let deps = br#"{"runtimeTarget":{"name":"t"},"targets":{"t":{"Newtonsoft.Json/13.0.3":{"runtime":{"lib/net6.0/Newtonsoft.Json.dll":{}}}}},
            "libraries":{"Newtonsoft.Json/13.0.3":{"type":"package"}}}"#;
        let (stated, alone) =
            (library(&[("ProductVersion", "13.0.3")], true), library(&[("ProductVersion", "2.1.0")], true));
        let made = image(&[&[
            ("/app/app.deps.json", File(deps)),
            ("/app/Newtonsoft.Json.dll", File(&stated)),
            ("/app/Plugin.dll", File(&alone)),
        ]]);
        let (_, inventory) = crate::survey(&made.image).unwrap();
        let found: Vec<_> =
            inventory.packages.iter().map(|one| format!("{}@{}", one.name, one.version)).collect();
        assert_eq!(found, ["Newtonsoft.Json@13.0.3", "Plugin@2.1.0"]);
    }

    proptest::proptest! {
        #[test]
        fn broken_files_do_not_panic(at in 0usize..1000, byte: u8) {
            let mut bytes = library(&[("ProductVersion", "1.2.3")], true);
            let at = at % bytes.len();
            bytes[at] = byte;
            packages(&ASSEMBLY, "/app/A.dll", &bytes);
        }
    }
}
