//! `k8s-rbac-secrets`: a role may do what makes its holder everybody.

use crate::deployment::*;

rule! {
    "k8s-rbac-secrets", Kubernetes, High, true,
    "a role may do what makes its holder everybody",
    ["trivy:KSV-0041", "trivy:KSV-0047", "trivy:KSV-0050", "trivy:KSV-0053", "checkov:CKV_K8S_155", "checkov:CKV_K8S_156", "checkov:CKV_K8S_157", "checkov:CKV_K8S_158", "kube-linter:access-to-secrets"]
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
            } else if has("resources", &["serviceaccounts/token"]) && has("verbs", &["create"]) && !named {
                "make a token of any account"
            } else if has("resources", &["nodes/proxy"]) && has("verbs", &["get", "create", "patch", "update"]) {
                "speak to every node's agent, past what the cluster allows"
            } else if has("resources", &["certificatesigningrequests/approval"]) && has("verbs", &["update", "patch"]) {
                "have any name certified"
            } else if has("resources", &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]) && has("verbs", &["create", "update", "patch"]) && !named {
                "see and change what everybody writes to the cluster"
            } else {
                continue;
            };
            report.at(granted.range.clone(), format!("{} may {what}", role.title()));
        }
    }
}
