//! `k8s-rbac-wildcard`: a role may do everything.

use crate::deployment::*;

rule! {
    "k8s-rbac-wildcard", Kubernetes, High, true,
    "a role may do everything",
    ["trivy:KSV-0044", "trivy:KSV-0045", "trivy:KSV-0046", "checkov:CKV_K8S_49", "kube-linter:wildcard-in-rules"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for resource in input.kubernetes.resources.iter().filter(|resource| matches!(resource.kind.as_str(), "Role" | "ClusterRole")) {
        for rule in resource.node.get("rules").map(Node::items).unwrap_or_default() {
            for key in ["verbs", "resources"] {
                for node in rule.get(key).map(Node::items).unwrap_or_default().iter().filter(|node| node.text() == Some("*")) {
                    report.at(node.range.clone(), format!("{} allows all {key}", resource.title()));
                }
            }
        }
    }
}
