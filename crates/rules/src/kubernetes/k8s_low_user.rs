//! `k8s-low-user`: a container is run with a low user number.

use crate::deployment::*;

rule! {
    "k8s-low-user", Kubernetes, Info, false,
    "a container is run with a low user number",
    ["trivy:KSV-0020", "checkov:CKV_K8S_40"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (workload, container) in input.containers() {
        let Some(node) = container.security(&["runAsUser"]) else { continue };
        if node.integer().is_some_and(|number| (1..10_000).contains(&number)) && seen.insert(node.range.start) {
            report.at(node.range.clone(), format!("{} is run with a user number below 10000", workload.resource.title()));
        }
    }
}
