//! PHP: `vendor/composer/installed.json` (Composer 1 and 2).

use serde_json::Value;

use crate::{Cataloger, Dependency, Ecosystem, File, Names, Need, Package, Pieces, Reads, Requirement, Says};

/// Composer packages.
pub static COMPOSER: Cataloger = Cataloger {
    name: "composer",
    reads: Reads::Paths(&["composer/installed.json"]),
    limit: 64 << 20,
    gives: Ecosystem::Composer,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Ok(document) = serde_json::from_slice::<Value>(file.bytes) else {
        return out.unknown("composer list that is no JSON");
    };
    // Version 2 has an object around the list.
    let list = document.get("packages").unwrap_or(&document).as_array();
    for item in list.into_iter().flatten() {
        let field = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        let directory = match field("install-path") {
            Some(path) => format!("composer/{path}"),
            None => name.clone(),
        };
        let requires = item.get("require").and_then(Value::as_object).into_iter().flatten();
        let licenses = item.get("license").and_then(Value::as_array).into_iter().flatten();
        let subject = out.package(Package {
            ecosystem: Ecosystem::Composer,
            name,
            version: version.strip_prefix('v').map_or(version.clone(), str::to_owned),
            licenses: licenses.filter_map(|license| license.as_str().map(str::to_owned)).collect(),
            summary: field("description"),
            homepage: field("homepage"),
            depends: requires
                .map(|(name, versions)| Dependency {
                    need: Need::Runtime,
                    alternatives: vec![Requirement {
                        name: name.clone(),
                        versions: versions.as_str().unwrap_or_default().to_owned(),
                    }],
                    condition: None,
                })
                .collect(),
            ..Package::default()
        });
        out.push(subject, Says::Below([directory].into_iter().collect::<Names>()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::{packages, pieces};

    #[test]
    fn both_versions_are_read() {
        let one = r#"{"name":"monolog/monolog","version":"v2.9.1","license":["MIT"],"require":{"php":">=7.2"},"install-path":"../monolog/monolog"}"#;
        let two = format!(r#"{{"packages":[{one}],"dev":false}}"#);
        for text in [format!("[{one}]"), two] {
            let found = packages(&COMPOSER, "/app/vendor/composer/installed.json", text.as_bytes());
            assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("monolog/monolog", "2.9.1"));
            let all = pieces(&COMPOSER, "/app/vendor/composer/installed.json", text.as_bytes());
            assert!(
                matches!(&all[1].says, Says::Below(paths) if paths.contains(b"composer/../monolog/monolog"))
            );
        }
    }
}
