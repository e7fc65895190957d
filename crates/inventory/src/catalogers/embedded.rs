//! Bills of materials that images carry: Bitnami's, those of Python wheels (PEP 770), those of buildpacks.

use crate::{
    Cataloger, Detail, Ecosystem, Evidence, File, Names, Package, Pieces, Reads, Says, SourcePackage,
    Subject,
    sbom::{Component, Sbom},
};

/// What bills of materials inside the image list.
pub static EMBEDDED: Cataloger = Cataloger {
    name: "embedded-sbom",
    reads: Reads::Paths(&[
        ".spdx-*.spdx",
        "*.dist-info/sboms/*",
        "layers/sbom/launch/*/sbom.cdx.json",
        "layers/sbom/launch/*/*/sbom.cdx.json",
    ]),
    limit: 32 << 20,
    gives: Ecosystem::Generic,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let sbom = match Sbom::read(file.bytes) {
        Ok(sbom) => sbom,
        Err(error) => return out.unknown(format!("bill of materials: failed to {error}")),
    };
    for component in sbom.components {
        let is_bitnami = component.ecosystem == Ecosystem::Bitnami;
        let subject: Subject = out.package(package(component));
        // What Bitnami packs stands in the directory of its document.
        if is_bitnami {
            out.push(subject.clone(), Says::Below([""].into_iter().collect::<Names>()));
        }
        out.push(subject, Says::Itself);
    }
}

fn package(component: Component) -> Package {
    Package {
        ecosystem: component.ecosystem,
        name: component.name,
        version: component.version,
        architecture: component.architecture,
        source: component.source.map(|source| SourcePackage { name: source.name, version: source.version }),
        licenses: component.licenses,
        supplier: component.supplier,
        summary: component.summary,
        detail: if component.cpes.is_empty() {
            Detail::None
        } else {
            Detail::Evidence(Box::new(Evidence { cpes: component.cpes }))
        },
        ..Package::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::{packages, pieces};

    #[test]
    fn documents_inside_are_read() {
        let spdx = br#"{"spdxVersion":"SPDX-2.3","name":"redis","packages":[{"SPDXID":"SPDXRef-redis","name":"redis","versionInfo":"7.2.4-0",
            "licenseDeclared":"BSD-3-Clause","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl",
            "referenceLocator":"pkg:bitnami/redis@7.2.4-0?arch=amd64&distro=debian-12"},{"referenceCategory":"SECURITY",
            "referenceType":"cpe23Type","referenceLocator":"cpe:2.3:*:redis:redis:7.2.4:*:*:*:*:*:*:*"}]}]}"#;
        let found = pieces(&EMBEDDED, "/opt/bitnami/redis/.spdx-redis.spdx", spdx);
        let Says::Package(package) = &found[0].says else { panic!() };
        assert_eq!((package.ecosystem, package.version.as_str()), (Ecosystem::Bitnami, "7.2.4-0"));
        assert!(matches!(&package.detail, Detail::Evidence(evidence) if evidence.cpes.len() == 1));
        assert!(matches!(found[1].says, Says::Below(_)));
        let wheel = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"zlib","version":"1.3","purl":"pkg:generic/zlib@1.3"}]}"#;
        assert_eq!(
            packages(&EMBEDDED, "/srv/numpy-2.dist-info/sboms/auditwheel.cdx.json", wheel)[0].name,
            "zlib"
        );
        let mut out = Pieces::default();
        let path = "/srv/x.dist-info/sboms/y".parse().unwrap();
        parse(&File { path: &path, mode: 0, bytes: b"{}" }, &mut out);
        assert!(out.unknown.is_some_and(|why| why.starts_with("bill of materials: failed to recognise")));
    }
}
