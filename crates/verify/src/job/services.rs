//! Companion services: containers of other images, on one network with the application.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use casehard_engine::{Container, Exit, Network, Spec};
use casehard_profile::workload::Service;

use super::{JobError, Joined, Setup, profile::end_of};
use crate::{
    Controls,
    run::{Kind, Outcome, Setting, StepRun, Verdict, Which, become_ready},
    spec,
};

/// Where the application and its services are: the first is the application's, as the network has no gateway.
pub const NETWORK: [u8; 3] = [10, 213, 77];
const APPLICATION: u8 = 2;
/// The name that services reach the application by.
const APPLICATION_NAME: &str = "app";
const MOST: usize = 200;
/// How much of a log goes into results.
const LOG: usize = 64 << 10;

/// The running services of a workload. Dropped, they end.
pub(super) struct Services<'a> {
    running: Vec<Running<'a>>,
    addresses: BTreeMap<String, IpAddr>,
    network: Option<Box<dyn Joined>>,
}

struct Running<'a> {
    name: &'a str,
    container: Box<dyn Container>,
    ready: Duration,
}

impl<'a> Services<'a> {
    /// Starts all of them together, and waits until each is ready.
    ///
    /// # Errors
    /// When one cannot be started, or does not become ready.
    pub fn start(setup: &Setup<'a>) -> Result<Self, JobError> {
        let wanted = &setup.workload.services;
        let mut services = Self { running: Vec::new(), addresses: BTreeMap::new(), network: None };
        if wanted.is_empty() {
            return Ok(services);
        }
        let made = setup.place.network().map_err(|source| JobError::Place {
            what: "making a network for the application and its services".to_owned(),
            source,
        })?;
        services.network = Some(made);
        let numbers = (APPLICATION + 1..).take(MOST);
        services.addresses =
            wanted.keys().cloned().zip(numbers.map(|number| IpAddr::V4(address(number)))).collect();
        services.addresses.entry(APPLICATION_NAME.to_owned()).or_insert(IpAddr::V4(address(APPLICATION)));
        for (name, service) in wanted {
            let running = services.start_one(setup, name, service)?;
            services.running.push(running);
        }
        for (at, (name, service)) in wanted.iter().enumerate() {
            services.await_one(at, setup, name, service)?;
        }
        Ok(services)
    }

    fn start_one(
        &self,
        setup: &Setup<'a>,
        name: &'a str,
        service: &Service,
    ) -> Result<Running<'a>, JobError> {
        let failed = |source| JobError::Place { what: format!("starting the service {name}"), source };
        let image = setup.services.get(name).ok_or_else(|| failed("its image was not opened".into()))?;
        let mut spec = spec(&image.config().config, &service.start, Controls::Default);
        name.clone_into(&mut spec.hostname);
        self.place(&mut spec, name);
        let container = setup.place.start(image, &spec).map_err(failed)?;
        Ok(Running { name, container, ready: Duration::ZERO })
    }

    fn await_one(
        &mut self,
        at: usize,
        setup: &Setup<'a>,
        name: &str,
        service: &Service,
    ) -> Result<(), JobError> {
        let config = &setup.services[name].config().config;
        let setting = Setting {
            which: Which::Verify,
            directory: setup.directory,
            healthcheck: config.healthcheck.as_ref(),
            shell: config.shell.as_deref(),
            stop_signal: None,
            services: &self.addresses,
        };
        let running = &mut self.running[at];
        let began = Instant::now();
        let ready = become_ready(&*running.container, service.ready.as_ref(), &setting);
        running.ready = began.elapsed();
        if ready.verdict.passed() {
            return Ok(());
        }
        let log = end_of(&running.container.log());
        Err(JobError::Service { name: name.to_owned(), reasons: ready.verdict.reasons().to_vec(), log })
    }

    fn place(&self, spec: &mut Spec, name: &str) {
        if let (Some(network), Some(IpAddr::V4(address))) = (&self.network, self.addresses.get(name)) {
            spec.network = Network::Joined(network.id(), *address);
            spec.hosts.extend(
                self.addresses
                    .iter()
                    .filter(|(known, _)| *known != name)
                    .map(|(name, address)| (name.clone(), *address)),
            );
        }
    }

    /// Puts the application, or a role of it, on the network of the services.
    pub fn join(&self, spec: &mut Spec) {
        if let Some(network) = &self.network {
            spec.network = Network::Joined(network.id(), address(APPLICATION));
            spec.hosts.extend(self.addresses.iter().map(|(name, address)| (name.clone(), *address)));
        }
    }

    /// Their addresses by name.
    pub const fn addresses(&self) -> &BTreeMap<String, IpAddr> {
        &self.addresses
    }

    /// Ends them, and says how each fared: one that ended by itself failed.
    pub fn finish(self) -> Vec<StepRun> {
        let one = |running: Running<'_>| {
            let verdict = match running.container.wait(Duration::ZERO) {
                Ok(None) => Verdict::Passed,
                Ok(Some(Exit::TimedOut)) => Verdict::failed("its time was over before the run was"),
                Ok(Some(exit)) => {
                    Verdict::failed(format!("it ended during the run, with code {}", exit.code()))
                }
                Err(error) => Verdict::failed(format!("the sandbox failed: {error}")),
            };
            let mut log = running.container.log();
            log.drain(..log.len().saturating_sub(LOG));
            StepRun {
                kind: Kind::Service,
                number: None,
                name: running.name.to_owned(),
                line: None,
                verify_only: false,
                outcome: Outcome::Done,
                verdict,
                took: running.ready,
                log,
            }
        };
        self.running.into_iter().map(one).collect()
    }
}

const fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(NETWORK[0], NETWORK[1], NETWORK[2], number)
}
