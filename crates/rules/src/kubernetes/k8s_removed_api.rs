//! `k8s-removed-api`: a version of the API that is gone.

use crate::deployment::*;

rule! {
    "k8s-removed-api", Kubernetes, High, true,
    "a version of the API that is gone",
    ["trivy:KSV-0107", "kube-linter:no-extensions-v1beta"]
}

/// Version, kind (empty for all), since which release it is gone, what takes its place.
const GONE: [(&str, &str, &str, &str); 20] = [
    ("extensions/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1"), ("extensions/v1beta1", "NetworkPolicy", "1.16", "networking.k8s.io/v1"), ("extensions/v1beta1", "PodSecurityPolicy", "1.16", "Pod Security admission"),
    ("extensions/v1beta1", "", "1.16", "apps/v1"), ("apps/v1beta1", "", "1.16", "apps/v1"), ("apps/v1beta2", "", "1.16", "apps/v1"), ("networking.k8s.io/v1beta1", "", "1.22", "networking.k8s.io/v1"),
    ("batch/v1beta1", "CronJob", "1.25", "batch/v1"), ("policy/v1beta1", "PodDisruptionBudget", "1.25", "policy/v1"), ("policy/v1beta1", "PodSecurityPolicy", "1.25", "Pod Security admission"),
    ("autoscaling/v2beta1", "", "1.25", "autoscaling/v2"), ("autoscaling/v2beta2", "", "1.26", "autoscaling/v2"), ("rbac.authorization.k8s.io/v1beta1", "", "1.22", "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", "", "1.20", "rbac.authorization.k8s.io/v1"), ("admissionregistration.k8s.io/v1beta1", "", "1.22", "admissionregistration.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", "", "1.22", "apiextensions.k8s.io/v1"), ("storage.k8s.io/v1beta1", "StorageClass", "1.22", "storage.k8s.io/v1"), ("scheduling.k8s.io/v1beta1", "", "1.22", "scheduling.k8s.io/v1"),
    ("discovery.k8s.io/v1beta1", "", "1.25", "discovery.k8s.io/v1"), ("certificates.k8s.io/v1beta1", "", "1.22", "certificates.k8s.io/v1"),
];

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for resource in &input.kubernetes.resources {
        let gone = GONE.iter().find(|(api, kind, ..)| *api == resource.api && (kind.is_empty() || *kind == resource.kind));
        if let (Some((api, _, since, instead)), Some(node)) = (gone, resource.node.get("apiVersion")) {
            report.at(node.range.clone(), format!("{api} of {} is gone since Kubernetes {since}; {instead} takes its place", resource.kind));
        }
    }
}
