//! Dockerfiles that build and ship in one stage, as proposals of two; built where a builder is at hand.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use casehard_finding::Subject;
use casehard_rules::{Target, rewrite};
use casehard_verify::Step;

use super::{Builder, Source};
use crate::{Context, Failure, Verdict, workload::Named};

/// What the shipped stage is to stand on.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum RewriteTarget {
    /// The slim variant of the same release
    MultiStage,
    /// A base without shell and package manager
    Distroless,
}

/// Whether and how a second stage is proposed.
#[derive(Debug, clap::Args)]
pub struct Proposing {
    /// Propose a second stage for a Dockerfile that builds and ships in one, as a diff; nothing is written
    #[arg(long, value_enum, value_name = "TARGET", conflicts_with_all = ["fix", "diff"])]
    pub rewrite: Option<RewriteTarget>,
    /// How the application is used: run on what --rewrite proposes and on the original, when both are built
    #[arg(long, short, value_name = "FILE", requires = "rewrite")]
    workload: Option<PathBuf>,
    /// What builds the proposal [default: the first of docker, podman, buildah that answers]
    #[arg(long, value_enum, requires = "rewrite")]
    builder: Option<Builder>,
    /// An argument of the build, for the proposal and for the original; may be repeated
    #[arg(long, value_name = "NAME=VALUE", requires = "rewrite")]
    build_arg: Vec<String>,
}

/// Shows a proposal for each Dockerfile, whether it builds, and with a workload whether it works as the original does.
/// The answer is no when there is no proposal for any, or when one does not work.
pub fn propose(
    sources: &[Source],
    target: RewriteTarget,
    how: &Proposing,
    context: &Context,
) -> Result<Verdict, Failure> {
    let target = match target {
        RewriteTarget::MultiStage => Target::MultiStage,
        RewriteTarget::Distroless => Target::Distroless,
    };
    let (mut any, mut works) = (false, true);
    for source in sources.iter().filter(|source| source.subject == Subject::Dockerfile) {
        let proposal = match rewrite(&source.bytes, target) {
            Ok(proposal) => proposal,
            Err(why) => {
                context.say(format_args!("{}: no proposal: {why}", source.name));
                continue;
            }
        };
        any = true;
        let old = String::from_utf8_lossy(&source.bytes);
        let diff = similar::TextDiff::from_lines(&*old, &proposal.text);
        let (from, to) = (format!("a/{}", source.name), format!("b/{}", source.name));
        write!(context.out(), "{}", diff.unified_diff().header(&from, &to))?;
        for note in &proposal.notes {
            context.say(format_args!("{}: {note}", source.name));
        }
        let folder =
            source.path.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let (said, good) = match tried(&proposal.text, &old, folder, how, context) {
            Ok(said) => (said, true),
            Err(said) => (said, false),
        };
        context.say(format_args!("{}: {said}", source.name));
        works &= good;
    }
    Ok(if any && works { Verdict::Good } else { Verdict::No })
}

/// What is to be said of a proposal once it was built and, with a workload, run; an error when something went wrong.
fn tried(text: &str, old: &str, folder: &Path, how: &Proposing, context: &Context) -> Result<String, String> {
    let Some(builder) = how.builder.or_else(Builder::find) else {
        let why = "no builder is at hand (docker, podman, buildah), so it was not built".to_owned();
        return if how.workload.is_some() { Err(why) } else { Ok(why) };
    };
    let name = builder.name();
    let id = builder
        .build(text, folder, &how.build_arg)
        .map_err(|error| format!("{name} does not build it: {error}"))?;
    let built = format!("{name} builds it: {id}");
    let Some(workload) = &how.workload else {
        return Ok(format!("{built}; -w FILE runs a workload on it and on the original"));
    };
    let original = builder
        .build(old, folder, &how.build_arg)
        .map_err(|error| format!("{built}; it does not build the original: {error}"))?;
    let archives =
        tempfile::tempdir().map_err(|error| format!("{built}; there is no folder for it: {error}"))?;
    let place = |id: &str| {
        builder
            .place(id, archives.path())
            .map_err(|error| format!("{built}; {name} does not give it away: {error}"))
    };
    let (new, original) = (place(&id)?, place(&original)?);
    let named = Named { image: Some(new), workload: Some(workload.clone()), ..Named::default() };
    // A program that cannot be started, say.
    let verification = crate::commands::compare(&named, &original, context).map_err(|failure| {
        format!("{built}; it does not work as the original does: {}", failure.message())
    })?;
    let steps = &verification.steps;
    if let Some(step) = steps.iter().find(|step| !step.original.passed) {
        return Err(format!("{built}; the workload fails on the original already: {}", step.name));
    }
    let wrong: Vec<String> = steps.iter().filter_map(complaint).collect();
    if wrong.is_empty() {
        let count = steps.len();
        Ok(format!("{built}; it works as the original does: {count} of {count} steps"))
    } else {
        Err(format!("{built}; it does not work as the original does: {}", wrong.join("; ")))
    }
}

/// What is wrong with a step on the proposal.
fn complaint(step: &Step) -> Option<String> {
    if !step.hardened.passed || !step.differences.is_empty() {
        let reasons: Vec<&str> =
            step.hardened.reasons.iter().chain(&step.differences).map(String::as_str).collect();
        return Some(format!("{}: {}", step.name, reasons.join(", ")));
    }
    None
}
