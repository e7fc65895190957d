//! `k8s-writable-root`: the root file system of a container can be written.

use crate::deployment::*;

rule! {
    "k8s-writable-root", Kubernetes, Medium, true,
    "the root file system of a container can be written",
    ["trivy:KSV-0014", "checkov:CKV_K8S_22", "kube-linter:no-read-only-root-fs", "kubescape:C-0017", "polaris:notReadOnlyRootFilesystem"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let own = container.own(&["readOnlyRootFilesystem"]);
        if own.and_then(Node::bool) == Some(true) || container.kind == ContainerKind::Ephemeral {
            continue;
        }
        let message = format!("the root file system of container {} of {} can be written", container.name, workload.resource.title());
        match own {
            Some(node) => {
                report.at(node.range.clone(), message).evidence_fix("make it read-only", vec![replace(node.range.clone(), "true")]);
            }
            None => {
                let found = report.at(container.range(), message);
                if let Some(edits) = add_nested(input.text, container.node, "securityContext", &["readOnlyRootFilesystem: true"]) {
                    found.evidence_fix("make it read-only", edits);
                }
            }
        }
    }
}
