//! `k8s-unconfined-apparmor`: AppArmor is switched off.

use crate::deployment::*;

rule! {
    "k8s-unconfined-apparmor", Kubernetes, Medium, true,
    "AppArmor is switched off",
    ["trivy:KSV-0002", "pss-baseline:apparmor"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (workload, container) in input.containers() {
        if let Some(node) = container.security(&["appArmorProfile", "type"]).filter(|node| !matches!(node.text(), Some("RuntimeDefault" | "Localhost")))
            && seen.insert(node.range.start)
        {
            report.at(node.range.clone(), format!("{} runs without AppArmor", workload.resource.title()));
        }
        let annotations = workload.metadata.and_then(|metadata| metadata.get("annotations")).map(Node::entries).unwrap_or_default();
        for entry in annotations.iter().filter(|entry| entry.key.starts_with("container.apparmor.security.beta.kubernetes.io/")) {
            let value = entry.node.text().unwrap_or_default();
            if value != "runtime/default" && !value.starts_with("localhost/") && !value.is_empty() && seen.insert(entry.node.range.start) {
                report.at(entry.node.range.clone(), format!("{} runs without AppArmor", workload.resource.title()));
            }
        }
    }
}
