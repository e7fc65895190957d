//! `k8s-secret-value`: a secret is written in a manifest.

use crate::deployment::*;

rule! {
    "k8s-secret-value", Kubernetes, High, true,
    "a secret is written in a manifest",
    ["checkov:CKV_K8S_35", "kube-linter:env-var-secret", "kubescape:C-0012", "trivy:KSV-0109"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        for (name, value, node) in container.env() {
            let Some(value) = value else { continue };
            if crate::secret::is_secret_name(name) && !crate::secret::is_placeholder(value) {
                report.at(node.range.clone(), format!("the value of {name} of container {} of {} stands in the manifest", container.name, workload.resource.title()));
            }
        }
    }
    for hit in crate::secret::find(input.text.as_bytes()) {
        report.at(hit.range, format!("this looks like a {}", hit.what)).severity(casehard_finding::Severity::Critical);
    }
}
