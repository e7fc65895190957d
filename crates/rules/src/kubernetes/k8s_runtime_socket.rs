//! `k8s-runtime-socket`: a pod gets the socket of the container runtime.

use crate::deployment::*;

rule! {
    "k8s-runtime-socket", Kubernetes, Critical, true,
    "a pod gets the socket of the container runtime",
    ["trivy:KSV-0006", "checkov:CKV_K8S_27", "kube-linter:docker-sock", "kubescape:C-0074"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        for volume in workload.pod.get("volumes").map(Node::items).unwrap_or_default() {
            let Some(path) = volume.at(&["hostPath", "path"]) else { continue };
            if path.text().is_some_and(runtime_socket) {
                report.at(path.range.clone(), format!("{} can tell the container runtime what to do, and so is root on the node", workload.resource.title()));
            }
        }
    }
}
