//! Findings that are known and not to be reported again.

use std::{collections::BTreeMap, fs, path::Path};

use casehard_finding::{Finding, Location};

use super::Checked;
use crate::{Failure, output_file};

/// Known findings: how often each occurs. Lines are not a part of it, so that edits elsewhere do not matter.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Baseline {
    version: u32,
    findings: BTreeMap<String, usize>,
}

impl Baseline {
    /// Everything that was found now.
    pub fn of(results: &[Checked]) -> Self {
        let mut baseline = Self { version: 1, ..Self::default() };
        for key in results.iter().flat_map(|result| &result.findings).map(key) {
            *baseline.findings.entry(key).or_default() += 1;
        }
        baseline
    }

    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(path).map_err(|error| {
            Failure::cannot(format_args!("failed to read baseline {}", path.display()), &error)
        })?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::usage(format!("{} is no baseline: {error}", path.display()))
                .hint("--write-baseline makes one")
        })
    }

    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::cannot("failed to write the baseline", &error))?;
        output_file::write(path, text + "\n")
    }

    /// Takes out what is known, as often as it is.
    pub fn filter(mut self, results: &mut [Checked]) {
        for result in results {
            result.findings.retain(|finding| match self.findings.get_mut(&key(finding)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            });
        }
    }
}

fn key(finding: &Finding) -> String {
    let file = match &finding.location {
        Location::File { file, .. } => file.as_str(),
        _ => "",
    };
    format!("{file}: {}: {}", finding.rule, finding.message)
}
