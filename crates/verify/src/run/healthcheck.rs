//! The image's own health check, run as a step of its own.

use std::time::{Duration, Instant};

use casehard_engine::{Container, Exec};
use casehard_profile::workload::Expect;

use super::{
    Kind, Outcome, Setting, StepRun, Verdict, expect,
    ready::{first_pause, next_pause},
};

/// What an image that says nothing gets (Docker's default for `--timeout`).
const TIMEOUT: Duration = Duration::from_secs(30);
/// An application that just became ready may need a moment until its own check agrees.
const GRACE: Duration = Duration::from_secs(5);
/// No start period is waited for longer.
const LONGEST: Duration = Duration::from_secs(120);

/// The command, when the image has a health check.
pub(super) fn command(setting: &Setting<'_>) -> Option<Vec<String>> {
    let test = &setting.healthcheck?.test;
    match test.split_first() {
        Some((kind, argv)) if kind == "CMD" && !argv.is_empty() => Some(argv.to_vec()),
        Some((kind, [script])) if kind == "CMD-SHELL" => {
            let mut argv = match setting.shell {
                Some(shell) if !shell.is_empty() => shell.to_vec(),
                _ => vec!["/bin/sh".to_owned(), "-c".to_owned()],
            };
            argv.push(script.clone());
            Some(argv)
        }
        _ => None,
    }
}

fn nanoseconds(count: Option<i64>) -> Option<Duration> {
    count.and_then(|count| u64::try_from(count).ok()).filter(|count| *count > 0).map(Duration::from_nanos)
}

/// How long the check is given to pass when nothing else says that the application is ready.
pub(super) fn patience(setting: &Setting<'_>) -> Duration {
    let start = nanoseconds(setting.healthcheck.map(|check| check.start_period));
    start.map_or(TIMEOUT, |start| start.clamp(TIMEOUT, LONGEST))
}

/// Runs the check, again while it fails within its start period (five seconds at least).
pub(super) fn run(container: &dyn Container, argv: Vec<String>, setting: &Setting<'_>) -> StepRun {
    let began = Instant::now();
    let check = setting.healthcheck;
    let grace = nanoseconds(check.map(|check| check.start_period)).unwrap_or(GRACE).clamp(GRACE, LONGEST);
    let timeout = nanoseconds(check.map(|check| check.timeout)).unwrap_or(TIMEOUT);
    let before = container.log().len();
    let mut pause = first_pause();
    let (outcome, verdict) = loop {
        let exec = Exec { argv: argv.clone(), within: Some(timeout), ..Exec::default() };
        let (outcome, reasons) = match container.exec(&exec) {
            Ok(output) => {
                let reasons = expect::output(&output, &Expect::default());
                (Outcome::Output(output), reasons)
            }
            Err(error) => {
                let name = argv.first().map_or("", String::as_str);
                let name = casehard_oci::escape(name.as_bytes());
                break (Outcome::Nothing, Verdict::failed(format!("`{name}` could not be started: {error}")));
            }
        };
        let gone =
            !matches!(container.wait(if reasons.is_empty() { Duration::ZERO } else { pause }), Ok(None));
        if reasons.is_empty() || gone || began.elapsed() >= grace {
            break (outcome, Verdict::of(reasons));
        }
        pause = next_pause(pause);
    };
    StepRun {
        kind: Kind::Healthcheck,
        number: None,
        name: "healthcheck".to_owned(),
        line: None,
        verify_only: false,
        outcome,
        verdict,
        took: began.elapsed(),
        log: container.log().get(before..).unwrap_or_default().to_vec(),
    }
}
