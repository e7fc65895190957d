//! Verification alone: the same workload on two images, and the proofs.

use std::{collections::BTreeSet, time::Duration};

use casehard_harden::{
    Plan,
    runtime::{Runtime, Writable, WritableKind},
};
use casehard_image::Image;
use casehard_oci::{Digest, RootPath};
use casehard_profile::{Profile, workload::Mask};

use super::{
    JobError, Progress, Read, Setup,
    measure::Stages,
    profile::{Watched, must_pass},
};
use crate::{
    Check, Controls, Difference, Repair, Status, Step, Verification, Went, compare, forgive,
    proofs::{self, Ground, Side},
    run::{Run, StepRun, Verdict, Which},
};

/// Two images to compare.
pub struct Comparison<'a> {
    /// The original.
    pub original: &'a Image,
    /// What was made of it.
    pub hardened: &'a Image,
    /// How the application is used, and where that is tried.
    pub setup: Setup<'a>,
    /// The plan that the second was made by, when it is known.
    pub plan: Option<&'a Plan>,
    /// What the application uses, when that is known.
    pub profile: Option<&'a Profile>,
    /// The controls to run it under; the plan's, or from its configuration when absent: its own user, a read-only
    /// root, no capabilities, its volumes, `/tmp` and `/run` in memory.
    pub runtime: Option<&'a Runtime>,
    /// The seccomp profile to run it under, in Docker's JSON form; everything is allowed when absent.
    pub seccomp: Option<&'a [u8]>,
}

/// Runs the workload on both images and proves what the second shows by itself.
///
/// # Errors
/// When an image cannot be read or started, or the workload fails on the original. A result that does not pass is no
/// error.
pub fn verify(comparison: &Comparison<'_>, progress: &mut dyn Progress) -> Result<Verification, JobError> {
    let mut stages = Stages::new(progress);
    let (original, contents) = stages.time("read", || Read::closely(comparison.original))?;
    let (hardened, now) = stages.time("read", || Read::closely(comparison.hardened))?;
    let own;
    let runtime = match comparison.runtime.or(comparison.plan.map(|plan| &plan.runtime)) {
        Some(runtime) => runtime,
        None => {
            own = implied(comparison.hardened);
            &own
        }
    };
    stages.progress.stage("verify-original");
    let setup = comparison.setup;
    let on_original = Watched::original(setup, comparison.original, &original.tree);
    let (before, _) = on_original.run_unwatched(Which::Verify, stages.progress)?;
    must_pass(&before)?;
    stages.progress.stage("verify");
    let controls = Controls::Recommended(runtime, comparison.seccomp);
    let on_hardened = Watched::hardened(setup, comparison.hardened, controls);
    let (after, _) = on_hardened.run_unwatched(Which::Verify, stages.progress)?;
    let checks = proofs::check(Ground {
        original: Side::new(comparison.original, &original, &contents, &before),
        hardened: Side::new(comparison.hardened, &hardened, &now, &after),
        runtime,
        plan: comparison.plan,
        profile: comparison.profile,
        filtered: comparison.seccomp.is_some(),
    });
    let mut of_itself = Vec::new();
    if compare(&before, &after, &setup.workload.mask).iter().any(|difference| difference.failing) {
        // What differs between two runs of the original as well says nothing about the result.
        let (again, _) = on_original.run_unwatched(Which::Verify, stages.progress)?;
        of_itself = compare(&before, &again, &setup.workload.mask);
    }
    let mut unseen = Vec::new();
    if comparison.seccomp.is_none() {
        unseen.push("no seccomp profile was given, so none was tried".to_owned());
    }
    let runs = Runs { before: &before, after: &after, mask: &setup.workload.mask, of_itself: &of_itself };
    Ok(runs.verification(
        comparison.original.digest(),
        comparison.hardened.digest(),
        checks,
        Vec::new(),
        unseen,
    ))
}

/// The controls that an image's own configuration implies.
fn implied(image: &Image) -> Runtime {
    let config = &image.config().config;
    let (user, group) = config.user.split_once(':').unwrap_or((&config.user, &config.user));
    let place = |path: &str, kind| {
        (
            RootPath::root().join_as_kernel(path.as_bytes()),
            Writable { kind, evidence: BTreeSet::new(), exec: false },
        )
    };
    let volumes = config.volumes.keys().map(|volume| place(volume, WritableKind::Volume));
    let memory = ["/tmp", "/run"].map(|path| place(path, WritableKind::Tmpfs));
    Runtime {
        uid: user.parse().unwrap_or_default(),
        gid: group.parse().unwrap_or_default(),
        read_only: true,
        writable: memory.into_iter().chain(volumes).collect(),
        ports: config.exposed_ports.keys().cloned().collect(),
        ..Runtime::default()
    }
}

/// The runs of one workload on both images.
pub(super) struct Runs<'a> {
    pub before: &'a Run,
    pub after: &'a Run,
    pub mask: &'a [Mask],
    /// What differs between two runs of the original.
    pub of_itself: &'a [Difference],
}

impl Runs<'_> {
    /// What they and the checks say together.
    pub fn verification(
        &self,
        original: Digest,
        hardened: Digest,
        checks: Vec<Check>,
        repairs: Vec<Repair>,
        unseen: Vec<String>,
    ) -> Verification {
        let mut steps = self.steps();
        let mut log: Vec<(String, bool)> = Vec::new();
        let mut differences = compare(self.before, self.after, self.mask);
        forgive(&mut differences, self.of_itself);
        for difference in &differences {
            let text = difference.explanation.clone();
            match steps.iter_mut().find(|step| step.name == difference.place) {
                Some(step) if difference.failing => step.differences.push(text),
                Some(step) => step.remarks.push(text),
                None => log.push((text, difference.failing)),
            }
        }
        if !log.is_empty() {
            let after = log.iter().filter(|(_, failing)| *failing).map(|(text, _)| text.clone()).collect();
            let verdicts = (&Verdict::Passed, &Verdict::of(after));
            let mut step = pair("log", false, (verdicts.0, Duration::ZERO), (verdicts.1, Duration::ZERO));
            step.remarks = log.into_iter().filter(|(_, failing)| !failing).map(|(text, _)| text).collect();
            steps.push(step);
        }
        let differs = differences.iter().any(|difference| difference.failing);
        let proven = checks.iter().all(|check| check.status != Status::Fail);
        Verification {
            schema: "casehard.verification/1".into(),
            original,
            hardened,
            passed: self.after.passed() && !differs && proven,
            steps,
            checks,
            repairs,
            unseen,
        }
    }

    fn steps(&self) -> Vec<Step> {
        let (before, after) = (&self.before.ready, &self.after.ready);
        let mut steps =
            vec![pair("readiness", false, (&before.verdict, before.took), (&after.verdict, after.took))];
        let all = |run: &Run| -> Vec<StepRun> {
            run.services.iter().chain(&run.steps).chain(&run.roles).cloned().collect()
        };
        let others = all(self.after);
        let not_run = Verdict::NotRun("it was not reached".into());
        for step in all(self.before) {
            let title = step.title();
            let other = others.iter().find(|other| other.title() == title);
            let other = other.map_or((&not_run, Duration::ZERO), |other| (&other.verdict, other.took));
            steps.push(pair(&title, step.verify_only, (&step.verdict, step.took), other));
        }
        let (before, after) = (&self.before.stop, &self.after.stop);
        steps.push(pair("stop", false, (&before.verdict, before.took), (&after.verdict, after.took)));
        steps
    }
}

fn pair(name: &str, held_out: bool, before: (&Verdict, Duration), after: (&Verdict, Duration)) -> Step {
    let went = |(verdict, took): (&Verdict, Duration)| Went {
        passed: verdict.passed(),
        reasons: verdict.reasons().to_vec(),
        microseconds: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    };
    Step {
        name: name.to_owned(),
        held_out,
        original: went(before),
        hardened: went(after),
        differences: Vec::new(),
        remarks: Vec::new(),
    }
}
