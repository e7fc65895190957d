//! `k8s-token-mounted`: a pod gets a token for the API.

use crate::deployment::*;

rule! {
    "k8s-token-mounted", Kubernetes, Medium, true,
    "a pod gets a token for the API",
    ["trivy:KSV-0036", "checkov:CKV_K8S_38", "kubescape:C-0034", "polaris:automountServiceAccountToken"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for workload in input.pods() {
        let named = ["serviceAccountName", "serviceAccount"].iter().any(|key| workload.pod.get(key).and_then(Node::text).is_some_and(|name| !name.is_empty() && name != "default"));
        let Some(node) = workload.pod.get("automountServiceAccountToken") else {
            if !named {
                let found = report.at(workload.pod_key.clone(), format!("{} gets a token for the API without need", workload.resource.title()));
                if let Some(edits) = add_entry(input.text, workload.pod, &["automountServiceAccountToken: false"]) {
                    found.evidence_fix("mount no token", edits);
                }
            }
            continue;
        };
        if node.bool() == Some(true) && !named {
            report.at(node.range.clone(), format!("{} gets the token of the default account", workload.resource.title()));
        }
    }
}
