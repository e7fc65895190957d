//! `k8s-duplicate-env`: a variable is set twice.

use crate::deployment::*;

rule! {
    "k8s-duplicate-env", Kubernetes, Medium, true,
    "a variable is set twice",
    ["kube-linter:duplicate-env-var"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let mut seen = std::collections::BTreeSet::new();
        for (name, _, node) in container.env() {
            if !seen.insert(name) {
                report.at(node.range.clone(), format!("container {} of {} sets {name} twice", container.name, workload.resource.title()));
            }
        }
    }
}
