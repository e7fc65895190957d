//! Node: `package.json` of installed packages (npm documentation, *package.json*).

use serde_json::Value;

use crate::{
    Cataloger, Dependency, Ecosystem, File, Names, Need, Package, Pieces, Reads, Requirement, Says, facts,
};

/// Node packages.
pub static NODE: Cataloger = Cataloger {
    name: "node",
    reads: Reads::Paths(&["package.json"]),
    limit: facts::SOURCE_LIMIT,
    gives: Ecosystem::Npm,
    parse,
};

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Some(place) = place(file) else { return };
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file.bytes);
    // Templates and test data are called package.json too; what is no JSON object is no package.
    let Ok(Value::Object(fields)) = serde_json::from_slice(bytes) else { return };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(name), Some(version)) = (text("name"), text("version")) else { return };
    if name.is_empty() || version.is_empty() {
        return;
    }
    let mut depends = Vec::new();
    for (field, need) in [
        ("dependencies", Need::Runtime),
        ("peerDependencies", Need::Recommended),
        ("optionalDependencies", Need::Optional),
    ] {
        for (name, versions) in fields.get(field).and_then(Value::as_object).into_iter().flatten() {
            let versions = versions.as_str().unwrap_or_default().to_owned();
            depends.push(Dependency {
                need,
                alternatives: vec![Requirement { name: name.clone(), versions }],
                condition: None,
            });
        }
    }
    let person = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => fields.get("name").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let subject = out.package(Package {
        ecosystem: Ecosystem::Npm,
        name,
        version,
        licenses: licenses(fields.get("license").or_else(|| fields.get("licenses"))),
        depends,
        summary: text("description"),
        supplier: fields.get("author").and_then(person),
        homepage: text("homepage"),
        ..Package::default()
    });
    match place {
        Place::Installed => out.push(subject, Says::Below([""].into_iter().collect::<Names>())),
        Place::Elsewhere => out.push(subject, Says::Itself),
    }
}

enum Place {
    /// The root of a package in `node_modules`.
    Installed,
    /// Outside any `node_modules`: an application, or a package of a distribution.
    Elsewhere,
}

/// Where a `package.json` stands; `None` for those inside packages, which only steer the module loader.
fn place(file: &File<'_>) -> Option<Place> {
    let components: Vec<&[u8]> = file.path.components().collect();
    let Some(modules) = components.iter().rposition(|name| *name == b"node_modules") else {
        return Some(Place::Elsewhere);
    };
    let scoped = components.get(modules + 1).is_some_and(|name| name.starts_with(b"@"));
    (components.len() == modules + if scoped { 4 } else { 3 }).then_some(Place::Installed)
}

/// `license`: an expression, an object, or (old) a list of objects.
fn licenses(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => vec![text.clone()],
        Some(Value::Object(fields)) => {
            fields.get("type").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
        }
        Some(Value::Array(items)) => items.iter().take(16).flat_map(|item| licenses(Some(item))).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cataloger::test::packages;

    #[test]
    fn only_roots_of_packages_count() {
        let text = br#"{"name":"@x/y","version":"1.0.0","license":{"type":"MIT"},"author":{"name":"A"},"dependencies":{"z":"^1"}}"#;
        for (path, count) in [
            ("/app/package.json", 1),
            ("/app/node_modules/@x/y/package.json", 1),
            ("/app/node_modules/.pnpm/z@1/node_modules/z/package.json", 1),
            ("/app/node_modules/rxjs/ajax/package.json", 0),
            ("/app/node_modules/@x/package.json", 0),
        ] {
            assert_eq!(packages(&NODE, path, text).len(), count, "{path}");
        }
        let package = &packages(&NODE, "/app/package.json", text)[0];
        assert_eq!((package.licenses[0].as_str(), package.supplier.as_deref()), ("MIT", Some("A")));
        assert_eq!(package.depends[0].alternatives[0].versions, "^1");
        assert!(packages(&NODE, "/app/package.json", b"{\"name\":\"x\"}").is_empty());
    }
}
