//! `k8s-anonymous-access`: somebody who is not known may do something.

use crate::deployment::*;

rule! {
    "k8s-anonymous-access", Kubernetes, High, true,
    "somebody who is not known may do something",
    ["kubescape:C-0262"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for binding in input.kubernetes.resources.iter().filter(|resource| matches!(resource.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")) {
        let role = binding.node.at(&["roleRef", "name"]).and_then(Node::text).unwrap_or_default();
        // What every cluster grants from the start: its version and its health.
        if role == "system:public-info-viewer" || role == "system:discovery" || role == "kubeadm:bootstrap-signer-clusterinfo" {
            continue;
        }
        for subject in binding.node.get("subjects").map(Node::items).unwrap_or_default() {
            let name = subject.get("name").filter(|name| matches!(name.text(), Some("system:anonymous" | "system:unauthenticated")));
            if let Some(name) = name {
                report.at(name.range.clone(), format!("{} grants {role} to everybody who reaches the cluster", binding.title()));
            }
        }
    }
}
