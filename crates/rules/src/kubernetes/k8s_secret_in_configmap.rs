//! `k8s-secret-in-configmap`: a ConfigMap holds a secret.

use crate::deployment::*;

rule! {
    "k8s-secret-in-configmap", Kubernetes, High, true,
    "a ConfigMap holds a secret",
    ["trivy:KSV-0109", "polaris:sensitiveConfigmapContent"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for resource in input.kubernetes.resources.iter().filter(|resource| resource.kind == "ConfigMap") {
        for entry in resource.node.get("data").map(Node::entries).unwrap_or_default() {
            let value = entry.node.text().unwrap_or_default();
            if crate::secret::is_secret_name(&entry.key) && !value.contains('\n') && !crate::secret::is_placeholder(value) {
                report.at(entry.key_range.clone(), format!("{} holds {}, which belongs into a Secret", resource.title(), entry.key));
            }
        }
    }
}
