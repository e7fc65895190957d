//! Compose files and Kubernetes manifests, each key and value with its place in the file.
//!
//! [`yaml`] reads YAML 1.2 with anchors, merge keys and several documents into a tree with spans, within bounds.
//! [`Compose`] and [`Kubernetes`] know where such files keep services, containers and pods, in the short and the long
//! forms that their tools accept. Judging is left to `casehard-rules`.

mod compose;
mod interpolate;
mod kubernetes;
pub mod yaml;

pub use compose::{Compose, Mount, OtherFiles, Port, Service, beside};
pub use interpolate::{Interpolated, interpolate};
pub use kubernetes::{Container, ContainerKind, Kubernetes, Resource, Workload};
