//! `k8s-naked-pod`: a pod has no controller.

use crate::deployment::*;

rule! {
    "k8s-naked-pod", Kubernetes, Info, false,
    "a pod has no controller",
    ["polaris:nakedPod"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods().filter(|workload| workload.resource.kind == "Pod") {
        report.at(workload.pod_key.clone(), format!("nothing starts {} again", workload.resource.title()));
    }
}
