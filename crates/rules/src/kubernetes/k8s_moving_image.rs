//! `k8s-moving-image`: an image has no tag, or the latest.

use crate::deployment::*;

rule! {
    "k8s-moving-image", Kubernetes, Medium, true,
    "an image has no tag, or the latest",
    ["trivy:KSV-0013", "checkov:CKV_K8S_14", "kube-linter:latest-tag", "polaris:tagNotSpecified"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let containers = input.containers();
    let found = containers.iter().filter_map(|(_, container)| container.node.get("image"));
    images(input.text, found.filter_map(|node| Some((node.text()?, node.range.clone()))), Pin::Moving, input.evidence, report);
}
