//! What a scan is asked beside the image: how to show it, and the files that say what counts.

use std::path::PathBuf;

use casehard_profile::Profile;
use casehard_report::ScanFormat;
use casehard_vuln::{
    Assessment, Usages,
    gate::{IgnoreRule, read_rules},
    vex::{self, Statement},
};

use crate::{
    Failure,
    bill::{Bill, bytes},
};

/// How to show the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for people
    Table,
    /// Everything, in Casehard's own JSON
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// CycloneDX 1.6 with vulnerabilities
    Cyclonedx,
    /// JUnit XML
    Junit,
    /// GitLab's container scanning report
    Gitlab,
    /// Annotations of GitHub Actions
    Github,
    /// A table for a comment
    Markdown,
}

impl From<Format> for ScanFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Json => Self::Json,
            Format::Sarif => Self::Sarif,
            Format::Cyclonedx => Self::CycloneDx,
            Format::Junit => Self::Junit,
            Format::Gitlab => Self::Gitlab,
            Format::Github => Self::Github,
            Format::Markdown => Self::Markdown,
        }
    }
}

/// The statements of VEX documents.
pub fn statements(files: &[PathBuf]) -> Result<Vec<Statement>, Failure> {
    let mut statements = Vec::new();
    for path in files {
        let read = vex::read(&path.to_string_lossy(), &bytes(path)?);
        statements.extend(read.map_err(|error| Failure::cannot("failed to use --vex", &error))?);
    }
    Ok(statements)
}

/// The rules of an ignore file.
pub fn rules(file: Option<&PathBuf>) -> Result<Vec<IgnoreRule>, Failure> {
    let Some(path) = file else { return Ok(Vec::new()) };
    read_rules(&path.to_string_lossy(), &String::from_utf8_lossy(&bytes(path)?))
        .map_err(|error| Failure::cannot("failed to use --ignore-file", &error))
}

/// An earlier result.
pub fn earlier(file: Option<&PathBuf>) -> Result<Option<Assessment>, Failure> {
    let Some(path) = file else { return Ok(None) };
    serde_json::from_slice(&bytes(path)?).map(Some).map_err(|error| {
        Failure::cannot(format_args!("failed to read the earlier result {}", path.display()), &error)
    })
}

/// What of each package a profile saw in use.
pub fn usages(profile: Option<&Profile>, scanned: &Bill) -> Result<Option<Usages>, Failure> {
    let Some(profile) = profile else { return Ok(None) };
    let Some((tree, inventory)) = &scanned.read else {
        return Err(Failure::usage(
            "a profile says nothing of a bill of materials: which file is whose stands in the image",
        )
        .hint("scan the image that was profiled"));
    };
    Ok(Some(Usages::new(inventory, tree, |path| profile.uses(path))))
}
