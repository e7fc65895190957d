//! `k8s-host-process`: a Windows container is a process of the node.

use crate::deployment::*;

rule! {
    "k8s-host-process", Kubernetes, High, true,
    "a Windows container is a process of the node",
    ["trivy:KSV-0103", "pss-baseline:hostprocess"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        let keys = ["securityContext", "windowsOptions", "hostProcess"];
        let pod = workload.pod.at(&keys);
        let own = workload.containers().filter_map(|container| container.node.at(&keys));
        for node in pod.into_iter().chain(own).filter(|node| node.bool() == Some(true)) {
            report.at(node.range.clone(), format!("{} is a process of the node", workload.resource.title()));
        }
    }
}
