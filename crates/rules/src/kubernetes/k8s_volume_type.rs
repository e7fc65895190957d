//! `k8s-volume-type`: a volume of a kind that the restricted standard does not allow.

use crate::deployment::*;

rule! {
    "k8s-volume-type", Kubernetes, Medium, true,
    "a volume of a kind that the restricted standard does not allow",
    ["trivy:KSV-0028", "trivy:KSV-0121", "pss-restricted:volume-types"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    const ALLOWED: [&str; 10] = ["name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image"];
    for workload in input.pods() {
        for volume in workload.pod.get("volumes").map(Node::items).unwrap_or_default() {
            for entry in volume.entries().iter().filter(|entry| !ALLOWED.contains(&&*entry.key) && &*entry.key != "hostPath") {
                report.at(entry.key_range.clone(), format!("{} has a volume of kind {}", workload.resource.title(), entry.key));
            }
        }
    }
}
