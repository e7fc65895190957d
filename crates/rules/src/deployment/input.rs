//! A deployment file with everything that its rules look at.

use std::ops::Range;

use casehard_deploy::{Compose, Container, Kubernetes, Service, Workload, interpolate, yaml::Node};

use crate::{Evidence, ImageFacts, image_key};

/// A Compose file.
pub(crate) struct ComposeInput<'a> {
    pub(crate) text: &'a str,
    pub(crate) compose: Compose,
    pub(crate) evidence: &'a Evidence,
}

impl ComposeInput<'_> {
    /// The services of which everything is known.
    pub(crate) fn services(&self) -> impl Iterator<Item = &Service> {
        self.compose.services.iter().filter(|service| !service.open)
    }

    /// What a key of a service comes to; `None` when it is absent or only the environment knows.
    pub(crate) fn value(service: &Service, key: &str) -> Option<(String, Range<usize>)> {
        let node = service.get(key)?;
        Some((interpolate(node.text()?).text?, node.range.clone()))
    }

    /// What is known of the image that a service runs.
    pub(crate) fn facts(&self, service: &Service) -> Option<&ImageFacts> {
        let built = self.evidence.services.get(&service.name);
        built.or_else(|| self.evidence.images.get(&image_key(&service_image(service)?)))
    }

    /// Whether a key of a service says yes.
    pub(crate) fn is_true(service: &Service, key: &str) -> bool {
        service.get(key).and_then(Node::bool) == Some(true)
    }
}

/// A Kubernetes file.
pub(crate) struct KubernetesInput<'a> {
    pub(crate) text: &'a str,
    pub(crate) kubernetes: Kubernetes,
    pub(crate) evidence: &'a Evidence,
    pub(crate) trusted: &'a [String],
}

impl KubernetesInput<'_> {
    /// Every container of every pod that is for Linux.
    pub(crate) fn containers(&self) -> Vec<(Workload<'_>, Container<'_>)> {
        let workloads = self.kubernetes.workloads().filter(|workload| !workload.is_windows());
        workloads
            .flat_map(|workload| {
                workload.containers().map(|container| (workload.clone(), container)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// What is known of the image that a container runs.
    pub(crate) fn facts(&self, container: &Container<'_>) -> Option<&ImageFacts> {
        self.evidence.images.get(&image_key(container.node.get("image")?.text()?))
    }

    /// Every pod.
    pub(crate) fn pods(&self) -> impl Iterator<Item = Workload<'_>> {
        self.kubernetes.workloads()
    }
}

/// The image of a service, when the file alone says it.
pub(crate) fn service_image(service: &Service) -> Option<String> {
    interpolate(service.get("image")?.text()?).text
}
