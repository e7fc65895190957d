//! Linux: kernels by their boot header (kernel documentation, *The Linux/x86 Boot Protocol*), and modules by what they
//! say of themselves (`.modinfo`).

use crate::{Cataloger, Ecosystem, File, Package, Pieces, Reads, Says, elf};

/// Kernels and kernel modules.
pub static KERNEL: Cataloger = Cataloger {
    name: "kernel",
    reads: Reads::Paths(&["vmlinuz", "vmlinuz-*", "bzImage", "*.ko"]),
    limit: 64 << 20,
    gives: Ecosystem::Generic,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let found = if file.name().ends_with(".ko") { module(file) } else { kernel(file.bytes) };
    if let Some(package) = found {
        let subject = out.package(package);
        out.push(subject, Says::Itself);
    }
}

/// The version that a kernel's header points at: `6.1.0-18-amd64 (builder@host) #1 SMP …`.
fn kernel(bytes: &[u8]) -> Option<Package> {
    if bytes.get(0x202..0x206)? != b"HdrS" {
        return None;
    }
    let pointer: [u8; 2] = bytes.get(0x20e..0x210)?.try_into().ok()?;
    let start = 0x200 + usize::from(u16::from_le_bytes(pointer));
    let text = bytes.get(start..)?.split(|byte| matches!(byte, 0 | b' ')).next()?;
    let version = std::str::from_utf8(text).ok().filter(|text| is_version(text))?;
    Some(Package {
        name: "linux-kernel".to_owned(),
        version: version.to_owned(),
        licenses: vec!["GPL-2.0-only".to_owned()],
        ..Package::default()
    })
}

/// What a module says: `key=value`, each up to a NUL. Those of the kernel's own tree have the kernel's version.
fn module(file: &File<'_>) -> Option<Package> {
    let info = elf::section(file.bytes, b".modinfo")?;
    let field = |key: &str| {
        let line = info
            .split(|byte| *byte == 0)
            .find_map(|line| line.strip_prefix(key.as_bytes())?.strip_prefix(b"="))?;
        std::str::from_utf8(line).ok().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let magic = field("vermagic");
    let kernel = magic.as_deref().and_then(|magic| magic.split(' ').next());
    let version = field("version").or_else(|| kernel.map(str::to_owned))?;
    let name = field("name").unwrap_or_else(|| file.name().trim_end_matches(".ko").to_owned());
    Some(Package {
        name: format!("linux-module-{name}"),
        version,
        licenses: field("license").into_iter().collect(),
        summary: field("description"),
        supplier: field("author"),
        ..Package::default()
    })
}

fn is_version(text: &str) -> bool {
    text.len() < 128 && text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cataloger::test::packages,
        elf::test_program::{Program, build},
    };

    #[test]
    fn a_kernel_states_its_version() {
        let mut bytes = vec![0; 0x400];
        bytes[0x202..0x206].copy_from_slice(b"HdrS");
        bytes[0x20e..0x210].copy_from_slice(&0x80u16.to_le_bytes());
        bytes[0x280..0x28f].copy_from_slice(b"6.1.0-18-amd64 ");
        let found = packages(&KERNEL, "/boot/vmlinuz-6.1.0-18-amd64", &bytes);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("linux-kernel", "6.1.0-18-amd64"));
        bytes[0x20e..0x210].copy_from_slice(&0xffffu16.to_le_bytes());
        assert!(packages(&KERNEL, "/boot/vmlinuz", &bytes).is_empty());
        assert!(packages(&KERNEL, "/boot/vmlinuz", b"HdrS").is_empty());
    }

    #[test]
    fn a_module_states_what_it_is() {
        let info = b"version=535.129.03\0license=NVIDIA\0name=nvidia\0vermagic=6.1.0-18-amd64 SMP\0";
        let elf = build(&Program { sections: &[(".modinfo", info)], ..Program::default() });
        let found = packages(&KERNEL, "/lib/modules/6.1.0/updates/nvidia.ko", &elf);
        assert_eq!(
            (found[0].name.as_str(), found[0].version.as_str()),
            ("linux-module-nvidia", "535.129.03")
        );
        let elf = build(&Program {
            sections: &[(".modinfo", b"vermagic=6.1.0-18-amd64 SMP\0")],
            ..Program::default()
        });
        let found = packages(&KERNEL, "/lib/modules/6.1.0/kernel/fs/ext4.ko", &elf);
        assert_eq!(
            (found[0].name.as_str(), found[0].version.as_str()),
            ("linux-module-ext4", "6.1.0-18-amd64")
        );
    }
}
