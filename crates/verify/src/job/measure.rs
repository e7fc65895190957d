//! How long stages take, and how large images are.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use casehard_image::Image;

use super::{Progress, Read, since};
use crate::{Measure, Stage};

/// Stages as they happen.
pub(super) struct Stages<'p> {
    pub progress: &'p mut dyn Progress,
    done: Vec<Stage>,
}

impl<'p> Stages<'p> {
    pub fn new(progress: &'p mut dyn Progress) -> Self {
        Self { progress, done: Vec::new() }
    }

    /// Times a stage that does not run the application.
    pub fn time<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        self.progress.stage(name);
        let began = Instant::now();
        let result = work();
        self.note(name, began, Duration::ZERO);
        result
    }

    /// Notes a stage that ran the application for `application` of its time.
    pub fn note(&mut self, name: &str, began: Instant, application: Duration) {
        let application_microseconds = u64::try_from(application.as_micros()).unwrap_or(u64::MAX);
        self.progress.stage_done(name, began.elapsed());
        self.done.push(Stage { name: name.to_owned(), microseconds: since(began), application_microseconds });
    }

    pub fn finish(self) -> Vec<Stage> {
        self.done
    }
}

pub(super) fn measure(image: &Image, read: &Read) -> Measure {
    let mut packages: BTreeMap<String, u64> = BTreeMap::new();
    for package in read.inventory.packages.iter().filter(|package| package.part_of.is_none()) {
        *packages.entry(package.ecosystem.to_string()).or_default() += 1;
    }
    // Names of one file take its space once.
    let is_first_name = |entry: &casehard_image::Entry<'_>| {
        entry.is_file() && (entry.links() == 1 || entry.names().all(|name| name.id() >= entry.id()))
    };
    Measure {
        digest: image.digest(),
        compressed: image.layers().iter().map(|layer| layer.descriptor.size).sum(),
        unpacked: read.tree.walk().filter(is_first_name).map(casehard_image::Entry::size).sum(),
        entries: read.tree.len() as u64,
        packages,
        vulnerabilities: None,
    }
}
