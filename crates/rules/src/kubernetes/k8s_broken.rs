//! `k8s-broken`: the file is not the YAML it seems to be.

use crate::deployment::*;

rule! {
    "k8s-broken", Kubernetes, High, true,
    "the file is not the YAML it seems to be",
    []
}

/// Reported by the reading of the file (`deployment/run.rs`).
const fn check(_: &KubernetesInput<'_>, _: &mut Report<'_>) {}
