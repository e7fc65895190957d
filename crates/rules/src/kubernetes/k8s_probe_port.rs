//! `k8s-probe-port`: a probe asks a port by a name that no port has.

use crate::deployment::*;

rule! {
    "k8s-probe-port", Kubernetes, Medium, true,
    "a probe asks a port by a name that no port has",
    ["kube-linter:liveness-port", "kube-linter:readiness-port"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let ports = container.node.get("ports").map(Node::items).unwrap_or_default();
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            for kind in ["httpGet", "tcpSocket"] {
                let Some(port) = container.node.at(&[probe, kind, "port"]) else { continue };
                let named = port.integer().is_none() && port.text().is_some_and(|text| !text.contains('$'));
                if named && !ports.iter().any(|known| known.get("name").and_then(Node::text) == port.text()) {
                    report.at(port.range.clone(), format!("container {} of {} has no port named {}", container.name, workload.resource.title(), port.text().unwrap_or_default()));
                }
            }
        }
    }
}
