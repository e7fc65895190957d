//! `k8s-rbac-secrets`: a role may do what makes its holder everybody.

use crate::deployment::*;

rule! {
    "k8s-rbac-secrets", Kubernetes, High, true,
    "a role may do what makes its holder everybody",
    ["trivy:KSV-0041", "trivy:KSV-0053", "trivy:KSV-0050", "checkov:CKV_K8S_155", "checkov:CKV_K8S_158"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for role in input.kubernetes.resources.iter().filter(|resource| matches!(resource.kind.as_str(), "Role" | "ClusterRole")) {
        for granted in role.node.get("rules").map(Node::items).unwrap_or_default() {
            let has = |key: &str, names: &[&str]| granted.get(key).map(Node::items).unwrap_or_default().iter().any(|item| item.text().is_some_and(|text| names.contains(&text)));
            let named = granted.get("resourceNames").is_some_and(|names| !names.items().is_empty());
            let what = if has("resources", &["secrets"]) && has("verbs", &["get", "list", "watch"]) && !named {
                "read every secret"
            } else if has("resources", &["pods/exec", "pods/attach"]) && has("verbs", &["create", "get"]) {
                "run commands in pods"
            } else if has("verbs", &["impersonate"]) {
                "act as somebody else"
            } else if has("verbs", &["bind", "escalate"]) {
                "grant itself more"
            } else {
                continue;
            };
            report.at(granted.range.clone(), format!("{} may {what}", role.title()));
        }
    }
}
