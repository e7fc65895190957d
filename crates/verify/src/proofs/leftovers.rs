//! What must not be in the result: secrets, and anything that the runs of the job made.

use casehard_finding::{Finding, Location};
use casehard_oci::RootPath;
use casehard_profile::Access;
use casehard_rules::{Settings, check_image};

use super::{Ground, Side, make, some};
use crate::{Check, Status};

/// The rules about secrets in files, by their names and in the configuration.
const RULES: [&str; 4] = ["secret-in-file", "assigned-secret", "secret-file", "secret-in-config"];

fn found(side: Side<'_>) -> Vec<Finding> {
    let settings = Settings { only: RULES.map(str::to_owned).to_vec(), ..Settings::default() };
    check_image(side.image, side.tree, side.inventory, &side.contents.found, &settings)
}

/// Secrets are not taken away: whether an application needs one is for the person to say. One that the original does
/// not have would be our doing.
pub(super) fn secrets(original: Side<'_>, hardened: Side<'_>) -> Check {
    let (before, after) = (found(original), found(hardened));
    let place = |finding: &Finding| match &finding.location {
        Location::Path { path, .. } => format!("{} {path}", finding.rule),
        Location::Config { field } => format!("{} {field}", finding.rule),
        _ => finding.message.clone(),
    };
    let shown = |findings: &[Finding]| {
        let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        some(&messages)
    };
    let known: Vec<String> = before.iter().map(place).collect();
    let is_new = after.iter().any(|finding| !known.contains(&place(finding)));
    let status = match (after.is_empty(), is_new) {
        (true, _) => Status::Pass,
        (false, false) => Status::Warn,
        (false, true) => Status::Fail,
    };
    make("secrets", status, shown(&after), shown(&before))
}

/// Nothing that the application made while it was watched, or that Casehard put into a container, is in the result.
pub(super) fn residue(ground: Ground<'_>) -> Option<Check> {
    let profile = ground.profile?;
    let (original, hardened) = (ground.original.tree, ground.hardened.tree);
    let made = profile
        .paths
        .iter()
        .filter(|(path, used)| used.access.contains(&Access::Created) && original.get(path).is_none());
    let made: Vec<&RootPath> = made.map(|(path, _)| path).collect();
    let is_meant = |path: &RootPath| {
        let plan = ground.plan;
        plan.is_some_and(|plan| plan.additions.keys().any(|added| added.starts_with(path)))
    };
    let left: Vec<&&RootPath> =
        made.iter().filter(|path| hardened.get(path).is_some() && !is_meant(path)).collect();
    let before = format!("the watched run made {} paths", made.len());
    Some(if left.is_empty() {
        make(
            "profiling-residue",
            Status::Pass,
            format!("none of the {} paths that it made", made.len()),
            before,
        )
    } else {
        make("profiling-residue", Status::Fail, some(&left), before)
    })
}
