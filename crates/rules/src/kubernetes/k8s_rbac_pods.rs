//! `k8s-rbac-pods`: a role may start pods, and so act as any account of its namespace.

use crate::deployment::*;

rule! {
    "k8s-rbac-pods", Kubernetes, Medium, false,
    "a role may start pods, and so act as any account of its namespace",
    ["trivy:KSV-0048"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    const MAKE_PODS: [&str; 9] = ["pods", "deployments", "daemonsets", "statefulsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs", "podtemplates"];
    for role in input.kubernetes.resources.iter().filter(|resource| matches!(resource.kind.as_str(), "Role" | "ClusterRole")) {
        for granted in role.node.get("rules").map(Node::items).unwrap_or_default() {
            let has = |key: &str, names: &[&str]| granted.get(key).map(Node::items).unwrap_or_default().iter().any(|item| item.text().is_some_and(|text| names.contains(&text)));
            if has("resources", &MAKE_PODS) && has("verbs", &["create", "update", "patch"]) {
                report.at(granted.range.clone(), format!("{} may start pods, and a pod may take any account and secret of its namespace", role.title()));
            }
        }
    }
}
