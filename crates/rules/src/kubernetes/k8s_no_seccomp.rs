//! `k8s-no-seccomp`: a container has no seccomp profile.

use crate::deployment::*;

rule! {
    "k8s-no-seccomp", Kubernetes, Medium, true,
    "a container has no seccomp profile",
    ["trivy:KSV-0030", "trivy:KSV-0104", "checkov:CKV_K8S_31", "kubescape:C-0210", "pss-restricted:seccomp"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        if container.security(&["seccompProfile", "type"]).is_some() {
            continue;
        }
        let found = report.at(container.range(), format!("container {} of {} has no seccomp profile", container.name, workload.resource.title()));
        let privileged = container.own(&["privileged"]).and_then(Node::bool) == Some(true);
        if let Some(edits) = add_nested(input.text, container.node, "securityContext", &["seccompProfile:", "  type: RuntimeDefault"]).filter(|_| !privileged) {
            found.safe("use the runtime's profile", edits);
        }
    }
}
