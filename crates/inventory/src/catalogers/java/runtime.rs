//! Java runtimes: the file `release` at their root.

use std::collections::BTreeMap;

use crate::{Cataloger, Detail, Ecosystem, Evidence, File, Names, Package, Pieces, Reads, Says};

/// Java runtimes.
pub static JAVA_RUNTIME: Cataloger = Cataloger {
    name: "java-runtime",
    reads: Reads::Paths(&["release"]),
    limit: 1 << 20,
    gives: Ecosystem::Generic,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let text = file.text();
    let fields: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    let Some(version) =
        fields.get("JAVA_VERSION").filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    else {
        return;
    };
    let vendor = fields.get("IMPLEMENTOR").copied().unwrap_or_default();
    let is_development = fields.get("IMAGE_TYPE").is_none_or(|kind| *kind == "JDK");
    let full = fields.get("JAVA_RUNTIME_VERSION").copied().filter(|full| full.starts_with(version));
    let (kind, name) = if vendor.contains("Oracle") && !file.path.to_string().contains("openjdk") {
        (if is_development { "jdk" } else { "jre" }, if is_development { "jdk" } else { "jre" })
    } else {
        ("openjdk", "openjdk")
    };
    // 1.8.0_392 is release 8 update 392 to who lists vulnerabilities.
    let cpe = match version.split_once('_') {
        Some((release, update)) => {
            let release = release.strip_prefix("1.").map_or(release, |rest| rest.trim_end_matches(".0"));
            format!("cpe:2.3:a:oracle:{kind}:{release}:update{update}:*:*:*:*:*:*")
        }
        None => format!("cpe:2.3:a:oracle:{kind}:{version}:*:*:*:*:*:*:*"),
    };
    let subject = out.package(Package {
        name: name.to_owned(),
        version: full.unwrap_or(version).split("-b").next().unwrap_or(version).to_owned(),
        supplier: (!vendor.is_empty()).then(|| vendor.to_owned()),
        detail: Detail::Evidence(Box::new(Evidence { cpes: vec![cpe] })),
        ..Package::default()
    });
    out.push(subject.clone(), Says::Itself);
    out.push(
        subject,
        Says::Below(
            ["bin", "lib", "jmods", "legal", "conf", "include", "jre"].into_iter().collect::<Names>(),
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::packages;

    #[test]
    fn releases_name_runtimes() {
        let text = b"IMPLEMENTOR=\"Eclipse Adoptium\"\nIMAGE_TYPE=\"JRE\"\nJAVA_RUNTIME_VERSION=\"17.0.9+9\"\nJAVA_VERSION=\"17.0.9\"\n";
        let found = packages(&JAVA_RUNTIME, "/opt/java/openjdk/release", text);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("openjdk", "17.0.9+9"));
        let old = packages(&JAVA_RUNTIME, "/opt/jdk/release", b"JAVA_VERSION=\"1.8.0_392\"\n");
        assert!(
            matches!(&old[0].detail, Detail::Evidence(one) if one.cpes[0].contains(":openjdk:8:update392:"))
        );
        assert!(packages(&JAVA_RUNTIME, "/etc/release", b"NAME=x\n").is_empty());
    }
}
