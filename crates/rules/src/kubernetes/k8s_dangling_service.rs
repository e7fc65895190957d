//! `k8s-dangling-service`: a service selects no pod of the file.

use crate::deployment::*;

rule! {
    "k8s-dangling-service", Kubernetes, Medium, false,
    "a service selects no pod of the file",
    ["kube-linter:dangling-service"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let pods: Vec<_> = input.pods().collect();
    if pods.is_empty() {
        return;
    }
    for service in input.kubernetes.resources.iter().filter(|resource| resource.kind == "Service") {
        let Some(selector) = service.node.at(&["spec", "selector"]).filter(|selector| !selector.entries().is_empty()) else { continue };
        let matched = pods.iter().any(|pod| {
            let labels = pod.metadata.and_then(|metadata| metadata.get("labels"));
            selector.entries().iter().all(|entry| labels.and_then(|labels| labels.get(&entry.key)).and_then(Node::text) == entry.node.text())
        });
        if !matched {
            report.at(selector.range.clone(), format!("{} selects no pod of this file", service.title()));
        }
    }
}
