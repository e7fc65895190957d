//! `k8s-selector-mismatch`: a workload selects other labels than its pods have.

use crate::deployment::*;

rule! {
    "k8s-selector-mismatch", Kubernetes, High, true,
    "a workload selects other labels than its pods have",
    ["kube-linter:mismatching-selector"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        let Some(selector) = workload.resource.node.at(&["spec", "selector", "matchLabels"]) else { continue };
        let labels = workload.metadata.and_then(|metadata| metadata.get("labels"));
        for entry in selector.entries() {
            if labels.and_then(|labels| labels.get(&entry.key)).and_then(Node::text) != entry.node.text() {
                report.at(entry.key_range.clone(), format!("the pods of {} do not have the label {}", workload.resource.title(), entry.key));
            }
        }
    }
}
