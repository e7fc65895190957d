//! The whole job: profile, plan, apply, verify, repair.

mod documents;
mod measure;
mod profile;
mod repair;
mod rounds;
mod search;
mod services;
mod smallest;
mod verify;
mod vulnerabilities;

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use casehard_engine::{Container, Spec};
use casehard_harden::{ApplyError, Plan, Policy, Tools, plan};
use casehard_image::{Image, OpenError, ReadError, Tree};
use casehard_inventory::Inventory;
use casehard_oci::Digest;
use casehard_profile::{Phase, Profile, Subject, Workload, workload::structure::StructureTest};

use crate::{Hardening, Staging, StagingError, contents::Contents, run::StepRun};

pub use documents::documents;
pub use profile::profile;
pub use services::NETWORK;
pub use verify::{Comparison, verify};
pub use vulnerabilities::{Advisories, Statements};

/// A place where containers run, and can be watched.
pub trait Place: Sync {
    /// Starts a container.
    ///
    /// # Errors
    /// When it could not be started.
    fn start(&self, image: &Image, spec: &Spec) -> Result<Box<dyn Container>, PlaceError>;

    /// Starts a container that is watched.
    ///
    /// # Errors
    /// When it could not be started, or the machine does not let it be watched.
    fn record(&self, image: &Image, spec: &Spec) -> Result<Recorded, PlaceError>;

    /// Makes a network that containers join ([`casehard_engine::Network::Joined`]).
    ///
    /// # Errors
    /// When the machine has none to give.
    fn network(&self) -> Result<Box<dyn Joined>, PlaceError>;
}

/// A network that containers join, for as long as this lives.
pub trait Joined: Send {
    /// What [`casehard_engine::Network::Joined`] names it by.
    fn id(&self) -> u64;
}

impl Joined for casehard_engine::JoinedNetwork {
    fn id(&self) -> u64 {
        Self::id(self)
    }
}

/// A container that is watched.
pub struct Recorded {
    /// The container.
    pub container: Box<dyn Container>,
    /// What watches it.
    pub watch: Box<dyn Watch>,
}

/// What watches a container.
pub trait Watch: Send {
    /// What is seen from now on belongs to this part of the run.
    ///
    /// # Errors
    /// When what watches has ended.
    fn phase(&self, phase: Phase) -> Result<(), PlaceError>;

    /// Ends watching, after the container has ended.
    ///
    /// # Errors
    /// When something may have been missed.
    fn finish(self: Box<Self>) -> Result<Profile, PlaceError>;
}

/// Why a container could not be started or watched.
pub type PlaceError = Box<dyn std::error::Error + Send + Sync>;

/// How an application is used, and where that is tried.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// How it is used.
    pub workload: &'a Workload,
    /// The directory of the workload's file, where its `host` steps run.
    pub directory: &'a Path,
    /// The images of the workload's services, by name.
    pub services: &'a BTreeMap<String, Image>,
    /// Where containers run.
    pub place: &'a dyn Place,
    /// What else the image must show: its files and its configuration. The commands of these tests are steps of the
    /// workload.
    pub structure: &'a [StructureTest],
}

/// What to harden, and how.
pub struct Job<'a> {
    /// The image.
    pub image: &'a Image,
    /// How it is used, and where that is tried.
    pub setup: Setup<'a>,
    /// The digest of the workload's text.
    pub workload_digest: Digest,
    /// What the person decided.
    pub policy: Policy,
    /// A profile to use in place of a run of its own.
    pub profile: Option<Profile>,
    /// Where the result will stand.
    pub output: &'a Path,
    /// What the result and its documents are dated with, in seconds since 1970: the newest file of the original when
    /// absent, so that the same inputs give the same bytes.
    pub date: Option<i64>,
    /// When the job runs, in seconds since 1970.
    pub now: i64,
    /// Casehard's version.
    pub version: &'a str,
    /// How often a failing result may be repaired.
    pub rounds: u32,
    /// What both images are scanned against; `None`: they are not scanned.
    pub advisories: Option<Advisories<'a>>,
    /// How many trials may be made to find what is needed when nothing that was looked for explains a failure.
    pub trials: u32,
}

/// Told what happens while it happens.
pub trait Progress: Send {
    /// A stage begins: `read`, `profile`, `plan`, `apply`, `verify`.
    fn stage(&mut self, name: &str) {
        let _ = name;
    }

    /// A stage took this long.
    fn stage_done(&mut self, name: &str, took: Duration) {
        let _ = (name, took);
    }

    /// A step is over, on `original` or `hardened`.
    fn step(&mut self, image: &str, step: &StepRun) {
        let _ = (image, step);
    }

    /// Something a person wants to see as it happens.
    fn note(&mut self, text: &str) {
        let _ = text;
    }
}

/// Nobody listens.
impl Progress for () {}

/// Why an image could not be hardened. A result that does not pass is no error: it is a [`Hardening`] that says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The image could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The written image could not be opened again.
    #[error("opening the written image: {0}")]
    Open(#[from] OpenError),
    /// A container could not be started or watched.
    #[error("{what}: {source}")]
    Place {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: PlaceError,
    },
    /// A service of the workload did not become ready, so the application could not be tried.
    #[error("the service {name} did not become ready: {}", reasons.join(", "))]
    Service {
        /// Its name.
        name: String,
        /// Why.
        reasons: Vec<String>,
        /// The end of what it wrote.
        log: String,
    },
    /// The workload fails on the original image already.
    #[error("the workload fails on the original image already, so it says nothing about a hardened one: {}", failures.join("; "))]
    WorkloadFails {
        /// Which step, and why.
        failures: Vec<String>,
        /// The end of what the application wrote.
        log: String,
    },
    /// The profile is of another image, and does not fit this one.
    #[error(transparent)]
    OtherImage(#[from] casehard_harden::Misfit),
    /// The plan could not be carried out.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The advisories could not be used.
    #[error("scan both images: {0}")]
    Advisories(#[from] casehard_vuln::StoreError),
    /// The output could not be written.
    #[error(transparent)]
    Output(#[from] StagingError),
}

/// An image with what is known about it after one pass.
pub struct Read {
    /// Its merged tree.
    pub tree: Tree,
    /// What is in it.
    pub inventory: Inventory,
    /// Its shells and package managers.
    pub tools: Tools,
}

impl Read {
    /// Reads an image once.
    ///
    /// # Errors
    /// When a layer cannot be read.
    pub fn new(image: &Image) -> Result<Self, ReadError> {
        let (tree, inventory, tools) = Tools::read(image)?;
        Ok(Self { tree, inventory, tools })
    }

    /// Reads an image once, and looks for what the proofs are about in the same pass.
    fn closely(image: &Image) -> Result<(Self, Contents), ReadError> {
        let (tree, inventory, tools, contents) = Contents::read(image)?;
        Ok((Self { tree, inventory, tools }, contents))
    }
}

/// What a job yields: the data of every document, and the folder with the image in it. Nothing stands at the output's
/// place until [`Staging::commit`].
pub struct Done {
    /// Everything that reports are drawn from.
    pub hardening: Hardening,
    /// The output folder in the making; its `image/` is written.
    pub staging: Staging,
    /// What the result and its documents are dated with, in seconds since 1970.
    pub date: i64,
    /// The hardened image.
    pub image: Image,
    /// What is in it.
    pub read: Read,
    /// What was in the original.
    pub original: Read,
    /// What VEX documents can state of the vulnerabilities.
    pub statements: Statements,
}

/// Carries out the whole job.
///
/// # Errors
/// See [`JobError`]. A result that does not pass verification is no error.
pub fn harden(job: &Job<'_>, progress: &mut dyn Progress) -> Result<Done, JobError> {
    let staging = Staging::create(job.output)?;
    let mut stages = measure::Stages::new(progress);
    let (original, contents) = stages.time("read", || Read::closely(job.image))?;
    let profile = match &job.profile {
        Some(profile) => carried(profile, job.image, &original)?,
        None => profile::stage(job, &original, &mut stages)?,
    };
    rounds::run(job, (original, contents), profile, staging, stages)
}

/// What the image and a profile say together, at the job's policy.
fn decide(job: &Job<'_>, original: &Read, profile: &Profile, policy: &Policy) -> Plan {
    plan(ground(job, original, profile, policy))
}

fn ground<'a>(
    job: &'a Job<'_>,
    original: &'a Read,
    profile: &'a Profile,
    policy: &'a Policy,
) -> casehard_harden::Ground<'a> {
    casehard_harden::Ground {
        image: job.image,
        tree: &original.tree,
        inventory: &original.inventory,
        tools: &original.tools,
        profile,
        policy,
    }
}

/// Plans without running or writing anything but a profile run, and says what each step of the dial would cost.
///
/// # Errors
/// See [`JobError`].
pub fn dry_run(
    job: &Job<'_>,
    progress: &mut dyn Progress,
) -> Result<(Plan, casehard_harden::Prices), JobError> {
    let mut stages = measure::Stages::new(progress);
    let original = stages.time("read", || Read::new(job.image))?;
    let profile = match &job.profile {
        Some(profile) => carried(profile, job.image, &original)?,
        None => profile::stage(job, &original, &mut stages)?,
    };
    let plan = decide(job, &original, &profile, &job.policy);
    let prices = casehard_harden::prices(ground(job, &original, &profile, &job.policy));
    Ok((plan, prices))
}

/// A profile as it holds for the image: its own, or one of another build that fits.
fn carried(profile: &Profile, image: &Image, original: &Read) -> Result<Profile, JobError> {
    Ok(casehard_harden::carry(profile, &original.tree, &image.manifest().config.digest)?)
}

/// What the result is dated with.
fn date(job: &Job<'_>, original: &Read) -> i64 {
    let newest = || original.tree.walk().map(casehard_image::Entry::mtime).max();
    job.date.or_else(newest).unwrap_or_default()
}

fn subject(job: &Job<'_>) -> Subject {
    let platform = job.image.config().platform();
    Subject::new(job.image.digest(), job.image.manifest().config.digest, &platform, job.workload_digest)
}

fn since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}
