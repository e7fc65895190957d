//! `k8s-unlabelled-namespace`: a namespace enforces no Pod Security Standard.

use crate::deployment::*;

rule! {
    "k8s-unlabelled-namespace", Kubernetes, Medium, true,
    "a namespace enforces no Pod Security Standard",
    ["kubescape:C-0212"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for resource in input.kubernetes.resources.iter().filter(|resource| resource.kind == "Namespace") {
        let labels = resource.node.at(&["metadata", "labels"]);
        let enforce = labels.and_then(|labels| labels.get("pod-security.kubernetes.io/enforce"));
        let place = resource.node.at(&["metadata", "name"]).map_or(0..0, |name| name.range.clone());
        match enforce {
            Some(node) if node.text() == Some("privileged") => {
                report.at(node.range.clone(), format!("{} admits privileged pods", resource.title()));
            }
            Some(_) => {}
            None => {
                let found = report.at(place, format!("{} enforces no Pod Security Standard", resource.title()));
                let metadata = resource.node.get("metadata");
                if let Some(edits) = metadata.and_then(|metadata| add_nested(input.text, metadata, "labels", &["pod-security.kubernetes.io/enforce: restricted"])) {
                    found.evidence_fix("enforce the restricted standard", edits);
                }
            }
        }
    }
}
