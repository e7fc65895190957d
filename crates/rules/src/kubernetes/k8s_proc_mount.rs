//! `k8s-proc-mount`: /proc is not masked.

use crate::deployment::*;

rule! {
    "k8s-proc-mount", Kubernetes, High, true,
    "/proc is not masked",
    ["trivy:KSV-0027", "kube-linter:unsafe-proc-mount", "pss-baseline:proc-mount-type"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        if let Some(node) = container.own(&["procMount"]).filter(|node| !node.is_null() && node.text() != Some("Default")) {
            report.at(node.range.clone(), format!("container {} of {} sees all of /proc", container.name, workload.resource.title()));
        }
    }
}
