//! From readiness to the end, in order.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::Path,
    time::{Duration, Instant},
};

use casehard_engine::{Confinement, Container, Exit};
use casehard_oci::Healthcheck;
use casehard_profile::workload::{Ready, Role, Step, Workload, format_duration};

use super::{
    Kind, Outcome, Readiness, Run, StepRun, Verdict, await_ready, expect,
    healthcheck::{self, command},
    step, stop,
    words::{ended, last_lines},
};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Which {
    /// Learning what the application uses: held-out steps do not run.
    Profile,
    /// Finding out whether it works: all steps run.
    Verify,
}

/// What a run needs beside the container and the workload.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What it is for.
    pub which: Which,
    /// The directory of the workload file, where `host` steps run.
    pub directory: &'a Path,
    /// The image's own health check.
    pub healthcheck: Option<&'a Healthcheck>,
    /// The shell of the image for a health check in shell form; `/bin/sh -c` when it names none.
    pub shell: Option<&'a [String]>,
    /// The image's own stop signal, as its configuration spells it.
    pub stop_signal: Option<&'a str>,
    /// Addresses of the services, by name.
    pub services: &'a BTreeMap<String, IpAddr>,
}

/// Told what happens while it happens.
pub trait Hooks {
    /// A part of the run begins: `ready`, `healthcheck`, `step 3`, `stop`.
    fn phase(&mut self, name: &str) {
        let _ = name;
    }

    /// The application is ready, or will not be.
    fn ready_done(&mut self, ready: &Readiness) {
        let _ = ready;
    }

    /// A step is over.
    fn step_done(&mut self, step: &StepRun) {
        let _ = step;
    }
}

/// Nobody listens.
impl Hooks for () {}

/// Runs a workload on a container that was just started with the workload's `start`, and stops it at the end.
///
/// A workload without `ready` counts as ready when the image's health check passes, or at once when there is none.
/// One with neither `ready` nor `steps` is run to the application's own end, for as long as `stop.within` says, before
/// it is asked to stop.
pub fn run(
    container: &dyn Container,
    workload: &Workload,
    setting: &Setting<'_>,
    hooks: &mut dyn Hooks,
) -> Run {
    hooks.phase("ready");
    let ready = become_ready(container, workload.ready.as_ref(), setting);
    hooks.ready_done(&ready);
    let first = look(container, setting);
    let steps = if ready.verdict.passed() {
        steps(container, workload, setting, hooks)
    } else {
        let verdict = || Verdict::NotRun("the application was not ready".to_owned());
        chosen(workload, setting.which).map(|(number, step)| blank(number, step, verdict())).collect()
    };
    let confinement = both(first, look(container, setting));
    hooks.phase("stop");
    let stop = if !ready.verdict.passed() {
        stop::abandon(container)
    } else {
        let serves = workload.ready.is_some();
        let to_its_end = !serves && workload.steps.is_empty() && command(setting).is_none();
        stop::stop(container, &workload.stop, setting.stop_signal, serves, to_its_end)
    };
    let log = container.log();
    let (roles, services) = (Vec::new(), Vec::new());
    Run { which: setting.which, ready, steps, stop, log, roles, services, confinement }
}

/// Looks at what the kernel enforces. Not while the application is learnt: an attempt would count as its own.
fn look(container: &dyn Container, setting: &Setting<'_>) -> Result<Confinement, String> {
    if setting.which == Which::Profile {
        return Err("it was watched".to_owned());
    }
    match container.wait(Duration::ZERO) {
        Ok(None) => container.confinement().map_err(|error| error.to_string()),
        Ok(Some(_)) => Err("it had ended".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What both looks saw: the processes of either, the attempts of the latest.
fn both(
    first: Result<Confinement, String>,
    second: Result<Confinement, String>,
) -> Result<Confinement, String> {
    match (first, second) {
        (Ok(first), Ok(mut second)) => {
            let gone = first.processes.into_iter().filter(|process| !second.processes.contains(process));
            let gone: Vec<_> = gone.collect();
            second.processes.extend(gone);
            Ok(second)
        }
        (Ok(one), Err(_)) | (Err(_), Ok(one)) => Ok(one),
        (Err(error), Err(_)) => Err(error),
    }
}

/// Runs a role to its end, in a container that was just started with the role's `start`.
pub fn run_role(container: &dyn Container, name: &str, role: &Role, hooks: &mut dyn Hooks) -> StepRun {
    hooks.phase(&format!("role {name}"));
    let began = Instant::now();
    let end = container.wait(role.within);
    let took = began.elapsed();
    if matches!(end, Ok(None)) {
        // Its time is over, and nothing waits for it.
        let _ = container.signal(9);
        let _ = container.wait(Duration::from_secs(5));
    }
    let log = container.log();
    let (outcome, reasons) = match end {
        Ok(end) => {
            let exit = end.unwrap_or(Exit::TimedOut);
            let output =
                casehard_engine::Output { exit, stdout: log.clone(), stderr: Vec::new(), truncated: false };
            let mut reasons = expect::output(&output, &role.expect);
            reasons.extend(role.expect.log.iter().flat_map(|check| expect::log(&log, check)));
            if exit == Exit::TimedOut {
                reasons.insert(0, format!("it did not end within {}", format_duration(role.within)));
            }
            (Outcome::Output(output), reasons)
        }
        Err(error) => (Outcome::Nothing, vec![format!("the sandbox failed: {error}")]),
    };
    let step = StepRun {
        kind: Kind::Role,
        number: None,
        name: name.to_owned(),
        line: Some(role.line),
        verify_only: role.verify_only,
        outcome,
        verdict: Verdict::of(reasons),
        took,
        log,
    };
    hooks.step_done(&step);
    step
}

/// Waits for what the workload says, else for the image's health check, else for nothing.
pub fn become_ready(container: &dyn Container, ready: Option<&Ready>, setting: &Setting<'_>) -> Readiness {
    match ready {
        Some(ready) => await_ready(container, ready, setting.services),
        None => match command(setting) {
            Some(argv) => {
                let ready = Ready {
                    when: vec![casehard_profile::workload::Condition::Exec(argv)],
                    within: healthcheck::patience(setting),
                };
                await_ready(container, &ready, setting.services)
            }
            None => Readiness { verdict: Verdict::Passed, took: Duration::ZERO },
        },
    }
}

/// The steps that run, numbered from 1 in the order of the file.
fn chosen(workload: &Workload, which: Which) -> impl Iterator<Item = (usize, &Step)> {
    let numbered = workload.steps.iter().enumerate().map(|(at, step)| (at + 1, step));
    numbered.filter(move |(_, step)| which == Which::Verify || !step.verify_only)
}

fn steps(
    container: &dyn Container,
    workload: &Workload,
    setting: &Setting<'_>,
    hooks: &mut dyn Hooks,
) -> Vec<StepRun> {
    let mut runs = Vec::new();
    if let Some(argv) = command(setting) {
        hooks.phase("healthcheck");
        runs.push(healthcheck::run(container, argv, setting));
        hooks.step_done(&runs[0]);
    }
    for (number, step) in chosen(workload, setting.which) {
        hooks.phase(&format!("step {number}"));
        let run = match dead(container, step) {
            Some(verdict) => blank(number, step, verdict),
            None => step::run(container, number, step, workload.ready.is_some(), setting),
        };
        hooks.step_done(&run);
        runs.push(run);
    }
    runs
}

/// Why a step cannot run: the application has ended. An application that ended well may still be waited for.
fn dead(container: &dyn Container, step: &Step) -> Option<Verdict> {
    let waits = matches!(step.action, casehard_profile::workload::Action::Wait(_));
    match container.wait(Duration::ZERO) {
        Ok(None) => None,
        Ok(Some(Exit::Code(0))) if waits => None,
        Ok(Some(exit)) => {
            let log = last_lines(&container.log());
            Some(Verdict::NotRun(format!("the application {} before; {log}", ended(exit))))
        }
        Err(error) => Some(Verdict::NotRun(format!("the sandbox failed: {error}"))),
    }
}

/// A step that was not run.
fn blank(number: usize, step: &Step, verdict: Verdict) -> StepRun {
    StepRun {
        kind: step::kind(&step.action),
        number: Some(number),
        name: step.name.clone(),
        line: Some(step.line),
        verify_only: step.verify_only,
        outcome: Outcome::Nothing,
        verdict,
        took: Duration::ZERO,
        log: Vec::new(),
    }
}
