//! `k8s-root-user`: a container is run as root.

use crate::deployment::*;

rule! {
    "k8s-root-user", Kubernetes, High, true,
    "a container is run as root",
    ["trivy:KSV-0105", "kubescape:C-0013", "pss-restricted:running-as-non-root-user"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (workload, container) in input.containers() {
        let Some(node) = container.security(&["runAsUser"]).filter(|node| node.integer() == Some(0)) else { continue };
        // A pod's setting is reported once.
        if seen.insert(node.range.start) {
            report.at(node.range.clone(), format!("{} is run as root", workload.resource.title()));
        }
    }
}
