//! What rules about Compose files and Kubernetes manifests look at.

mod images;
mod input;
mod insert;
mod parts;
mod run;

pub(crate) use images::{Pin, images, runtime_socket, sensitive_place};
pub(crate) use input::{ComposeInput, KubernetesInput, service_image};
pub(crate) use insert::{add_entry, add_nested};
pub use parts::{Kustomization, included_files, resources};
pub(crate) use run::{check_compose, check_kubernetes};

// What rule files use, so that each needs one line.
#[rustfmt::skip]
pub(crate) use crate::{check::rule, report::{Report, replace}};
#[rustfmt::skip]
pub(crate) use casehard_deploy::{ContainerKind, interpolate, yaml::Node};
