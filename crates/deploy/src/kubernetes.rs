//! Kubernetes manifests: every kind that holds pods, lists, several documents.

use std::ops::Range;

use crate::yaml::{Entry, Node};

/// The resources of a file.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    /// Each resource, those of lists among them.
    pub resources: Vec<Resource>,
}

/// One resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// `apiVersion`.
    pub api: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`; empty when it is generated.
    pub name: String,
    /// `metadata.namespace`, when said.
    pub namespace: Option<String>,
    /// All of it.
    pub node: Node,
}

/// A resource that makes pods.
#[derive(Debug, Clone)]
pub struct Workload<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// The pod's metadata.
    pub metadata: Option<&'a Node>,
    /// The pod's specification.
    pub pod: &'a Node,
    /// The bytes of the key that holds it.
    pub pod_key: Range<usize>,
}

/// Which list a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// `containers`.
    Main,
    /// `initContainers`.
    Init,
    /// `ephemeralContainers`.
    Ephemeral,
}

/// A container of a pod.
#[derive(Debug, Clone)]
pub struct Container<'a> {
    /// Which list it stands in.
    pub kind: ContainerKind,
    /// Its name.
    pub name: &'a str,
    /// All of it.
    pub node: &'a Node,
    /// The pod it belongs to.
    pub pod: &'a Node,
}

/// How deep lists may hold lists.
const DEEPEST: usize = 4;

impl Kubernetes {
    /// The resources of documents.
    #[must_use]
    pub fn of(documents: &[Node]) -> Self {
        let mut resources = Vec::new();
        for document in documents {
            collect(document, &mut resources, 0);
        }
        Self { resources }
    }

    /// The resources that make pods.
    pub fn workloads(&self) -> impl Iterator<Item = Workload<'_>> {
        self.resources.iter().filter_map(Resource::workload)
    }
}

fn collect(node: &Node, resources: &mut Vec<Resource>, depth: usize) {
    let text = |node: &Node, keys: &[&str]| node.at(keys).and_then(Node::text).map(str::to_owned);
    let (Some(api), Some(kind)) = (text(node, &["apiVersion"]), text(node, &["kind"])) else { return };
    if kind.ends_with("List") && depth < DEEPEST {
        for item in node.get("items").map(Node::items).unwrap_or_default() {
            collect(item, resources, depth + 1);
        }
        return;
    }
    resources.push(Resource {
        api,
        kind,
        name: text(node, &["metadata", "name"]).unwrap_or_default(),
        namespace: text(node, &["metadata", "namespace"]),
        node: node.clone(),
    });
}

impl Resource {
    /// The pods that it makes.
    #[must_use]
    pub fn workload(&self) -> Option<Workload<'_>> {
        let keys: &[&str] = match self.kind.as_str() {
            "Pod" => &[],
            "Deployment"
            | "ReplicaSet"
            | "StatefulSet"
            | "DaemonSet"
            | "Job"
            | "ReplicationController"
            | "Rollout" => &["spec", "template"],
            "CronJob" => &["spec", "jobTemplate", "spec", "template"],
            "PodTemplate" => &["template"],
            _ => return None,
        };
        let holder = self.node.at(keys)?;
        let entry: &Entry = holder.entry("spec")?;
        Some(Workload {
            resource: self,
            metadata: holder.get("metadata"),
            pod: &entry.node,
            pod_key: entry.key_range.clone(),
        })
    }

    /// What it is, for people: `Deployment web`.
    #[must_use]
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.kind.clone() } else { format!("{} {}", self.kind, self.name) }
    }
}

impl<'a> Workload<'a> {
    /// All containers, init and ephemeral ones among them.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        let pod = self.pod;
        let lists = [
            ("containers", ContainerKind::Main),
            ("initContainers", ContainerKind::Init),
            ("ephemeralContainers", ContainerKind::Ephemeral),
        ];
        lists.into_iter().flat_map(move |(key, kind)| {
            pod.get(key)
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .filter(|node| !node.entries().is_empty())
                .map(move |node| {
                    let name = node.get("name").and_then(Node::text).unwrap_or_default();
                    Container { kind, name, node, pod }
                })
        })
    }

    /// Whether it is for Windows.
    #[must_use]
    pub fn is_windows(&self) -> bool {
        self.pod.at(&["os", "name"]).and_then(Node::text) == Some("windows")
    }
}

impl<'a> Container<'a> {
    /// A setting of its security context, its own only.
    #[must_use]
    pub fn own(&self, keys: &[&str]) -> Option<&'a Node> {
        self.node.get("securityContext")?.at(keys)
    }
    /// A setting of its security context, or of its pod's.
    #[must_use]
    pub fn security(&self, keys: &[&str]) -> Option<&'a Node> {
        self.own(keys).or_else(|| self.pod.get("securityContext")?.at(keys))
    }
    /// Variables: name, value when one is written, the entry.
    pub fn env(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>, &'a Node)> + use<'a> {
        let items = self.node.get("env").map(Node::items).unwrap_or_default();
        items.iter().filter_map(|item| {
            Some((item.get("name")?.text()?, item.get("value").and_then(Node::text), item))
        })
    }
    /// The bytes to point at when something is missing: its name, else its start.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.node.get("name").map_or(self.node.range.start..self.node.range.start, |name| name.range.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn all_kinds_of_workloads_and_lists() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a}], initContainers: [{name: i}]}}\n- {apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: b}]}}}}}}\n---\napiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {securityContext: {runAsNonRoot: true}, containers: [{name: c}]}}}\n---\napiVersion: v1\nkind: Service\n";
        let file = Kubernetes::of(&yaml::read(text).documents);
        assert_eq!(file.resources.len(), 4);
        let names: Vec<_> = file
            .workloads()
            .flat_map(|w| w.containers().map(|c| (c.name.to_owned(), c.kind)).collect::<Vec<_>>())
            .collect();
        assert_eq!(names.iter().map(|n| n.0.as_str()).collect::<Vec<_>>(), ["a", "i", "b", "c"]);
        assert_eq!(names[1].1, ContainerKind::Init);
        let workloads: Vec<_> = file.workloads().collect();
        let container = workloads[2].containers().next().unwrap();
        assert_eq!(container.security(&["runAsNonRoot"]).and_then(Node::bool), Some(true));
    }
}
