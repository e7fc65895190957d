//! `k8s-root-group`: a container is run with group root.

use crate::deployment::*;

rule! {
    "k8s-root-group", Kubernetes, Medium, true,
    "a container is run with group root",
    ["trivy:KSV-0021", "trivy:KSV-0116"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (workload, container) in input.containers() {
        let pod = container.pod.get("securityContext");
        let supplemental = pod.and_then(|context| context.get("supplementalGroups")).map(Node::items).unwrap_or_default();
        let groups = [container.security(&["runAsGroup"]), pod.and_then(|context| context.get("fsGroup"))];
        for node in groups.into_iter().flatten().chain(supplemental).filter(|node| node.integer() == Some(0)) {
            if seen.insert(node.range.start) {
                report.at(node.range.clone(), format!("{} is run with group root", workload.resource.title()));
            }
        }
    }
}
