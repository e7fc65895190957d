//! `k8s-unlimited-storage`: a container may fill the disk of its node.

use crate::deployment::*;

rule! {
    "k8s-unlimited-storage", Kubernetes, Low, false,
    "a container may fill the disk of its node",
    ["kube-score:container-ephemeral-storage-request-and-limit"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let pod_wide = container.pod.at(&["resources", "limits", "ephemeral-storage"]).is_some();
        if container.kind != ContainerKind::Ephemeral && !pod_wide && container.node.at(&["resources", "limits", "ephemeral-storage"]).is_none() {
            report.at(container.range(), format!("container {} of {} may fill the disk of its node", container.name, workload.resource.title()));
        }
    }
}
