//! When a result fails and no missing path explains it: finding by trying what it needs, and giving back only that.

use std::collections::{BTreeMap, BTreeSet};

use casehard_engine::{
    DEFAULT_CAPABILITIES,
    seccomp::{Architecture, call_name},
};
use casehard_harden::{Concessions, Plan, Policy, plan::Removal};
use casehard_oci::RootPath;
use casehard_profile::Profile;

use super::{
    Job, JobError, Read,
    measure::Stages,
    rounds::{self, Attempt},
    smallest::smallest,
};
use crate::{Difference, Repair, RepairBy, Staging, run::Run};

/// What a search works with.
pub(super) struct Search<'s, 'j, 'p> {
    pub job: &'s Job<'j>,
    pub original: &'s Read,
    pub profile: &'s Profile,
    pub policy: &'s Policy,
    pub staging: &'s Staging,
    pub stages: &'s mut Stages<'p>,
    /// The run on the original, and what differs between two of them.
    pub before: &'s Run,
    pub of_itself: &'s [Difference],
    /// What was wrong in the latest trial that failed.
    pub failure: Failure,
    pub trials: u32,
}

/// What was wrong with a run first of all.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure {
    /// `readiness`, `step 3 (GET /)`, `stop`, `log`.
    place: String,
    reason: String,
}

/// What a search found.
pub(super) struct Found {
    pub policy: Policy,
    pub repairs: Vec<Repair>,
    /// That not every trial that was wanted was made.
    pub incomplete: Option<String>,
}

/// What is given back in a trial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Given {
    paths: BTreeSet<RootPath>,
    /// Root, with these capabilities.
    root: Option<BTreeSet<&'static str>>,
    writable_root: bool,
    executable_memory: bool,
    calls: BTreeSet<&'static str>,
}

/// What can be given back beside paths, the least harmful first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Calls,
    ExecutableMemory,
    WritableRoot,
    Root,
}

impl Control {
    const ALL: [Self; 4] = [Self::Calls, Self::ExecutableMemory, Self::WritableRoot, Self::Root];
}

impl Given {
    /// As a container of Docker's that is told nothing.
    fn open(paths: BTreeSet<RootPath>) -> Self {
        Control::ALL.into_iter().fold(Self { paths, ..Self::default() }, Self::with)
    }

    fn with(mut self, control: Control) -> Self {
        match control {
            Control::Calls => self.calls = calls().into_iter().collect(),
            Control::ExecutableMemory => self.executable_memory = true,
            Control::WritableRoot => self.writable_root = true,
            Control::Root => self.root = Some(DEFAULT_CAPABILITIES.into_iter().collect()),
        }
        self
    }

    fn policy(&self, policy: &Policy, reasons: &Reasons) -> Policy {
        let mut policy = policy.clone();
        let why = |item: &str| reasons.get(item).cloned().unwrap_or_default();
        policy.repairs.extend(self.paths.iter().map(|path| (path.clone(), why(PATHS))));
        let named = |names: &BTreeSet<&'static str>| -> BTreeMap<String, String> {
            names.iter().map(|name| ((*name).to_owned(), why(name))).collect()
        };
        policy.concessions = Concessions {
            root: self.root.as_ref().map(|_| why(ROOT)),
            capabilities: self.root.as_ref().map(named).unwrap_or_default(),
            writable_root: self.writable_root.then(|| why(WRITABLE_ROOT)),
            executable_memory: self.executable_memory.then(|| why(EXECUTABLE_MEMORY)),
            syscalls: named(&self.calls),
        };
        policy
    }
}

type Reasons = BTreeMap<&'static str, String>;
const PATHS: &str = "paths";
const ROOT: &str = "root";
const WRITABLE_ROOT: &str = "writable root";
const EXECUTABLE_MEMORY: &str = "executable memory";

/// Every system call that this machine has.
fn calls() -> Vec<&'static str> {
    let [architecture, ..] = Architecture::of_this_machine() else { return Vec::new() };
    (0..1024).filter_map(|number| call_name(*architecture, number)).collect()
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} fails: {}", self.place, self.reason)
    }
}

impl Search<'_, '_, '_> {
    /// Looks for the least that makes the result work; `None` when not even everything together does.
    pub fn run(mut self, failed: &Attempt, round: u32) -> Result<Option<Found>, JobError> {
        let step = self.judge(&failed.run).map(|failure| failure.place).unwrap_or_default();
        let Some(paths) = self.paths(&failed.plan)? else { return Ok(None) };
        let mut given = Given { paths, ..Given::default() };
        if given.paths.is_empty() || !self.works(&given)? {
            let Some(controls) = self.controls(&given)? else { return Ok(None) };
            given = controls;
        }
        let incomplete = "the trials ended before it was known that less need not be given back";
        let incomplete = (self.trials == 0).then(|| incomplete.to_owned());
        let mut reasons = Reasons::from([(PATHS, step.clone())]);
        self.reasons(&mut given, &mut reasons)?;
        let by = RepairBy::Bisecting;
        let repairs = given.paths.iter().cloned();
        let repairs = repairs.map(|path| Repair { round, path, step: step.clone(), program: None, by });
        Ok(Some(Found {
            policy: given.policy(self.policy, &reasons),
            repairs: repairs.collect(),
            incomplete,
        }))
    }

    /// The paths that must be put back, with every control open: packages first, then the paths of those.
    fn paths(&mut self, plan: &Plan) -> Result<Option<BTreeSet<RootPath>>, JobError> {
        if self.works(&Given::open(BTreeSet::new()))? {
            return Ok(Some(BTreeSet::new()));
        }
        let groups = groups(plan);
        let all = |groups: &[Vec<RootPath>]| groups.iter().flatten().cloned().collect::<BTreeSet<_>>();
        if !self.works(&Given::open(all(&groups)))? {
            return Ok(None);
        }
        let needed = self.smallest(&groups, &mut |search, part| search.works(&Given::open(all(part))))?;
        let paths: Vec<RootPath> = all(&needed).into_iter().collect();
        let needed = self.smallest(&paths, &mut |search, part| {
            search.works(&Given::open(part.iter().cloned().collect()))
        })?;
        Ok(Some(needed.into_iter().collect()))
    }

    /// The controls that must be given up beside what is given already.
    fn controls(&mut self, given: &Given) -> Result<Option<Given>, JobError> {
        let all = Control::ALL;
        let with = |given: &Given, part: &[Control]| part.iter().copied().fold(given.clone(), Given::with);
        if !given.paths.is_empty() && !self.works(&with(given, &all))? {
            return Ok(None);
        }
        let needed = self.smallest(&all, &mut |search, part| search.works(&with(given, part)))?;
        let mut given = with(given, &needed);
        if needed.contains(&Control::Calls) {
            let (calls, before) = (calls(), given.clone());
            let found = self.smallest(&calls, &mut |search, part| {
                search.works(&Given { calls: part.iter().copied().collect(), ..before.clone() })
            })?;
            given.calls = found.into_iter().collect();
        }
        if needed.contains(&Control::Root) {
            let before = given.clone();
            let works = |search: &mut Self, part: &[&'static str]| {
                search.works(&Given { root: Some(part.iter().copied().collect()), ..before.clone() })
            };
            // What the run was seen to need comes first.
            let mut order = DEFAULT_CAPABILITIES;
            order.sort_by_key(|name| !self.profile.capabilities.contains_key(*name));
            let found = if works(self, &[])? {
                Vec::new()
            } else {
                self.smallest(&order, &mut |search, part| works(search, part))?
            };
            given.root = Some(found.into_iter().collect());
        }
        Ok(Some(given))
    }

    /// Takes each part of what is given away once more: what fails without it is the reason for it, and what does not
    /// fail is not needed after all.
    fn reasons(&mut self, given: &mut Given, reasons: &mut Reasons) -> Result<(), JobError> {
        for name in given.root.clone().unwrap_or_default() {
            let mut without = given.clone();
            without.root.as_mut().map(|names| names.remove(name));
            self.take_away(given, without, name, reasons)?;
        }
        for name in given.calls.clone().into_iter().take(8) {
            let mut without = given.clone();
            without.calls.remove(name);
            self.take_away(given, without, name, reasons)?;
        }
        if given.executable_memory {
            let without = Given { executable_memory: false, ..given.clone() };
            self.take_away(given, without, EXECUTABLE_MEMORY, reasons)?;
        }
        if given.writable_root {
            let without = Given { writable_root: false, ..given.clone() };
            self.take_away(given, without, WRITABLE_ROOT, reasons)?;
        }
        if given.root.is_some() {
            let without = Given { root: None, ..given.clone() };
            self.take_away(given, without, ROOT, reasons)?;
        }
        Ok(())
    }

    fn take_away(
        &mut self,
        given: &mut Given,
        without: Given,
        name: &'static str,
        reasons: &mut Reasons,
    ) -> Result<(), JobError> {
        if self.trials > 0 && self.works(&without)? {
            *given = without;
            return Ok(());
        }
        let operations = self.profile.capabilities.get(name);
        let operations: Vec<&str> =
            operations.iter().flat_map(|operations| operations.iter()).take(3).map(String::as_str).collect();
        let failure = &self.failure;
        let reason = if operations.is_empty() {
            format!("without it, {failure}")
        } else {
            format!("{}; without it, {failure}", operations.join(", "))
        };
        reasons.insert(name, reason);
        Ok(())
    }

    fn smallest<T: Clone>(
        &mut self,
        items: &[T],
        works: &mut dyn FnMut(&mut Self, &[T]) -> Result<bool, JobError>,
    ) -> Result<Vec<T>, JobError> {
        // Trials are counted where they are made.
        let mut left = self.trials;
        smallest(items, &mut left, &mut |part| works(self, part))
    }

    /// One trial: a plan with this given back, carried out and run.
    fn works(&mut self, given: &Given) -> Result<bool, JobError> {
        self.trials = self.trials.saturating_sub(1);
        let policy = given.policy(self.policy, &Reasons::new());
        let attempt: Attempt =
            rounds::attempt(self.job, self.original, self.profile, &policy, self.staging, self.stages)?;
        let failure = self.judge(&attempt.run);
        let shown = failure.as_ref().map_or("works".to_owned(), Failure::to_string);
        self.stages.progress.note(&format!("trial with {} given back: {shown}", given.words()));
        let works = failure.is_none();
        self.failure = failure.unwrap_or_else(|| std::mem::take(&mut self.failure));
        Ok(works)
    }

    fn judge(&self, run: &Run) -> Option<Failure> {
        let failed = run.failures().next().map(|(place, verdict)| Failure {
            place,
            reason: verdict.reasons().first().cloned().unwrap_or_default(),
        });
        failed.or_else(|| {
            let differences = rounds::failing(self.before, run, self.job, self.of_itself);
            let first = differences.into_iter().next()?;
            Some(Failure { place: first.place, reason: first.explanation })
        })
    }
}

impl Given {
    /// For the person who watches.
    fn words(&self) -> String {
        let mut words = Vec::new();
        match self.paths.len() {
            0 => {}
            1 => words.extend(self.paths.iter().map(ToString::to_string)),
            count => words.push(format!("{count} paths")),
        }
        if let Some(capabilities) = &self.root {
            words.push(format!("root with {} capabilities", capabilities.len()));
        }
        if self.writable_root {
            words.push("a writable root".to_owned());
        }
        if self.executable_memory {
            words.push("code in tmpfs".to_owned());
        }
        match self.calls.len() {
            0 => {}
            1 => words.extend(self.calls.iter().map(|name| (*name).to_owned())),
            count => words.push(format!("{count} system calls")),
        }
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }
}

/// What the plan removes, by package, and by directory where no package owns it. What never belongs in an image is not
/// needed by anything.
fn groups(plan: &Plan) -> Vec<Vec<RootPath>> {
    let mut groups: BTreeMap<(u8, String), Vec<RootPath>> = BTreeMap::new();
    for (path, removal) in &plan.remove {
        let group = match removal {
            Removal::UnusedFile { package } => (0, package.clone()),
            Removal::Unused | Removal::Orphan { .. } => {
                let above: Vec<_> = path.components().take(2).map(<[u8]>::to_vec).collect();
                (1, String::from_utf8_lossy(&above.join(&b'/')).into_owned())
            }
            Removal::UnusedPackage { package } => (2, package.clone()),
            Removal::Debris { class } => (3, class.clone()),
            _ => continue,
        };
        groups.entry(group).or_default().push(path.clone());
    }
    groups.into_values().collect()
}
