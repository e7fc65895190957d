//! An application with companion services, each in a container of its own, with real processes.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a test, part of which runs in containers"
)]

#[path = "../../engine/tests/support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use casehard_engine::{Container, Spec};
use casehard_image::Image;
use casehard_profile::workload::parse;
use casehard_verify::{
    Verification,
    job::{Comparison, JobError, Joined, Place, PlaceError, Recorded, Setup, verify},
};
use support::{PROGRAM, World, directory, run, this_program};

fn main() {
    casehard_engine::supervisor::enter_if_asked();
    let words: Vec<String> = std::env::args().collect();
    if words[0] == PROGRAM {
        behave(&words[1..].iter().map(String::as_str).collect::<Vec<_>>());
        return;
    }
    let mut pieces = this_program();
    pieces.extend([directory("/tmp"), directory("/run")]);
    run(
        &[
            ("services_are_reached_by_name_each_at_its_own_port", reached),
            ("a_service_that_does_not_become_ready_is_told_with_its_log", not_ready),
            ("a_service_that_ends_during_the_run_is_a_failure", ended),
        ],
        vec![pieces],
    );
}

/// What runs in the containers.
fn behave(words: &[&str]) {
    match words {
        ["serve", says, times] => {
            let listener = TcpListener::bind("0.0.0.0:8000").unwrap();
            println!("{says} listens");
            for stream in listener.incoming().take(times.parse().unwrap()) {
                // Who only looks whether somebody listens is gone by now.
                let _ = stream.unwrap().write_all(says.as_bytes());
            }
        }
        ["dial", address] => {
            let mut text = String::new();
            TcpStream::connect(*address).unwrap().read_to_string(&mut text).unwrap();
            println!("{text}");
        }
        ["fail"] => {
            println!("no such database");
            std::process::exit(3);
        }
        _ => std::thread::sleep(Duration::from_secs(1000)),
    }
}

struct Here<'a>(&'a World);

impl Place for Here<'_> {
    fn start(&self, image: &Image, spec: &Spec) -> Result<Box<dyn Container>, PlaceError> {
        Ok(self.0.sandbox.start(image, spec)?)
    }

    fn record(&self, _: &Image, _: &Spec) -> Result<Recorded, PlaceError> {
        Err("nothing is recorded here".into())
    }

    fn network(&self) -> Result<Box<dyn Joined>, PlaceError> {
        Ok(Box::new(self.0.sandbox.network()?))
    }
}

/// Verifies the image against itself.
fn verified(world: &World, workload: &str) -> Result<Verification, JobError> {
    let workload = parse(workload, "casehard.yaml").unwrap();
    let images = workload.services.keys().map(|name| (name.clone(), world.image.clone()));
    let services: BTreeMap<_, _> = images.collect();
    let place = Here(world);
    let setup = Setup {
        workload: &workload,
        directory: Path::new("."),
        services: &services,
        place: &place,
        structure: &[],
    };
    let comparison = Comparison {
        original: &world.image,
        hardened: &world.image,
        setup,
        plan: None,
        profile: None,
        runtime: None,
        seccomp: None,
    };
    verify(&comparison, &mut ())
}

fn reached(world: &World) {
    let workload = "
services:
  one: { image: x, command: [/bin/behave, serve, one, '1000'], ready: { tcp: 8000 } }
  two: { image: x, command: [/bin/behave, serve, two, '1000'], ready: { log: two listens } }
start: { command: [/bin/behave, idle] }
ready: { exec: [/bin/behave, dial, 'one:8000'] }
steps:
  - { exec: [/bin/behave, dial, 'two:8000'], expect: { stdout: two } }
  - { exec: [/bin/behave, dial, '127.0.0.1:8000'], expect: { exit: 101 } }
roles: { late: { command: [/bin/behave, dial, 'one:8000'], expect: { log: { contains: one } } } }
";
    let verification = verified(world, workload).unwrap();
    let steps: Vec<_> = verification
        .steps
        .iter()
        .map(|step| (step.name.as_str(), step.original.passed && step.hardened.passed))
        .collect();
    assert!(steps.iter().all(|(_, passed)| *passed), "{steps:?}");
    for name in ["service one", "service two", "role late"] {
        assert!(steps.iter().any(|(step, _)| *step == name), "{name} in {steps:?}");
    }
}

fn not_ready(world: &World) {
    let workload =
        "services: { db: { image: x, command: [/bin/behave, fail], ready: { tcp: 5432, within: 5s } } }";
    match verified(world, workload) {
        Err(JobError::Service { name, reasons, log }) => {
            assert_eq!(name, "db");
            assert!(reasons.join(" ").contains('3') && log.contains("no such database"), "{reasons:?} {log}");
        }
        other => panic!("{:?}", other.map(|verification| verification.passed)),
    }
}

fn ended(world: &World) {
    let workload = "
services: { db: { image: x, command: [/bin/behave, serve, once, '1'], ready: { log: once listens } } }
start: { command: [/bin/behave, idle] }
steps: [ { exec: [/bin/behave, dial, 'db:8000'], expect: { stdout: once } } ]
";
    match verified(world, workload) {
        Err(JobError::WorkloadFails { failures, log }) => {
            assert!(failures.join(" ").contains("service db: it ended during the run"), "{failures:?}");
            assert!(log.contains("once listens"), "{log}");
        }
        other => panic!("{:?}", other.map(|verification| verification.passed)),
    }
}
