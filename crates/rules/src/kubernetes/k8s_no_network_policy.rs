//! `k8s-no-network-policy`: no network policy selects a pod.

use crate::deployment::*;

rule! {
    "k8s-no-network-policy", Kubernetes, Info, false,
    "no network policy selects a pod",
    ["kube-linter:non-isolated-pod", "kubescape:C-0260", "checkov:CKV2_K8S_6"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let policies: Vec<&Node> = input.kubernetes.resources.iter().filter(|resource| resource.kind == "NetworkPolicy").filter_map(|resource| resource.node.at(&["spec", "podSelector"])).collect();
    for workload in input.pods() {
        let labels = workload.metadata.and_then(|metadata| metadata.get("labels"));
        let selected = policies.iter().any(|selector| {
            let wanted = selector.get("matchLabels").map(Node::entries).unwrap_or_default();
            wanted.iter().all(|entry| labels.and_then(|labels| labels.get(&entry.key)).and_then(Node::text) == entry.node.text())
        });
        if !selected {
            report.at(workload.pod_key.clone(), format!("no network policy of this file selects {}", workload.resource.title()));
        }
    }
}
