//! Conda: `conda-meta/*.json` of an environment.

use serde_json::Value;

use crate::{Cataloger, Dependency, Ecosystem, File, Need, Package, Pieces, Reads, Requirement, Says};

/// Conda packages.
pub static CONDA: Cataloger = Cataloger {
    name: "conda",
    reads: Reads::Paths(&["conda-meta/*.json"]),
    limit: 64 << 20,
    gives: Ecosystem::Conda,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Ok(document) = serde_json::from_slice::<Value>(file.bytes) else {
        return out.unknown("conda record that is no JSON");
    };
    let field = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(name), Some(version)) = (field("name"), field("version")) else { return };
    let list = |name: &str| {
        document.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    };
    let needs = |text: &str| {
        let (name, versions) = text.split_once(' ').unwrap_or((text, ""));
        Dependency {
            need: Need::Runtime,
            alternatives: vec![Requirement { name: name.to_owned(), versions: versions.to_owned() }],
            condition: None,
        }
    };
    let subject = out.package(Package {
        ecosystem: Ecosystem::Conda,
        name,
        version,
        architecture: field("subdir"),
        licenses: field("license").into_iter().filter(|license| !license.is_empty()).collect(),
        depends: list("depends").map(needs).collect(),
        ..Package::default()
    });
    out.push(subject.clone(), Says::Paths(list("files").collect()));
    out.push(subject, Says::Itself);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::pieces;

    #[test]
    fn records_are_read() {
        let text = br#"{"name":"numpy","version":"1.26.0","build":"py311_0","subdir":"linux-64","license":"BSD-3-Clause",
            "depends":["python >=3.11,<3.12"],"files":["lib/python3.11/site-packages/numpy/__init__.py"]}"#;
        let found = pieces(&CONDA, "/opt/conda/conda-meta/numpy-1.26.0-py311_0.json", text);
        let Says::Package(package) = &found[0].says else { panic!() };
        assert_eq!(
            (package.name.as_str(), package.depends[0].alternatives[0].name.as_str()),
            ("numpy", "python")
        );
        assert!(matches!(&found[1].says, Says::Paths(paths) if paths.iter().count() == 1));
    }
}
