//! Dockerfiles that build and ship in one stage, as proposals of two; built where a builder is at hand.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use casehard_finding::Subject;
use casehard_rules::{Target, rewrite};

use super::Source;
use crate::{Context, Failure, Verdict};

/// What the shipped stage is to stand on.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum RewriteTarget {
    /// The slim variant of the same release
    MultiStage,
    /// A base without shell and package manager
    Distroless,
}

/// Shows a proposal for each Dockerfile, and whether it builds. The answer is no when there is none for any.
pub fn propose(sources: &[Source], target: RewriteTarget, context: &Context) -> Result<Verdict, Failure> {
    let target = match target {
        RewriteTarget::MultiStage => Target::MultiStage,
        RewriteTarget::Distroless => Target::Distroless,
    };
    let mut any = false;
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
        context.say(format_args!(
            "{}: {}",
            source.name,
            build(&proposal.text, folder.unwrap_or(Path::new(".")))
        ));
    }
    Ok(if any { Verdict::Good } else { Verdict::No })
}

/// Builds a proposal with the builder that is installed, and says how that went.
fn build(text: &str, folder: &Path) -> String {
    for builder in ["docker", "podman", "buildah"] {
        let ready = Command::new(builder).arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !ready.is_ok_and(|status| status.success()) {
            continue;
        }
        let started = Command::new(builder)
            .args(["build", "-q", "-f", "-"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else { continue };
        let sent = child.stdin.take().is_none_or(|mut input| input.write_all(text.as_bytes()).is_ok());
        let Ok(output) = child.wait_with_output() else { continue };
        if sent && output.status.success() {
            let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            return format!("{builder} builds it: {id}; `casehard verify` tells whether it works as before");
        }
        let error = String::from_utf8_lossy(&output.stderr);
        let last = error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        return format!("{builder} does not build it: {}", casehard_oci::escape(last.as_bytes()));
    }
    "no builder is at hand (docker, podman, buildah), so it was not built".to_owned()
}
