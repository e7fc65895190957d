//! `k8s-default-account`: a pod runs under the default service account.

use crate::deployment::*;

rule! {
    "k8s-default-account", Kubernetes, Low, false,
    "a pod runs under the default service account",
    ["checkov:CKV_K8S_41", "kube-linter:default-service-account"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        let name = workload.pod.get("serviceAccountName").and_then(Node::text).unwrap_or("default");
        let mounted = workload.pod.get("automountServiceAccountToken").and_then(Node::bool) != Some(false);
        if name == "default" && mounted {
            report.at(workload.pod_key.clone(), format!("{} runs under the default account", workload.resource.title()));
        }
    }
}
