//! `k8s-cluster-admin`: somebody is bound to the role that may do everything.

use crate::deployment::*;

rule! {
    "k8s-cluster-admin", Kubernetes, High, true,
    "somebody is bound to the role that may do everything",
    ["trivy:KSV-0111", "kube-linter:cluster-admin-role-binding"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for binding in input.kubernetes.resources.iter().filter(|resource| matches!(resource.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")) {
        let Some(name) = binding.node.at(&["roleRef", "name"]).filter(|name| name.text() == Some("cluster-admin")) else { continue };
        let subjects = binding.node.get("subjects").map(Node::items).unwrap_or_default();
        let text = |subject: &Node, key: &str| subject.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        // The group that every cluster has from the start is its administrators'.
        let own = |subject: &&Node| !(text(subject, "kind") == "Group" && text(subject, "name") == "system:masters");
        let Some(subject) = subjects.iter().find(own) else { continue };
        report.at(name.range.clone(), format!("{} makes {} {} an administrator of everything", binding.title(), text(subject, "kind"), text(subject, "name")));
    }
}
