//! What a Node `package.json` says about loading and running it.

use serde_json::Value;

use crate::Names;

/// What a Node `package.json` says about loading and running it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct NodeManifest {
    /// `name`.
    pub name: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// `main`.
    pub main: Option<String>,
    /// Whether `type` is `module`.
    pub is_module: bool,
    /// Every file that `exports`, `imports`, `module`, `browser` or `bin` names.
    pub targets: Names,
    /// The names of `dependencies`.
    pub dependencies: Names,
    /// The names of `optionalDependencies` and `peerDependencies`.
    pub optional: Names,
}

impl NodeManifest {
    /// Reads a `package.json`; `None` when it is no JSON object.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let Ok(Value::Object(fields)) = serde_json::from_slice(bytes) else { return None };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let keys = |name: &str| {
            let object = fields.get(name).and_then(Value::as_object);
            object.into_iter().flat_map(|object| object.keys().map(String::as_str))
        };
        let mut targets = Vec::new();
        for name in ["exports", "imports", "module", "browser", "bin"] {
            if let Some(value) = fields.get(name) {
                strings(value, &mut targets);
            }
        }
        targets.sort_unstable();
        targets.dedup();
        Some(Self {
            name: text("name"),
            version: text("version"),
            main: text("main"),
            is_module: text("type").as_deref() == Some("module"),
            targets: targets.into_iter().collect(),
            dependencies: keys("dependencies").collect(),
            optional: keys("optionalDependencies").chain(keys("peerDependencies")).collect(),
        })
    }
}

/// The strings of a value at any depth (which the JSON reader bounds).
fn strings<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => out.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        Value::Object(fields) => fields.values().for_each(|item| strings(item, out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_dependencies() {
        let manifest = NodeManifest::read(
            br#"{"name":"a","version":"1.0.0","main":"lib/a.js","type":"module","bin":{"a":"bin/a"},
                "exports":{".":{"import":"./a.mjs","require":["./a.cjs"]}},"dependencies":{"b":"^1"},
                "peerDependencies":{"c":"*"}}"#,
        )
        .unwrap();
        assert_eq!(manifest.targets.texts().collect::<Vec<_>>(), ["./a.cjs", "./a.mjs", "bin/a"]);
        assert!(
            manifest.is_module && manifest.dependencies.contains(b"b") && manifest.optional.contains(b"c")
        );
        assert!(NodeManifest::read(b"[1]").is_none());
    }
}
