//! Learning what the application uses.

use std::time::{Duration, Instant};

use casehard_engine::Spec;
use casehard_image::{Image, Tree};
use casehard_oci::Container as Config;
use casehard_profile::{Phase, Profile, Workload, workload::Start};

use super::{
    Job, JobError, Place, Progress, Read, Recorded, Setup, Watch, measure::Stages, services::Services,
    subject,
};
use crate::{
    Controls,
    run::{Hooks, Run, Setting, StepRun, Verdict, Which, run, run_role},
    spec,
};

/// Runs the workload on the original image, watched, and says what it used.
///
/// # Errors
/// When the workload fails, or the run could not be watched.
pub fn profile(job: &Job<'_>, original: &Read, progress: &mut dyn Progress) -> Result<Profile, JobError> {
    stage(job, original, &mut Stages::new(progress))
}

pub(super) fn stage(job: &Job<'_>, original: &Read, stages: &mut Stages<'_>) -> Result<Profile, JobError> {
    stages.progress.stage("profile");
    let began = Instant::now();
    let watched = Watched::original(job.setup, job.image, &original.tree);
    let (run, mut profile, application) = watched.run(Which::Profile, stages.progress)?;
    must_pass(&run)?;
    profile.subjects.insert(subject(job));
    stages.note("profile", began, application);
    Ok(profile)
}

/// A run that failed on the original says that the workload is wrong, not the image.
pub(super) fn must_pass(run: &Run) -> Result<(), JobError> {
    if run.passed() {
        return Ok(());
    }
    let failures = |tried: bool| {
        let chosen =
            run.failures().filter(move |(_, verdict)| matches!(verdict, Verdict::Failed(_)) == tried);
        chosen.map(|(name, verdict)| format!("{name}: {}", verdict.reasons().join(", "))).collect::<Vec<_>>()
    };
    // What was not run only follows from what failed.
    let failures =
        Some(failures(true)).filter(|failed| !failed.is_empty()).unwrap_or_else(|| failures(false));
    let mut log = end_of(&run.log);
    for service in run.services.iter().filter(|service| !service.log.is_empty()) {
        log.push_str(&format!("\n{}:\n{}", service.title(), end_of(&service.log)));
    }
    Err(JobError::WorkloadFails { failures, log })
}

/// The end of a log, as it may be shown.
pub(super) fn end_of(log: &[u8]) -> String {
    let end = &log[log.len().saturating_sub(4096)..];
    let lines = end.split(|byte| *byte == b'\n').map(|line| casehard_oci::escape(line).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// A run of the workload, watched or not.
pub(super) struct Watched<'a> {
    setup: Setup<'a>,
    image: &'a Image,
    config: Config,
    controls: Controls<'a>,
    /// `original` or `hardened`.
    name: &'static str,
}

impl<'a> Watched<'a> {
    /// The original, as a runtime starts it that is told nothing; through no shell where none is needed.
    pub fn original(setup: Setup<'a>, image: &'a Image, tree: &Tree) -> Self {
        let config = casehard_harden::without_shell_forms(&image.config().config, tree);
        Self { setup, image, config, controls: Controls::Default, name: "original" }
    }

    /// A result.
    pub fn hardened(setup: Setup<'a>, image: &'a Image, controls: Controls<'a>) -> Self {
        Self { setup, image, config: image.config().config.clone(), controls, name: "hardened" }
    }

    /// Runs the workload and its roles, watched. Also returns how long the containers ran.
    pub fn run(
        &self,
        which: Which,
        progress: &mut dyn Progress,
    ) -> Result<(Run, Profile, Duration), JobError> {
        let began = Instant::now();
        let services = Services::start(&self.setup)?;
        let mut profile = Profile::default();
        let mut watched = |spec: &Spec, work: &mut dyn FnMut(&Recorded, &mut dyn Progress)| {
            // The container sees its volumes as plain directories of the root, so that what is written there is seen.
            let mut spec = Spec { mounts: Vec::new(), ..spec.clone() };
            services.join(&mut spec);
            let recorded = self.place().record(self.image, &spec).map_err(|source| self.failed(source))?;
            work(&recorded, progress);
            let Recorded { container, watch } = recorded;
            drop(container);
            profile.merge(watch.finish().map_err(|source| self.failed(source))?);
            Ok::<_, JobError>(())
        };
        let mut result = None;
        watched(&self.spec(&self.setup.workload.start), &mut |recorded, progress| {
            let mut hooks = Telling { name: self.name, progress, watch: Some(&*recorded.watch) };
            let setting = self.setting(which, &services);
            result = Some(run(&*recorded.container, self.setup.workload, &setting, &mut hooks));
        })?;
        let mut result = result.expect("the work above always sets it");
        for (name, role) in roles(self.setup.workload, which) {
            watched(&self.spec(&role.start), &mut |recorded, progress| {
                let mut hooks = Telling { name: self.name, progress, watch: Some(&*recorded.watch) };
                result.roles.push(run_role(&*recorded.container, name, role, &mut hooks));
            })?;
        }
        result.services = services.finish();
        Ok((result, profile, began.elapsed()))
    }

    /// Runs the workload and its roles, unwatched.
    pub fn run_unwatched(
        &self,
        which: Which,
        progress: &mut dyn Progress,
    ) -> Result<(Run, Duration), JobError> {
        let began = Instant::now();
        let services = Services::start(&self.setup)?;
        let start = |start: &Start| {
            let mut spec = self.spec(start);
            services.join(&mut spec);
            self.place().start(self.image, &spec).map_err(|source| self.failed(source))
        };
        let container = start(&self.setup.workload.start)?;
        let mut hooks = Telling { name: self.name, progress, watch: None };
        let setting = self.setting(which, &services);
        let mut result = run(&*container, self.setup.workload, &setting, &mut hooks);
        drop(container);
        for (name, role) in roles(self.setup.workload, which) {
            let container = start(&role.start)?;
            let mut hooks = Telling { name: self.name, progress, watch: None };
            result.roles.push(run_role(&*container, name, role, &mut hooks));
        }
        result.services = services.finish();
        let took = began.elapsed();
        if !self.setup.structure.is_empty() {
            let (tree, _) = casehard_image::read(self.image, &())?;
            for test in self.setup.structure {
                result.steps.extend(crate::structure(self.image, &tree, test)?);
            }
        }
        Ok((result, took))
    }

    fn place(&self) -> &dyn Place {
        self.setup.place
    }

    fn spec(&self, start: &Start) -> Spec {
        spec(&self.config, start, self.controls)
    }

    fn setting<'b>(&'b self, which: Which, services: &'b Services<'_>) -> Setting<'b> {
        Setting {
            which,
            directory: self.setup.directory,
            healthcheck: self.config.healthcheck.as_ref(),
            shell: self.config.shell.as_deref(),
            stop_signal: self.config.stop_signal.as_deref(),
            services: services.addresses(),
        }
    }

    fn failed(&self, source: super::PlaceError) -> JobError {
        JobError::Place { what: format!("running the {} image", self.name), source }
    }
}

fn roles(
    workload: &Workload,
    which: Which,
) -> impl Iterator<Item = (&String, &casehard_profile::workload::Role)> {
    workload.roles.iter().filter(move |(_, role)| which == Which::Verify || !role.verify_only)
}

/// Tells the recorder which part of the run begins, and the person which is over.
struct Telling<'a> {
    name: &'static str,
    progress: &'a mut dyn Progress,
    watch: Option<&'a dyn Watch>,
}

impl Hooks for Telling<'_> {
    fn phase(&mut self, name: &str) {
        // It is asked whether it is ready while it starts; what falls before the first question and what after is chance.
        if name == "ready" {
            return;
        }
        if let Some(watch) = self.watch {
            // A recorder that has ended says why when it is asked for what it saw.
            let _ = watch.phase(Phase::new(name));
        }
    }

    fn step_done(&mut self, step: &StepRun) {
        self.progress.step(self.name, step);
    }
}
