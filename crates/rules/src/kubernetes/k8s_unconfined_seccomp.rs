//! `k8s-unconfined-seccomp`: the seccomp profile is switched off.

use crate::deployment::*;

rule! {
    "k8s-unconfined-seccomp", Kubernetes, High, true,
    "the seccomp profile is switched off",
    ["trivy:KSV-0104", "kube-linter:unconfined-seccomp", "pss-baseline:seccomp"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (workload, container) in input.containers() {
        let Some(node) = container.security(&["seccompProfile", "type"]) else { continue };
        if !matches!(node.text(), Some("RuntimeDefault" | "Localhost")) && seen.insert(node.range.start) {
            report
                .at(node.range.clone(), format!("{} runs without a seccomp profile", workload.resource.title()))
                .evidence_fix("use the runtime's profile", vec![replace(node.range.clone(), "RuntimeDefault")]);
        }
    }
}
