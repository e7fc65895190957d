//! `casehard verify`: does it still work, and is it really hardened.

use std::{fmt::Write as _, io::Write as _, path::PathBuf};

use casehard_verify::{
    Verification,
    job::{self, Comparison},
};

use crate::{Context, Failure, Verdict, answer::Format, place::{Recording, Where}, progress::Stages, workload};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    workload: workload::Named,
    /// The image it was made from
    #[arg(long, value_name = "IMAGE")]
    against: String,
    /// The plan it was made by [default: plan.json beside the image's folder]
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// What the application was seen to use [default: profile.json beside the image's folder]
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The seccomp profile to run it under [default: seccomp.json beside the image's folder]
    #[arg(long, value_name = "FILE")]
    seccomp: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
    /// text or json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub fn run(arguments: &Arguments, context: &Context) -> Result<Verdict, Failure> {
    let loaded = workload::load(&arguments.workload, context)?;
    let original = context.open(&arguments.against, arguments.workload.platform.as_ref())?;
    let plan = match beside(arguments, arguments.plan.as_ref(), "plan.json") {
        Some(file) => {
            let bytes = read(&file)?;
            let plan = serde_json::from_slice(&bytes)
                .map_err(|error| Failure::usage(format!("{} is no plan: {error}", file.display())))?;
            Some(plan)
        }
        None => None,
    };
    let profile = beside(arguments, arguments.profile.as_ref(), "profile.json");
    let profile = profile.map(|file| super::profile::read(&file)).transpose()?;
    let seccomp = beside(arguments, arguments.seccomp.as_ref(), "seccomp.json").map(|file| read(&file)).transpose()?;
    let place = crate::place::open(context, &arguments.place, Recording::default())?;
    let comparison = Comparison {
        original: &original,
        hardened: &loaded.image,
        setup: loaded.setup(&*place),
        plan: plan.as_ref(),
        profile: profile.as_ref(),
        runtime: None,
        seccomp: seccomp.as_deref(),
    };
    let mut progress = Stages::new(context);
    let verification = job::verify(&comparison, &mut progress)
        .map_err(|error| crate::place::failure("failed to verify the image", &error))?;
    progress.finish();
    let text = match arguments.format {
        Format::Text => lines(&verification),
        Format::Json => serde_json::to_string_pretty(&verification).unwrap_or_default() + "\n",
    };
    context.out().write_all(text.as_bytes())?;
    Ok(if verification.passed { Verdict::Good } else { Verdict::No })
}

/// Runs a workload on an image and on the one it is compared with, and nothing else known of them.
pub fn compare(named: &workload::Named, against: &str, context: &Context) -> Result<Verification, Failure> {
    let loaded = workload::load(named, context)?;
    let original = context.open(against, named.platform.as_ref())?;
    let sandbox = crate::place::open(context, &Where::default(), Recording::default())?;
    let (setup, hardened) = (loaded.setup(&*sandbox), &loaded.image);
    let comparison = Comparison { original: &original, hardened, setup, plan: None, profile: None, runtime: None, seccomp: None };
    let mut progress = Stages::new(context);
    let verification = job::verify(&comparison, &mut progress).map_err(|error| crate::place::failure("failed to compare the images", &error))?;
    progress.finish();
    Ok(verification)
}

/// A file that was named, or that stands where `casehard harden` puts it: beside the image's folder.
fn beside(arguments: &Arguments, named: Option<&PathBuf>, name: &str) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.clone());
    }
    let image = arguments.workload.image.as_deref()?;
    let folder = PathBuf::from(image.strip_prefix("oci:").unwrap_or(image));
    let file = folder.parent()?.join(name);
    (folder.ends_with("image") && file.is_file()).then_some(file)
}

fn read(file: &std::path::Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::cannot(format_args!("failed to read {}", file.display()), &error))
}

/// The verification in plain lines: each step, each check, the verdict.
fn lines(verification: &Verification) -> String {
    let mut text = String::new();
    let went = |passed: bool| if passed { "ok" } else { "FAIL" };
    for step in &verification.steps {
        let held_out = if step.held_out { " (held out)" } else { "" };
        let (before, after) = (went(step.original.passed), went(step.hardened.passed));
        let _ = writeln!(text, "{after:<5} {}{held_out}; original: {before}", step.name);
        for line in step.hardened.reasons.iter().chain(&step.differences).chain(&step.remarks) {
            let _ = writeln!(text, "      {line}");
        }
    }
    for check in &verification.checks {
        let _ = writeln!(text, "{:<5} {}: {}", format!("{:?}", check.status).to_uppercase(), check.name, check.evidence);
    }
    for line in &verification.unseen {
        let _ = writeln!(text, "?     {line}");
    }
    let verdict = if verification.passed { "verified" } else { "NOT verified" };
    let _ = writeln!(text, "{verdict}: {}", verification.hardened);
    text
}
