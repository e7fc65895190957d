//! `k8s-secret-in-env`: a container gets a secret as a variable.

use crate::deployment::*;

rule! {
    "k8s-secret-in-env", Kubernetes, Low, false,
    "a container gets a secret as a variable",
    ["kube-linter:read-secret-from-env-var", "kubescape:C-0207"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let items = |key: &str| container.node.get(key).map(Node::items).unwrap_or_default();
        let one = items("env").iter().filter_map(|item| item.at(&["valueFrom", "secretKeyRef"]));
        let all = items("envFrom").iter().filter_map(|item| item.get("secretRef"));
        for node in one.chain(all) {
            let name = node.get("name").and_then(Node::text).unwrap_or("a secret");
            report.at(node.range.clone(), format!("container {} of {} gets {name} as a variable, which its children and its crash reports get, too", container.name, workload.resource.title()));
        }
    }
}
