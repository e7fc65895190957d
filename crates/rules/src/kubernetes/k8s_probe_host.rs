//! `k8s-probe-host`: a probe or a lifecycle hook goes to another host.

use crate::deployment::*;

rule! {
    "k8s-probe-host", Kubernetes, Medium, true,
    "a probe or a lifecycle hook goes to another host",
    ["pss-baseline:host-probes-lifecycle-hooks"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    const PLACES: [&[&str]; 5] = [&["livenessProbe"], &["readinessProbe"], &["startupProbe"], &["lifecycle", "postStart"], &["lifecycle", "preStop"]];
    for (workload, container) in input.containers() {
        for place in PLACES {
            let Some(probe) = container.node.at(place) else { continue };
            for kind in ["httpGet", "tcpSocket"] {
                if let Some(node) = probe.at(&[kind, "host"]).filter(|node| node.text().is_some_and(|host| !host.is_empty())) {
                    report.at(node.range.clone(), format!("{} of container {} of {} goes to another host", place.join("."), container.name, workload.resource.title()));
                }
            }
        }
    }
}
