//! One step: what is done, and what comes back.

use std::time::{Duration, Instant};

use casehard_engine::{Container, Exec, Exit};
use casehard_profile::workload::{Action, Step, format_duration, signal_number};

use super::{
    Answer, HttpError, Kind, Outcome, Request, Setting, StepRun, Verdict, Which, expect,
    http::request,
    ready::{first_pause, next_pause},
    words::{ended, last_lines},
};

/// How long an application is watched after a signal, so that one that ends from it is noticed there.
const AFTER_SIGNAL: Duration = Duration::from_millis(50);

/// The kind of an action.
pub(super) fn kind(action: &Action) -> Kind {
    match action {
        Action::Http { .. } => Kind::Http,
        Action::Exec { .. } => Kind::Exec,
        Action::Host { .. } => Kind::Host,
        Action::Signal(_) => Kind::Signal,
        _ => Kind::Wait,
    }
}

/// Does a step. `serves`: the workload says when the application is ready, so it is expected to accept at once and
/// to stay.
pub(super) fn run(
    container: &dyn Container,
    number: usize,
    step: &Step,
    serves: bool,
    setting: &Setting<'_>,
) -> StepRun {
    let began = Instant::now();
    let before = container.log().len();
    let (outcome, mut reasons) = act(container, number, step, serves, setting);
    if let Some(check) = &step.expect.log
        && reasons.is_empty()
    {
        reasons = await_log(container, before, check, began + step.within);
    }
    let took = began.elapsed();
    let log = since(&container.log(), before);
    StepRun {
        kind: kind(&step.action),
        number: Some(number),
        name: step.name.clone(),
        line: Some(step.line),
        verify_only: step.verify_only,
        outcome,
        verdict: Verdict::of(reasons),
        took,
        log,
    }
}

fn since(log: &[u8], before: usize) -> Vec<u8> {
    log.get(before..).unwrap_or_default().to_vec()
}

fn await_log(
    container: &dyn Container,
    before: usize,
    check: &casehard_profile::workload::Check,
    deadline: Instant,
) -> Vec<String> {
    let mut pause = first_pause();
    loop {
        let over = Instant::now() >= deadline || !matches!(container.wait(Duration::ZERO), Ok(None));
        let reasons = expect::log(&since(&container.log(), before), check);
        if reasons.is_empty() || over {
            return reasons;
        }
        if container.wait(pause.min(deadline.saturating_duration_since(Instant::now()))).is_err() {
            return reasons;
        }
        pause = next_pause(pause);
    }
}

type Result = (Outcome, Vec<String>);

fn failed(reason: String) -> Result {
    (Outcome::Nothing, vec![reason])
}

fn act(container: &dyn Container, number: usize, step: &Step, serves: bool, setting: &Setting<'_>) -> Result {
    match &step.action {
        Action::Http { url, method, headers, body } => {
            let body = body.as_deref().map(str::as_bytes);
            ask(container, &Request { url, method, headers, body }, step, serves, setting)
        }
        Action::Exec { argv, stdin, user, env } => {
            let exec = Exec {
                argv: argv.clone(),
                env: env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
                user: user.clone(),
                stdin: stdin.clone().unwrap_or_default().into_bytes(),
                within: Some(step.within),
            };
            command(container.exec(&exec), argv, step)
        }
        Action::Host { argv } => {
            let which = match setting.which {
                Which::Profile => "profile",
                Which::Verify => "verify",
            };
            let mut whole = vec![
                "/usr/bin/env".to_owned(),
                format!("CASEHARD_RUN={which}"),
                format!("CASEHARD_STEP={number}"),
            ];
            whole.extend(argv.iter().cloned());
            command(container.host(&whole, setting.directory, step.within), argv, step)
        }
        Action::Signal(name) => signal(container, name, serves),
        Action::Wait(time) => match container.wait(*time) {
            Ok(None) => (Outcome::Done, Vec::new()),
            Ok(Some(Exit::Code(0))) if !serves => (Outcome::Done, Vec::new()),
            Ok(Some(exit)) => gone(container, exit, "meanwhile"),
            Err(error) => failed(format!("the sandbox failed: {error}")),
        },
        _ => failed("this step is not known to the runner".to_owned()),
    }
}

fn ask(
    container: &dyn Container,
    asked: &Request<'_>,
    step: &Step,
    serves: bool,
    setting: &Setting<'_>,
) -> Result {
    let deadline = Instant::now() + step.within;
    let mut pause = first_pause();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match request(container, asked, setting.services, left) {
            Ok(answer) => {
                let reasons = judge(&answer, step);
                return (Outcome::Answer(answer), reasons);
            }
            // Nothing said when it is ready, so the first requests find out.
            Err(error) if !serves && error.nobody_listens() && left > pause => {
                if let Ok(Some(exit)) = container.wait(pause) {
                    return gone(container, exit, "before it answered");
                }
                pause = next_pause(pause);
            }
            Err(error) => return no_answer(container, &error),
        }
    }
}

fn judge(answer: &Answer, step: &Step) -> Vec<String> {
    let mut reasons = expect::answer(answer, &step.expect);
    if answer.truncated && !reasons.is_empty() && step.expect.body.is_some() {
        reasons.push("the body is longer than the 8 MiB that were read".to_owned());
    }
    reasons
}

fn no_answer(container: &dyn Container, error: &HttpError) -> Result {
    // The connection breaks a little before the process is gone.
    match container.wait(AFTER_SIGNAL) {
        Ok(Some(exit)) => gone(container, exit, "before it answered"),
        _ => failed(error.to_string()),
    }
}

fn gone(container: &dyn Container, exit: Exit, when: &str) -> Result {
    failed(format!("the application {} {when}; {}", ended(exit), last_lines(&container.log())))
}

fn command(left: std::io::Result<casehard_engine::Output>, argv: &[String], step: &Step) -> Result {
    match left {
        Ok(output) => {
            let mut reasons = expect::output(&output, &step.expect);
            if output.exit == Exit::TimedOut {
                reasons.insert(0, format!("it did not end within {}", format_duration(step.within)));
            }
            (Outcome::Output(output), reasons)
        }
        Err(error) => {
            let name = argv.first().map_or("", String::as_str);
            failed(format!("`{}` could not be started: {error}", casehard_oci::escape(name.as_bytes())))
        }
    }
}

fn signal(container: &dyn Container, name: &str, serves: bool) -> Result {
    let Some(number) = signal_number(name) else { return failed(format!("`{name}` is not a signal")) };
    if let Err(error) = container.signal(number) {
        return failed(format!("the signal {name} could not be sent: {error}"));
    }
    match container.wait(AFTER_SIGNAL) {
        Ok(None) => (Outcome::Done, Vec::new()),
        Ok(Some(Exit::Code(0))) if !serves => (Outcome::Done, Vec::new()),
        Ok(Some(exit)) => gone(container, exit, &format!("after the signal {name}")),
        Err(error) => failed(format!("the sandbox failed: {error}")),
    }
}
