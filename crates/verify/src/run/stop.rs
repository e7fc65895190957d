//! Stopping an application, and how it ends.

use std::time::{Duration, Instant};

use casehard_engine::{Container, Exit};
use casehard_profile::workload::{Stop, format_duration, signal_name, signal_number};

use super::{
    StopRun, Verdict,
    words::{ended, last_lines},
};

const TERM: i32 = 15;
const KILL: i32 = 9;
/// After KILL, the kernel needs no longer.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// Stops the application. `serves`: it should still be running; `to_its_end`: it is waited for first.
pub(super) fn stop(
    container: &dyn Container,
    stop: &Stop,
    of_image: Option<&str>,
    serves: bool,
    to_its_end: bool,
) -> StopRun {
    let began = Instant::now();
    let patience = if to_its_end { stop.within } else { Duration::ZERO };
    match container.wait(patience) {
        Ok(Some(exit)) => return ended_before(container, stop, exit, serves, began.elapsed()),
        Ok(None) => {}
        Err(error) => return broken(&error),
    }
    let number = stop.signal.as_deref().or(of_image).and_then(signal_number).unwrap_or(TERM);
    let began = Instant::now();
    let signal = Some(signal_name(number));
    if let Err(error) = container.signal(number) {
        // It may have ended in between, which is what was wanted.
        if let Ok(Some(exit)) = container.wait(Duration::ZERO) {
            return ended_before(container, stop, exit, serves, began.elapsed());
        }
        return StopRun { signal, ..broken(&error) };
    }
    match container.wait(stop.within) {
        Ok(Some(exit)) => {
            let reasons = stop.exit.filter(|wanted| *wanted != exit.code()).map(|wanted| {
                format!(
                    "the application {}, expected {wanted}; {}",
                    ended(exit),
                    last_lines(&container.log())
                )
            });
            let verdict = Verdict::of(reasons.into_iter().collect());
            StopRun { signal, exit: Some(exit), killed: false, verdict, took: began.elapsed() }
        }
        Ok(None) => {
            let exit = kill(container);
            // Many applications ignore TERM as first process of a container. That is told, and it is wrong only when
            // the workload says how they should end.
            let within = format_duration(stop.within);
            let reason = stop.exit.map(|wanted| {
                let name = signal_name(number);
                format!("the application did not end within {within} of {name}, expected code {wanted}; it was killed")
            });
            let verdict = Verdict::of(reason.into_iter().collect());
            StopRun { signal, exit, killed: true, verdict, took: began.elapsed() }
        }
        Err(error) => StopRun { signal, ..broken(&error) },
    }
}

/// Ends an application that never became ready; how is no matter.
pub(super) fn abandon(container: &dyn Container) -> StopRun {
    let began = Instant::now();
    let exit = match container.wait(Duration::ZERO) {
        Ok(Some(exit)) => Some(exit),
        _ => kill(container),
    };
    let verdict = Verdict::NotRun("the application was not ready".to_owned());
    StopRun { signal: None, exit, killed: false, verdict, took: began.elapsed() }
}

fn kill(container: &dyn Container) -> Option<Exit> {
    // When the signal cannot be sent, it has ended, and the wait says how.
    let _ = container.signal(KILL);
    container.wait(AFTER_KILL).ok().flatten()
}

fn broken(error: &std::io::Error) -> StopRun {
    let verdict = Verdict::failed(format!("the sandbox failed: {error}"));
    StopRun { signal: None, exit: None, killed: false, verdict, took: Duration::ZERO }
}

fn ended_before(container: &dyn Container, stop: &Stop, exit: Exit, serves: bool, took: Duration) -> StopRun {
    let good = match stop.exit {
        Some(wanted) => exit.code() == wanted,
        None => !serves && exit.code() == 0,
    };
    let verdict = if good {
        Verdict::Passed
    } else {
        let log = last_lines(&container.log());
        let expected = match stop.exit {
            Some(wanted) => format!("expected code {wanted}"),
            None if serves => "expected it to run until it is stopped".to_owned(),
            None => "expected code 0".to_owned(),
        };
        Verdict::failed(format!("the application {} by itself, {expected}; {log}", ended(exit)))
    };
    StopRun { signal: None, exit: Some(exit), killed: false, verdict, took }
}
