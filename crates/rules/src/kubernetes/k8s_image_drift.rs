//! `k8s-image-drift`: a container contradicts the image that it runs.

use crate::deployment::*;

rule! {
    "k8s-image-drift", Kubernetes, High, true,
    "a container contradicts the image that it runs",
    ["casehard:drift"]
}

fn check(input: &KubernetesInput<'_>, report: &mut Report<'_>) {
    for (workload, container) in input.containers() {
        let Some(facts) = input.facts(&container) else { continue };
        let (by, title) = (&facts.source, format!("container {} of {}", container.name, workload.resource.title()));
        let non_root = container.security(&["runAsNonRoot"]).filter(|node| node.bool() == Some(true));
        if let (Some(node), None, Some(uid)) = (non_root, container.security(&["runAsUser"]), facts.uid()) {
            let numeric = uid.bytes().all(|byte| byte.is_ascii_digit());
            if facts.is_root() == Some(true) {
                report.at(node.range.clone(), format!("{title} must not be root, but by {by} the image is: it will not be started"));
            } else if !numeric {
                report.at(node.range.clone(), format!("the kubelet cannot tell whether user {uid} (by {by}) of {title} is root, and will not start it"));
            }
        }
        for port in container.node.get("ports").map(Node::items).unwrap_or_default() {
            let Some(node) = port.get("containerPort") else { continue };
            let number = node.integer().and_then(|port| u32::try_from(port).ok());
            if let (Some(known), Some(number)) = (&facts.ports, number)
                && !known.contains(&number)
            {
                let all: Vec<String> = known.iter().map(u32::to_string).collect();
                report.at(node.range.clone(), format!("{title} names port {number}; by {by} the image listens on {}", all.join(", ")));
            }
        }
        if container.own(&["readOnlyRootFilesystem"]).and_then(Node::bool) == Some(true) {
            let mounts = container.node.get("volumeMounts").map(Node::items).unwrap_or_default().iter();
            let writable = mounts.filter(|mount| mount.get("readOnly").and_then(Node::bool) != Some(true));
            let places: Vec<String> = writable.filter_map(|mount| mount.get("mountPath")?.text().map(str::to_owned)).collect();
            let missing = facts.uncovered(&places);
            if !missing.is_empty() {
                report.at(container.range(), format!("{title} has a read-only root, but the application writes to {} ({by})", missing.join(", ")));
            }
        }
        let names = |key: &str| -> Vec<String> {
            let list = container.own(&["capabilities", key]).map(Node::items).unwrap_or_default();
            list.iter().filter_map(Node::text).map(crate::evidence::bare_capability).collect()
        };
        let (added, dropped) = (names("add"), names("drop"));
        let missing: Vec<&str> = facts.capabilities.iter().flatten().map(String::as_str).filter(|name| !added.iter().any(|other| other == name || other == "ALL") && dropped.iter().any(|other| other == name || other == "ALL")).collect();
        if !missing.is_empty() {
            report.at(container.range(), format!("{title} drops {}, which the application needs by {by}", missing.join(", ")));
        }
    }
}
