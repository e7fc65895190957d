//! `k8s-selinux-options`: SELinux options that weaken the separation.

use crate::deployment::*;

rule! {
    "k8s-selinux-options", Kubernetes, Medium, true,
    "SELinux options that weaken the separation",
    ["trivy:KSV-0025", "pss-baseline:selinux"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    const TYPES: [&str; 5] = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
    let mut seen = std::collections::BTreeSet::new();
    for (workload, container) in input.containers() {
        let contexts = [container.node.get("securityContext"), container.pod.get("securityContext")];
        for options in contexts.into_iter().flatten().filter_map(|context| context.get("seLinuxOptions")) {
            for entry in options.entries() {
                let value = entry.node.text().unwrap_or_default();
                let bad = match &*entry.key {
                    "type" => !TYPES.contains(&value),
                    "user" | "role" => !value.is_empty(),
                    _ => false,
                };
                if bad && seen.insert(entry.node.range.start) {
                    report.at(entry.node.range.clone(), format!("{} sets SELinux {} {value}", workload.resource.title(), entry.key));
                }
            }
        }
    }
}
