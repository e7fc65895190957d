//! `k8s-no-probe`: a container has no probe.

use crate::deployment::*;

rule! {
    "k8s-no-probe", Kubernetes, Low, false,
    "a container has no probe",
    ["checkov:CKV_K8S_8", "checkov:CKV_K8S_9", "kube-linter:no-liveness-probe", "kube-linter:no-readiness-probe", "kubescape:C-0018", "kubescape:C-0056"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let serves = !matches!(workload.resource.kind.as_str(), "Job" | "CronJob") && container.kind == ContainerKind::Main;
        let missing: Vec<&str> = ["readinessProbe", "livenessProbe"].into_iter().filter(|key| container.node.get(key).is_none()).collect();
        if serves && !missing.is_empty() {
            report.at(container.range(), format!("container {} of {} has no {}", container.name, workload.resource.title(), missing.join(" and no ")));
        }
    }
}
