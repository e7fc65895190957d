//! `k8s-no-disruption-budget`: all pods of a workload may be stopped at the same time.

use crate::deployment::*;

rule! {
    "k8s-no-disruption-budget", Kubernetes, Info, false,
    "all pods of a workload may be stopped at the same time",
    ["kube-linter:pdb-min-available", "kube-score:deployment-has-poddisruptionbudget", "polaris:missingPodDisruptionBudget"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    let budgets: Vec<_> = input.kubernetes.resources.iter().filter(|resource| resource.kind == "PodDisruptionBudget").collect();
    for workload in input.pods().filter(|workload| matches!(workload.resource.kind.as_str(), "Deployment" | "StatefulSet")) {
        let Some(replicas) = workload.resource.node.at(&["spec", "replicas"]).filter(|node| node.integer().is_some_and(|count| count > 1)) else { continue };
        let labels = workload.metadata.and_then(|metadata| metadata.get("labels"));
        let protected = budgets.iter().filter(|budget| budget.namespace == workload.resource.namespace).any(|budget| {
            // Expressions may match anything.
            let expressions = budget.node.at(&["spec", "selector", "matchExpressions"]).is_some();
            let selector = budget.node.at(&["spec", "selector", "matchLabels"]).map(Node::entries).unwrap_or_default();
            expressions || selector.iter().all(|entry| labels.and_then(|labels| labels.get(&entry.key)).and_then(Node::text) == entry.node.text())
        });
        if !protected {
            report.at(replicas.range.clone(), format!("no budget of this file keeps a pod of {} running while nodes are emptied", workload.resource.title()));
        }
    }
}
