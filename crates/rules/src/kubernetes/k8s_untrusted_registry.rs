//! `k8s-untrusted-registry`: an image comes from a registry that is not trusted.

use crate::deployment::*;

rule! {
    "k8s-untrusted-registry", Kubernetes, Medium, true,
    "an image comes from a registry that is not trusted",
    ["trivy:KSV-0125", "kubescape:C-0078"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let Some(node) = container.node.get("image") else { continue };
        let Some(image) = node.text().filter(|image| !input.trusted.is_empty() && !image.contains('$')) else { continue };
        let registry = crate::build::ImageName::parse(image).registry.unwrap_or("docker.io");
        if !input.trusted.iter().any(|trusted| trusted == registry || image.starts_with(&format!("{}/", trusted.trim_end_matches('/')))) {
            report.at(node.range.clone(), format!("{registry} (container {} of {}) is not a trusted registry", container.name, workload.resource.title()));
        }
    }
}
