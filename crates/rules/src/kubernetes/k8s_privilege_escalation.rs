//! `k8s-privilege-escalation`: programs of a container may gain privileges.

use crate::deployment::*;

rule! {
    "k8s-privilege-escalation", Kubernetes, High, true,
    "programs of a container may gain privileges",
    ["trivy:KSV-0001", "checkov:CKV_K8S_20", "kube-linter:privilege-escalation-container", "kubescape:C-0016", "pss-restricted:privilege-escalation"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let own = container.own(&["allowPrivilegeEscalation"]);
        if own.and_then(Node::bool) == Some(false) {
            continue;
        }
        let message = format!("programs of container {} of {} may gain privileges", container.name, workload.resource.title());
        match own {
            Some(node) => {
                report.at(node.range.clone(), message).safe("forbid it", vec![replace(node.range.clone(), "false")]);
            }
            None => {
                let found = report.at(container.range(), message);
                // A privileged container may always gain privileges; the API refuses the contradiction.
                let refused = container.own(&["privileged"]).and_then(Node::bool) == Some(true);
                if let Some(edits) = add_nested(input.text, container.node, "securityContext", &["allowPrivilegeEscalation: false"]).filter(|_| !refused) {
                    found.safe("forbid it", edits);
                }
            }
        }
    }
}
