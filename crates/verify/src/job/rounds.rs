//! Plan, apply, verify; and again with what was missing, until it works or nothing more is known to help.

use std::time::Instant;

use casehard_harden::{Plan, Policy, apply, runtime::seccomp};
use casehard_image::{Image, ImageRef, Options, Transport};
use casehard_profile::Profile;

use super::{
    Done, Job, JobError, Read, date, decide,
    measure::{Stages, measure},
    profile::{Watched, must_pass},
    repair,
    search::{Failure, Search},
    verify::Runs,
    vulnerabilities::{Statements, scan_both},
};
use crate::{
    Base, Controls, Difference, Hardening, Measure, Repair, Staging, Timing, compare,
    contents::Contents,
    forgive,
    proofs::{self, Ground, Side},
    run::{Run, Which},
};

/// One attempt: an image, and how it fared.
pub(super) struct Attempt {
    pub plan: Plan,
    pub image: Image,
    pub run: Run,
}

pub(super) fn run(
    job: &Job<'_>,
    (original, contents): (Read, Contents),
    mut profile: Profile,
    staging: Staging,
    mut stages: Stages<'_>,
) -> Result<Done, JobError> {
    let mut policy = job.policy.clone();
    let mut repairs: Vec<Repair> = Vec::new();

    stages.progress.stage("verify-original");
    let began = Instant::now();
    let watched = Watched::original(job.setup, job.image, &original.tree);
    let (before, application) = watched.run_unwatched(Which::Verify, stages.progress)?;
    must_pass(&before)?;
    stages.note("verify-original", began, application);

    let mut of_itself = None;
    let mut attempt = attempt(job, &original, &profile, &policy, &staging, &mut stages)?;
    for round in 1..=job.rounds {
        let differs = !failing(&before, &attempt.run, job, &[]).is_empty();
        if attempt.run.passed() && differs && of_itself.is_none() {
            // What differs between two runs of the original as well says nothing about the result.
            let (again, _) = watched.run_unwatched(Which::Verify, stages.progress)?;
            of_itself = Some(compare(&before, &again, &job.setup.workload.mask));
        }
        let known = of_itself.as_deref().unwrap_or_default();
        if attempt.run.passed() && failing(&before, &attempt.run, job, known).is_empty() {
            break;
        }
        stages.progress.note(&format!("round {round}: looking for what is missing"));
        let began = Instant::now();
        let found = repair::look(job, &original, &attempt.plan, &attempt.image, stages.progress)?;
        stages.note("repair", began, found.application);
        repair::take(round, found, &attempt.run, &original, &mut profile, &mut policy, &mut repairs);
        if decide(job, &original, &profile, &policy).makes_the_same(&attempt.plan) {
            break;
        }
        attempt = self::attempt(job, &original, &profile, &policy, &staging, &mut stages)?;
    }

    let mut unseen = Vec::new();
    let known = of_itself.as_deref().unwrap_or_default();
    let works = attempt.run.passed() && failing(&before, &attempt.run, job, known).is_empty();
    if !works && job.rounds > 0 && job.trials > 0 {
        stages.progress.note("nothing that was looked for is missing: trying what the application needs");
        if of_itself.is_none() {
            let (again, _) = watched.run_unwatched(Which::Verify, stages.progress)?;
            of_itself = Some(compare(&before, &again, &job.setup.workload.mask));
        }
        let round = repairs.iter().map(|repair| repair.round).max().unwrap_or_default() + 1;
        let search = Search {
            job,
            original: &original,
            profile: &profile,
            policy: &policy,
            staging: &staging,
            stages: &mut stages,
            before: &before,
            of_itself: of_itself.as_deref().unwrap_or_default(),
            failure: Failure::default(),
            trials: job.trials,
        };
        match search.run(&attempt, round)? {
            Some(found) => {
                policy = found.policy;
                repairs.extend(found.repairs);
                unseen.extend(found.incomplete);
            }
            None => unseen.push("it fails even with everything put back and every control open".to_owned()),
        }
        attempt = self::attempt(job, &original, &profile, &policy, &staging, &mut stages)?;
    }
    let of_itself = of_itself.unwrap_or_default();
    let worked = Worked { before, attempt, profile, of_itself, repairs, unseen };
    conclude(job, (original, contents), worked, staging, stages)
}

/// What repairing came to.
struct Worked {
    before: Run,
    attempt: Attempt,
    profile: Profile,
    of_itself: Vec<Difference>,
    repairs: Vec<Repair>,
    unseen: Vec<String>,
}

/// Proves the result, and puts everything together.
fn conclude(
    job: &Job<'_>,
    (original, contents): (Read, Contents),
    worked: Worked,
    staging: Staging,
    mut stages: Stages<'_>,
) -> Result<Done, JobError> {
    let Worked { before, attempt, profile, of_itself, repairs, unseen } = worked;
    let (read, now) = stages.time("prove", || Read::closely(&attempt.image))?;
    let plan = &attempt.plan;
    let checks = proofs::check(Ground {
        original: Side::new(job.image, &original, &contents, &before),
        hardened: Side::new(&attempt.image, &read, &now, &attempt.run),
        runtime: &plan.runtime,
        plan: Some(plan),
        profile: Some(&profile),
        filtered: true,
    });
    let mask = &job.setup.workload.mask;
    let runs = Runs { before: &before, after: &attempt.run, mask, of_itself: &of_itself };
    let verification = runs.verification(job.image.digest(), attempt.image.digest(), checks, repairs, unseen);
    let annotation = |name: &str| job.image.manifest().annotations.get(name).cloned();
    let base = Base {
        name: annotation("org.opencontainers.image.base.name"),
        digest: annotation("org.opencontainers.image.base.digest"),
    };
    let scanned = match job.advisories {
        None => None,
        Some(advisories) => {
            let sides = ((job.image, &original), (&attempt.image, &read));
            Some(stages.time("scan", || scan_both(advisories, &profile, sides.0, sides.1))?)
        }
    };
    let (advice, statements, [counts_before, counts_after]) = match scanned {
        None => (None, Statements::default(), [None, None]),
        Some(scanned) => (Some(scanned.advice), scanned.statements, scanned.counts.map(Some)),
    };
    let hardening = Hardening {
        schema: "casehard.hardening/1".into(),
        image: job.image.name().to_owned(),
        owner: job.setup.workload.owner.clone(),
        base: (base != Base { name: None, digest: None }).then_some(base),
        before: Measure { vulnerabilities: counts_before, ..measure(job.image, &original) },
        after: Measure { vulnerabilities: counts_after, ..measure(&attempt.image, &read) },
        plan: attempt.plan,
        profile,
        verification,
        advice,
        run: Timing { date: job.now, version: job.version.to_owned(), stages: stages.finish() },
    };
    let date = date(job, &original);
    Ok(Done { hardening, staging, date, image: attempt.image, read, original, statements })
}

pub(super) fn attempt(
    job: &Job<'_>,
    original: &Read,
    profile: &Profile,
    policy: &Policy,
    staging: &Staging,
    stages: &mut Stages<'_>,
) -> Result<Attempt, JobError> {
    let plan = stages.time("plan", || decide(job, original, profile, policy));
    let path = staging.path("image");
    stages.time("apply", || apply(job.image, &original.tree, &plan, date(job, original), &path))?;
    let image_ref = ImageRef { transport: Transport::Layout(path), name: None };
    let options = Options { platform: Some(job.image.config().platform()), ..Options::default() };
    let image = casehard_image::open(&image_ref, &options)?;
    stages.progress.stage("verify");
    let began = Instant::now();
    let filter = seccomp(&plan.runtime.syscalls, plan.runtime.seccomp).to_string();
    let controls = Controls::Recommended(&plan.runtime, Some(filter.as_bytes()));
    let watched = Watched::hardened(job.setup, &image, controls);
    let (run, application) = watched.run_unwatched(Which::Verify, stages.progress)?;
    stages.note("verify", began, application);
    Ok(Attempt { plan, image, run })
}

pub(super) fn failing(before: &Run, after: &Run, job: &Job<'_>, of_itself: &[Difference]) -> Vec<Difference> {
    let mut differences = compare(before, after, &job.setup.workload.mask);
    forgive(&mut differences, of_itself);
    differences.retain(|difference| difference.failing);
    differences
}
