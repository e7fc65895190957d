//! Dockerfiles that build and ship in one stage, as proposals of two; built where a builder is at hand.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use casehard_finding::Subject;
use casehard_rules::{Target, rewrite};
use casehard_verify::Step;

use super::Source;
use crate::{Context, Failure, Verdict, workload::Named};

/// What the shipped stage is to stand on.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum RewriteTarget {
    /// The slim variant of the same release
    MultiStage,
    /// A base without shell and package manager
    Distroless,
}

/// Shows a proposal for each Dockerfile, whether it builds, and with a `workload` whether it works as the original does.
/// The answer is no when there is no proposal for any, or when one does not work.
pub fn propose(
    sources: &[Source],
    target: RewriteTarget,
    workload: Option<&Path>,
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
        let (said, good) = tried(&proposal.text, &old, folder.unwrap_or(Path::new(".")), workload, context);
        context.say(format_args!("{}: {said}", source.name));
        works &= good;
    }
    Ok(if any && works { Verdict::Good } else { Verdict::No })
}

/// What is to be said of a proposal once it was built and, with a workload, run; and whether nothing went wrong.
fn tried(text: &str, old: &str, folder: &Path, workload: Option<&Path>, context: &Context) -> (String, bool) {
    let Some(builder) = builder() else {
        let why = "no builder is at hand (docker, podman, buildah), so it was not built";
        return (why.to_owned(), workload.is_none());
    };
    let id = match build(builder, text, folder) {
        Ok(id) => id,
        Err(error) => return (format!("{builder} does not build it: {error}"), false),
    };
    let built = format!("{builder} builds it: {id}");
    let Some(workload) = workload else {
        return (format!("{built}; -w FILE runs a workload on it and on the original"), true);
    };
    let original = match build(builder, old, folder) {
        Ok(id) => id,
        Err(error) => return (format!("{built}; it does not build the original: {error}"), false),
    };
    let place = |id: &str| match builder {
        "docker" => format!("docker-daemon:{id}"),
        _ => format!("containers-storage:{}", id.trim_start_matches("sha256:")),
    };
    let named = Named { image: Some(place(&id)), workload: Some(workload.to_owned()), ..Named::default() };
    let verification = match crate::commands::compare(&named, &place(&original), context) {
        Ok(verification) => verification,
        // A program that cannot be started, say.
        Err(failure) => {
            return (format!("{built}; it does not work as the original does: {}", failure.message()), false);
        }
    };
    let steps = &verification.steps;
    if let Some(step) = steps.iter().find(|step| !step.original.passed) {
        return (format!("{built}; the workload fails on the original already: {}", step.name), false);
    }
    let wrong: Vec<String> = steps.iter().filter_map(complaint).collect();
    if wrong.is_empty() {
        let count = steps.len();
        (format!("{built}; it works as the original does: {count} of {count} steps"), true)
    } else {
        (format!("{built}; it does not work as the original does: {}", wrong.join("; ")), false)
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

/// The builder that is installed and answers.
fn builder() -> Option<&'static str> {
    ["docker", "podman", "buildah"].into_iter().find(|builder| {
        let ready = Command::new(builder).arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status();
        ready.is_ok_and(|status| status.success())
    })
}

/// Builds a Dockerfile in a folder: the image's identifier, or the builder's last words.
fn build(builder: &str, text: &str, folder: &Path) -> Result<String, String> {
    let mut child = Command::new(builder)
        .args(["build", "-q", "-f", "-"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let sent = child.stdin.take().is_none_or(|mut input| input.write_all(text.as_bytes()).is_ok());
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if sent && output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let last = error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(casehard_oci::escape(last.as_bytes()).to_string())
}
