//! All tests of a file, as steps of a run.

use std::time::Duration;

use casehard_image::{Image, ReadError, Tree};
use casehard_profile::workload::structure::StructureTest;

use super::{contents::contents, files::file, metadata::metadata};
use crate::run::{Kind, Outcome, StepRun, Verdict};

/// Holds what `test` says of files and of the configuration against an image whose tree was read already. Commands are
/// not run here.
///
/// # Errors
/// When a layer that holds a tested file cannot be read.
pub fn structure(image: &Image, tree: &Tree, test: &StructureTest) -> Result<Vec<StepRun>, ReadError> {
    let mut steps = Vec::new();
    for each in &test.files {
        steps.push(step(format!("file {}", each.name), each.line, file(tree, each)));
    }
    for (each, reasons) in test.contents.iter().zip(contents(image, tree, &test.contents)?) {
        steps.push(step(format!("content {}", each.name), each.line, reasons));
    }
    for (name, reasons) in metadata(&image.config().config, &test.metadata) {
        steps.push(step(format!("configuration {name}"), test.metadata.line, reasons));
    }
    Ok(steps)
}

fn step(name: String, line: u32, reasons: Vec<String>) -> StepRun {
    StepRun {
        kind: Kind::Image,
        number: None,
        name,
        line: Some(line),
        verify_only: false,
        outcome: Outcome::Done,
        verdict: Verdict::of(reasons),
        took: Duration::ZERO,
        log: Vec::new(),
    }
}
