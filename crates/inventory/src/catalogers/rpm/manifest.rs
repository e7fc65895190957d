//! `var/lib/rpmmanifest/container-manifest-2`: what images of Azure Linux without a database have instead.

use super::header::source_package;
use crate::{Ecosystem, Package, Pieces};

/// One package per line: name, version-release, two times, vendor, epoch, size, architecture, epoch, source.
pub(super) fn parse(text: &str, out: &mut Pieces) {
    for line in text.lines().filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, version, _, _, vendor, epoch, _, architecture, rest @ ..] = &fields[..] else {
            out.unknown("package manifest with too few fields");
            continue;
        };
        let stated = |field: &str| (!field.is_empty() && field != "(none)").then(|| field.to_owned());
        let version = match epoch.parse::<u32>() {
            Ok(epoch) if epoch > 0 => format!("{epoch}:{version}"),
            _ => (*version).to_owned(),
        };
        out.package(Package {
            ecosystem: Ecosystem::Rpm,
            name: (*name).to_owned(),
            version,
            architecture: stated(architecture),
            supplier: stated(vendor),
            source: rest.last().and_then(|file| source_package(file)),
            ..Package::default()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::RPM;
    use crate::cataloger::test::packages;

    #[test]
    fn lines_are_packages() {
        let text = b"mariner-release\t2.0-12.cm2\t1653816591\t1653753130\tMicrosoft Corporation\t(none)\t580\tnoarch\t0\tmariner-release-2.0-12.cm2.src.rpm\nbroken\n";
        let found = packages(&RPM, "/var/lib/rpmmanifest/container-manifest-2", text);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].version.as_str(), found[0].source.as_ref().unwrap().version.as_str()),
            ("2.0-12.cm2", "2.0-12.cm2")
        );
    }

    #[test]
    fn a_database_of_nonsense_is_unknown() {
        let file =
            crate::File { path: &"/var/lib/rpm/rpmdb.sqlite".parse().unwrap(), mode: 0o644, bytes: b"x" };
        let mut out = crate::Pieces::default();
        (RPM.parse)(&file, &mut out);
        assert_eq!(out.unknown.as_deref(), Some("RPM database: not an SQLite database"));
    }
}
