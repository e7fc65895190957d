//! Java archives: Maven coordinates inside, the manifest, the file's name; archives inside archives.

use super::{
    manifest::{self, Coordinates},
    zip::Zip,
};
use crate::{Cataloger, Ecosystem, File, Package, Pieces, Reads, Says};

/// Java libraries and applications.
pub static JAVA: Cataloger = Cataloger {
    name: "java",
    reads: Reads::Paths(&[
        "*.jar", "*.war", "*.ear", "*.par", "*.sar", "*.nar", "*.jpi", "*.hpi", "*.kar", "*.far", "*.rar",
        "*.lpkg",
    ]),
    limit: 512 << 20,
    gives: Ecosystem::Maven,
    parse,
};

/// Archives stand in archives no deeper than this.
const DEEPEST: usize = 5;
/// The most that the archives inside one file may unpack to together, in bytes.
const MOST_UNPACKED: usize = 768 << 20;
/// The largest manifest or property file that is read, in bytes.
const MOST_TEXT: usize = 4 << 20;
/// No more libraries than this are listed of one file.
const MOST_FOUND: usize = 50_000;

/// What is left to spend on a file.
struct Budget {
    bytes: usize,
    found: usize,
}

fn parse(file: &File<'_>, out: &mut Pieces) {
    let mut budget = Budget { bytes: MOST_UNPACKED, found: MOST_FOUND };
    // RAR is another archive's extension too; what is no ZIP says nothing.
    if let Some(zip) = Zip::open(file.bytes) {
        archive(&zip, file.name(), "", 0, &mut budget, out);
    } else if !file.name().ends_with(".rar") {
        out.unknown("Java archive that cannot be read");
    }
}

/// One archive; `inside` is its path in the file, empty for the file itself.
fn archive(zip: &Zip<'_>, name: &str, inside: &str, depth: usize, budget: &mut Budget, out: &mut Pieces) {
    let mut manifest = None;
    let mut coordinates: Vec<Coordinates> = Vec::new();
    for member in zip.members() {
        let Ok(path) = std::str::from_utf8(member.name) else { continue };
        if path == "META-INF/MANIFEST.MF" {
            manifest = zip.read(&member, MOST_TEXT).map(|bytes| manifest::main_section(&bytes));
        } else if path.starts_with("META-INF/maven/") && path.ends_with("/pom.properties") {
            coordinates
                .extend(zip.read(&member, MOST_TEXT).and_then(|bytes| manifest::pom_properties(&bytes)));
        } else if is_archive(path) {
            nested(zip, &member, path, inside, depth, budget, out);
        }
    }
    let manifest = manifest.unwrap_or_default();
    let (file_artifact, file_version) = manifest::of_file_name(name);
    let licenses: Vec<String> =
        manifest.get("bundle-license").filter(|text| text.len() <= 100).cloned().into_iter().collect();
    let is_main = |one: &Coordinates| {
        one.artifact == file_artifact || (coordinates_alone(&coordinates) && inside.is_empty())
    };
    let has_main = coordinates.iter().any(is_main);
    if !has_main {
        let stated = |keys: &[&str]| {
            let value = keys.iter().find_map(|key| manifest.get(*key))?;
            (!value.is_empty() && !value.contains("${") && !value.contains(' ')).then(|| value.clone())
        };
        let version = Some(file_version)
            .filter(|version| !version.is_empty())
            .or_else(|| stated(&["implementation-version", "bundle-version", "specification-version"]));
        // A library without any version is one that nobody can look up.
        if let Some(version) = version.filter(|_| !file_artifact.is_empty()) {
            let name = match manifest::group(&manifest, &file_artifact) {
                Some(group) => format!("{group}:{file_artifact}"),
                None => file_artifact,
            };
            add(name, version, licenses.clone(), inside, budget, out);
        }
    }
    for one in coordinates {
        add(format!("{}:{}", one.group, one.artifact), one.version, Vec::new(), inside, budget, out);
    }
}

fn coordinates_alone(coordinates: &[Coordinates]) -> bool {
    coordinates.len() == 1
}

fn is_archive(path: &str) -> bool {
    [".jar", ".war", ".ear", ".par", ".sar", ".nar"].iter().any(|end| path.ends_with(end))
}

fn nested(
    zip: &Zip<'_>,
    member: &super::zip::Member<'_>,
    path: &str,
    inside: &str,
    depth: usize,
    budget: &mut Budget,
    out: &mut Pieces,
) {
    if depth >= DEEPEST {
        return out.unknown("Java archives nested too deep");
    }
    if member.size > budget.bytes {
        return out.unknown("Java archives inside it that are too large");
    }
    // The stated size is spent even when the content turns out smaller, so that it bounds the time.
    let Some(bytes) = zip.read(member, member.size) else {
        return out.unknown("Java archive inside it that cannot be read");
    };
    budget.bytes -= member.size;
    let within = if inside.is_empty() { path.to_owned() } else { format!("{inside}!/{path}") };
    if let Some(zip) = Zip::open(&bytes) {
        let name = path.rsplit('/').next().unwrap_or(path);
        archive(&zip, name, &within, depth + 1, budget, out);
    }
}

fn add(
    name: String,
    version: String,
    licenses: Vec<String>,
    inside: &str,
    budget: &mut Budget,
    out: &mut Pieces,
) {
    if budget.found == 0 {
        return out.unknown("more Java libraries than are listed");
    }
    budget.found -= 1;
    let subject = out.package(Package {
        ecosystem: Ecosystem::Maven,
        name,
        version,
        licenses,
        inside: (!inside.is_empty()).then(|| inside.to_owned()),
        ..Package::default()
    });
    out.push(subject, Says::Itself);
}

#[cfg(test)]
mod tests {
    use super::{super::zip::test::build, *};
    use crate::cataloger::test::packages;

    fn shown(path: &str, bytes: &[u8]) -> Vec<String> {
        let show =
            |one: &Package| format!("{}@{} {}", one.name, one.version, one.inside.as_deref().unwrap_or("-"));
        packages(&JAVA, path, bytes).iter().map(show).collect()
    }

    #[test]
    fn coordinates_manifest_and_name() {
        let pom = |artifact: &str| format!("groupId=org.acme\nartifactId={artifact}\nversion=1.2\n");
        let library = build(&[("META-INF/maven/org.acme/lib/pom.properties", pom("lib").as_bytes())]);
        assert_eq!(shown("/app/lib-1.2.jar", &library), ["org.acme:lib@1.2 -"]);
        let plain = build(&[(
            "META-INF/MANIFEST.MF",
            b"Bundle-SymbolicName: org.slf4j.api\nBundle-Version: 2.0.9\n",
        )]);
        assert_eq!(shown("/app/slf4j-api.jar", &plain), ["org.slf4j.api:slf4j-api@2.0.9 -"]);
        assert_eq!(shown("/app/x-1.0.jar", &build(&[("a", b"")])), ["x@1.0 -"]);
        assert!(shown("/app/x.jar", &build(&[("a", b"")])).is_empty());
    }

    #[test]
    fn archives_inside_archives_and_shaded_ones() {
        let inner =
            build(&[("META-INF/maven/g/inner/pom.properties", b"groupId=g\nartifactId=inner\nversion=3\n")]);
        let outer = build(&[
            ("META-INF/MANIFEST.MF", b"Implementation-Version: 1.0\n"),
            ("META-INF/maven/s/shaded/pom.properties", b"groupId=s\nartifactId=shaded\nversion=2\n"),
            ("META-INF/maven/g/app/pom.properties", b"groupId=g\nartifactId=app\nversion=1.0\n"),
            ("BOOT-INF/lib/inner-3.jar", &inner),
        ]);
        assert_eq!(
            shown("/app/app.jar", &outer),
            ["g:inner@3 BOOT-INF/lib/inner-3.jar", "s:shaded@2 -", "g:app@1.0 -"]
        );
    }
}
