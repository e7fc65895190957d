//! `k8s-scaled-replicas`: a number of pods is written down that something else decides.

use crate::deployment::*;

rule! {
    "k8s-scaled-replicas", Kubernetes, Low, true,
    "a number of pods is written down that something else decides",
    ["kube-score:deployment-targeted-by-hpa-does-not-have-replicas-configured"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for scaler in input.kubernetes.resources.iter().filter(|resource| resource.kind == "HorizontalPodAutoscaler") {
        let target = |key: &str| scaler.node.at(&["spec", "scaleTargetRef", key]).and_then(Node::text);
        let (Some(kind), Some(name)) = (target("kind"), target("name")) else { continue };
        let scaled = |resource: &&casehard_deploy::Resource| resource.kind == kind && resource.name == name && resource.namespace == scaler.namespace;
        for resource in input.kubernetes.resources.iter().filter(scaled) {
            if let Some(entry) = resource.node.get("spec").and_then(|spec| spec.entry("replicas")) {
                report.at(entry.key_range.start..entry.node.range.end, format!("each time this file is applied, {} undoes what {} has decided", resource.title(), scaler.title()));
            }
        }
    }
}
