//! Waiting until an application is ready, and noticing at once when it ends instead.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use casehard_engine::{Container, Exec};
use casehard_profile::workload::{Condition, Ready, format_duration};

use super::{
    Readiness, Request, Verdict,
    host_name::addresses,
    http::{self, request},
    words::{ended, last_lines},
};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// A single try may take this long; an application that is starting can accept and be silent.
const LONGEST_TRY: Duration = Duration::from_secs(10);

/// The pause after one of `pause`: half as long again, up to a quarter of a second.
pub(super) fn next_pause(pause: Duration) -> Duration {
    (pause + pause / 2).min(LONGEST_PAUSE)
}

/// The first pause between two tries.
pub(super) const fn first_pause() -> Duration {
    FIRST_PAUSE
}

/// Waits until all conditions of `ready` have held, its time is over, or the application ended.
#[must_use]
pub fn await_ready(
    container: &dyn Container,
    ready: &Ready,
    services: &BTreeMap<String, IpAddr>,
) -> Readiness {
    let began = Instant::now();
    let verdict = wait(container, ready, services, began + ready.within);
    Readiness { verdict, took: began.elapsed() }
}

fn wait(
    container: &dyn Container,
    ready: &Ready,
    services: &BTreeMap<String, IpAddr>,
    deadline: Instant,
) -> Verdict {
    let mut open: Vec<&Condition> = ready.when.iter().collect();
    let mut pause = FIRST_PAUSE;
    loop {
        // Whether it ended is asked before the conditions are, so that what it wrote last counts.
        let end = match container.wait(Duration::ZERO) {
            Ok(end) => end,
            Err(error) => return Verdict::failed(format!("the sandbox failed: {error}")),
        };
        let mut problem = None;
        open.retain(|condition| match holds(container, condition, services, deadline) {
            Ok(()) => false,
            Err(reason) => {
                problem.get_or_insert(reason);
                true
            }
        });
        let Some(problem) = problem else { return Verdict::Passed };
        if let Some(exit) = end {
            let log = container.log();
            return Verdict::failed(format!(
                "the application {} before it was ready; {}",
                ended(exit),
                last_lines(&log)
            ));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let within = format_duration(ready.within);
            let log = last_lines(&container.log());
            return Verdict::failed(format!(
                "the application was not ready within {within}: {problem}; {log}"
            ));
        }
        // Waiting for its end rather than sleeping: it is noticed at once.
        if let Err(error) = container.wait(pause.min(left)) {
            return Verdict::failed(format!("the sandbox failed: {error}"));
        }
        pause = next_pause(pause);
    }
}

/// Whether a condition holds now; else why not.
fn holds(
    container: &dyn Container,
    condition: &Condition,
    services: &BTreeMap<String, IpAddr>,
    deadline: Instant,
) -> Result<(), String> {
    let within = deadline.saturating_duration_since(Instant::now()).clamp(FIRST_PAUSE, LONGEST_TRY);
    match condition {
        Condition::Http(url) => {
            let get = Request { url, method: "GET", headers: &BTreeMap::new(), body: None };
            match request(container, &get, services, within) {
                Ok(answer) if (200..400).contains(&answer.status) => Ok(()),
                Ok(answer) => Err(format!("GET {url} answered {}", answer.status)),
                Err(error) => Err(format!("GET {url}: {error}")),
            }
        }
        Condition::Tcp(endpoint) => {
            let mut reason = format!("the host {} is not known", endpoint.host);
            for address in addresses(endpoint, services) {
                match container.connect(address, within) {
                    Ok(_) => return Ok(()),
                    Err(error) => reason = format!("no connection to {address}: {}", http::reason(&error)),
                }
            }
            Err(reason)
        }
        Condition::Log(pattern) => {
            if pattern.is_match(&String::from_utf8_lossy(&container.log())) {
                return Ok(());
            }
            Err(format!("nothing it wrote matches `{pattern}`"))
        }
        Condition::Exec(argv) => {
            let exec = Exec { argv: argv.clone(), within: Some(within), ..Exec::default() };
            match container.exec(&exec) {
                Ok(output) if output.exit.code() == 0 => Ok(()),
                Ok(output) => Err(format!("`{}` {}", argv.join(" "), ended(output.exit))),
                Err(error) => Err(format!("`{}` could not be started: {error}", argv.join(" "))),
            }
        }
        _ => Err("this condition is not known to the runner".to_owned()),
    }
}
