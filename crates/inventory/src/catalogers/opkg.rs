//! opkg (OpenWrt, Yocto): `usr/lib/opkg/status` and `info/*.list`, in dpkg's forms.

use super::dpkg;
use crate::{Cataloger, Ecosystem, File, Pieces, Reads, Says, Subject, control};

/// opkg packages.
pub static OPKG: Cataloger = Cataloger {
    name: "opkg",
    reads: Reads::Paths(&[
        "usr/lib/opkg/status",
        "var/lib/opkg/status",
        "usr/lib/opkg/info/*.list",
        "var/lib/opkg/info/*.list",
    ]),
    limit: 64 << 20,
    gives: Ecosystem::Opkg,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    if let Some(name) = file.path.file_name().and_then(|name| name.strip_suffix(b".list")) {
        // A path may be followed by its mode and, for a link, its target.
        let lines = file.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let paths = lines.filter_map(|line| line.split(|byte| *byte == b'\t').next()).map(dpkg::relative);
        return out.push(Subject::Named(name.into()), Says::Paths(paths.collect()));
    }
    for paragraph in control::paragraphs(file.bytes) {
        dpkg::stanza(paragraph, None, Ecosystem::Opkg, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::{packages, pieces};

    #[test]
    fn stanzas_and_lists() {
        let status =
            b"Package: busybox\nVersion: 1.36-1\nStatus: install user installed\nArchitecture: mips\n\n\
            Package: gone\nVersion: 1\nStatus: deinstall ok not-installed\n";
        let found = packages(&OPKG, "/usr/lib/opkg/status", status);
        assert_eq!(
            (found.len(), found[0].ecosystem, found[0].name.as_str()),
            (1, Ecosystem::Opkg, "busybox")
        );
        let list =
            pieces(&OPKG, "/usr/lib/opkg/info/busybox.list", b"/bin/sh\t0777\tbusybox\n/bin/busybox\n");
        assert!(
            matches!(&list[0].says, Says::Paths(paths) if paths.contains(b"bin/sh") && paths.contains(b"bin/busybox"))
        );
    }
}
