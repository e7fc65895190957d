//! `k8s-image-without-digest`: an image is not pinned by digest.

use crate::deployment::*;

rule! {
    "k8s-image-without-digest", Kubernetes, Low, false,
    "an image is not pinned by digest",
    ["checkov:CKV_K8S_43"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let containers = input.containers();
    let found = containers.iter().filter_map(|(_, container)| container.node.get("image"));
    images(input.text, found.filter_map(|node| Some((node.text()?, node.range.clone()))), Pin::NoDigest, input.evidence, report);
}
