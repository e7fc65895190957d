//! `k8s-root-allowed`: a container may run as root.

use crate::deployment::*;

rule! {
    "k8s-root-allowed", Kubernetes, High, true,
    "a container may run as root",
    ["trivy:KSV-0012", "checkov:CKV_K8S_23", "kube-linter:run-as-non-root", "kubescape:C-0013", "polaris:runAsRootAllowed", "pss-restricted:running-as-non-root"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let node = container.security(&["runAsNonRoot"]);
        if node.and_then(Node::bool) == Some(true) {
            continue;
        }
        let message = format!("container {} of {} may run as root", container.name, workload.resource.title());
        match node {
            Some(node) => {
                report.at(node.range.clone(), message).evidence_fix("refuse root", vec![replace(node.range.clone(), "true")]);
            }
            None => {
                let found = report.at(container.range(), message);
                if let Some(edits) = add_nested(input.text, container.node, "securityContext", &["runAsNonRoot: true"]) {
                    found.evidence_fix("refuse root", edits);
                }
            }
        }
    }
}
