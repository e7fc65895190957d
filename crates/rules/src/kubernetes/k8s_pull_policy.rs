//! `k8s-pull-policy`: a node may run an old image of that name.

use crate::deployment::*;

rule! {
    "k8s-pull-policy", Kubernetes, Info, false,
    "a node may run an old image of that name",
    ["checkov:CKV_K8S_15", "polaris:pullPolicyNotAlways", "kubescape:C-0075"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let image = container.node.get("image").and_then(Node::text).unwrap_or_default();
        if let Some(policy) = container.node.get("imagePullPolicy").filter(|policy| policy.text() != Some("Always") && !image.contains('@')) {
            report.at(policy.range.clone(), format!("container {} of {} may run an old {image}", container.name, workload.resource.title())).safe("always ask the registry", vec![replace(policy.range.clone(), "Always")]);
        }
    }
}
