//! `k8s-capabilities-kept`: a container keeps the default capabilities.

use crate::deployment::*;

rule! {
    "k8s-capabilities-kept", Kubernetes, High, true,
    "a container keeps the default capabilities",
    ["trivy:KSV-0003", "trivy:KSV-0106", "checkov:CKV_K8S_37", "checkov:CKV_K8S_28", "kube-linter:drop-net-raw-capability", "kubescape:C-0046", "pss-restricted:capabilities"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let dropped = container.own(&["capabilities", "drop"]);
        if dropped.map(Node::items).unwrap_or_default().iter().any(|node| node.text().is_some_and(|name| name.eq_ignore_ascii_case("all"))) {
            continue;
        }
        let found = report.at(container.range(), format!("container {} of {} keeps the default capabilities", container.name, workload.resource.title()));
        if container.own(&["capabilities"]).is_none()
            && let Some(edits) = add_nested(input.text, container.node, "securityContext", &["capabilities:", "  drop: [ALL]"])
        {
            found.evidence_fix("drop all capabilities", edits);
        }
    }
}
