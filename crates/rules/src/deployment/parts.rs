//! What files of deployments take from other files: Compose's `include`, and what Kustomize puts together.

use std::ops::Range;

use casehard_deploy::{
    Kubernetes,
    yaml::{self, Node},
};

/// The files that the `include` of a Compose file names, relative to its folder: for each entry one file, and those that are
/// laid over it.
#[must_use]
pub fn included_files(bytes: &[u8]) -> Vec<Vec<String>> {
    let parsed = yaml::read(&String::from_utf8_lossy(bytes));
    let Some(include) = parsed.documents.first().and_then(|root| root.get("include")) else {
        return Vec::new();
    };
    let entry = |node: &Node| texts(node.get("path").unwrap_or(node));
    include.items().iter().map(entry).filter(|paths| !paths.is_empty()).collect()
}

/// What a kustomization takes, relative to its folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kustomization {
    /// Manifests and other kustomizations.
    pub resources: Vec<String>,
    /// Files that are laid over them: they look like manifests and are none.
    pub patches: Vec<String>,
    /// Whether it is a part that only others can use (`kind: Component`).
    pub component: bool,
}

impl Kustomization {
    /// Reads a `kustomization.yaml`.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let parsed = yaml::read(&String::from_utf8_lossy(bytes));
        let Some(root) = parsed.documents.first() else { return Self::default() };
        let list = |key: &str| root.get(key).map(texts).unwrap_or_default();
        let mut found = Self {
            resources: ["resources", "bases", "components"].into_iter().flat_map(list).collect(),
            patches: list("patchesStrategicMerge"),
            component: root.get("kind").and_then(Node::text) == Some("Component"),
        };
        for key in ["patches", "patchesJson6902", "replacements"] {
            let items = root.get(key).map(Node::items).unwrap_or_default();
            found.patches.extend(items.iter().filter_map(|item| item.get("path")?.text().map(str::to_owned)));
        }
        found
    }
}

/// The resources of a manifest: kind, name, bytes.
#[must_use]
pub fn resources(bytes: &[u8]) -> Vec<(String, String, Range<usize>)> {
    let parsed = yaml::read(&String::from_utf8_lossy(bytes));
    let found = Kubernetes::of(&parsed.documents).resources.into_iter();
    found.map(|resource| (resource.kind, resource.name, resource.node.range)).collect()
}

fn texts(node: &Node) -> Vec<String> {
    let alone = node.text().map(str::to_owned);
    alone.into_iter().chain(node.items().iter().filter_map(|item| item.text().map(str::to_owned))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_have_short_and_long_forms() {
        let text = b"include:\n  - db.yaml\n  - path: web/compose.yaml\n    env_file: x\n  - path: [a.yaml, b.yaml]\nservices: {}\n";
        assert_eq!(
            included_files(text),
            [vec!["db.yaml"], vec!["web/compose.yaml"], vec!["a.yaml", "b.yaml"]]
        );
        assert!(included_files(b"services: {}\n").is_empty() && included_files(b"").is_empty());
    }

    #[test]
    fn kustomizations_name_manifests_and_patches() {
        let text = b"resources: [../base, app.yaml]\ncomponents: [c]\npatchesStrategicMerge: [a.yaml]\npatches:\n  - path: b.yaml\n  - patch: |-\n      x: y\n";
        let read = Kustomization::read(text);
        assert_eq!(read.resources, ["../base", "app.yaml", "c"]);
        assert_eq!(read.patches, ["a.yaml", "b.yaml"]);
        assert!(!read.component && Kustomization::read(b"kind: Component\n").component);
    }
}
