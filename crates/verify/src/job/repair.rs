//! Finding out what a failing result lacks.

use std::{collections::BTreeMap, time::Duration};

use casehard_harden::{Plan, Policy};
use casehard_image::Image;
use casehard_oci::RootPath;
use casehard_profile::{Access, Profile, workload::Action};

use super::{Job, JobError, Progress, Read, profile::Watched};
use crate::{
    Controls, Repair, RepairBy,
    run::{Run, Which},
};

/// What a watched run of the failing result showed.
pub(super) struct Found {
    /// What it looked for and did not find, though the original has it.
    missing: BTreeMap<RootPath, (String, Option<RootPath>)>,
    /// What else it did.
    profile: Profile,
    /// How long the application ran.
    pub application: Duration,
}

/// Runs the failing result again, watched, as the same user but without the controls that would hide what it tries:
/// the seccomp profile and the read-only root.
pub(super) fn look(
    job: &Job<'_>,
    original: &Read,
    plan: &Plan,
    image: &Image,
    progress: &mut dyn Progress,
) -> Result<Found, JobError> {
    let watched = Watched::hardened(job.setup, image, Controls::Default);
    let (_, profile, application) = watched.run(Which::Verify, progress)?;
    let mut missing = BTreeMap::new();
    for (path, used) in &profile.paths {
        if !used.access.contains(&Access::Missing) || plan.keep.contains_key(path) {
            continue;
        }
        let resolved = original.tree.resolve(path);
        let Some(entry) = resolved.entry else { continue };
        let step = used.phases.iter().next_back().map_or_else(|| "start".to_owned(), ToString::to_string);
        let program = used.programs.iter().next().cloned();
        if !plan.keep.contains_key(&entry.path()) {
            missing.insert(path.clone(), (step, program));
        }
    }
    for (step, path) in commands(job, original) {
        // The sandbox looks a command up before anything of the container runs that could be watched.
        if !plan.keep.contains_key(&path) {
            missing.insert(path, (step, None));
        }
    }
    Ok(Found { missing, profile, application })
}

/// The programs that the workload's own steps start, where the original has them.
fn commands(job: &Job<'_>, original: &Read) -> Vec<(String, RootPath)> {
    let config = &job.image.config().config;
    let search = config.env("PATH").unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    let workdir = RootPath::root().join_as_kernel(config.working_dir.as_bytes());
    let look_up = |program: &str| {
        if program.contains('/') {
            return original.tree.resolve(&workdir.join_as_kernel(program.as_bytes())).entry;
        }
        let mut places = search.split(':').map(|place| workdir.join_as_kernel(place.as_bytes()));
        places.find_map(|place| {
            original.tree.resolve(&place.child(program.as_bytes())).entry.filter(|found| found.is_file())
        })
    };
    let steps = job.setup.workload.steps.iter().enumerate().filter_map(|(at, step)| match &step.action {
        Action::Exec { argv, .. } => Some((format!("step {}", at + 1), argv.first()?)),
        _ => None,
    });
    let roles = job.setup.workload.roles.iter();
    let roles = roles
        .filter_map(|(name, role)| Some((format!("role {name}"), role.start.command.as_ref()?.first()?)));
    steps.chain(roles).filter_map(|(step, program)| Some((step, look_up(program)?.path()))).collect()
}

/// Takes what was found into the profile and the policy.
pub(super) fn take(
    round: u32,
    found: Found,
    failed: &Run,
    original: &Read,
    profile: &mut Profile,
    policy: &mut Policy,
    repairs: &mut Vec<Repair>,
) {
    let failing: Vec<String> = failed.failures().map(|(name, _)| name).collect();
    for (path, (phase, program)) in found.missing {
        let step = failing
            .first()
            .map_or(phase.clone(), |first| if failing.len() == 1 { first.clone() } else { phase.clone() });
        if policy.repairs.insert(path.clone(), step.clone()).is_none() {
            let by = RepairBy::Missing;
            repairs.push(Repair { round, path, step, program, by });
        }
    }
    let mut seen = found.profile;
    // What was missing is in the policy now; what was there is as used as anything the profile saw.
    seen.paths.retain(|path, _| original.tree.get(path).is_some() || path.parent().is_some());
    profile.merge(seen);
}
