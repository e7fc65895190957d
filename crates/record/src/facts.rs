//! What was seen, each thing once, so that memory does not grow with the length of a run.

use std::collections::{BTreeMap, BTreeSet};

use casehard_oci::RootPath;
use casehard_profile::{Access, Address, Blind, Identity, Observation, Phase, Profile};
use hashbrown::{HashMap, HashSet};

/// Argument lists kept of a program.
const LISTS: usize = 64;
/// Operations kept of a capability.
const OPERATIONS: usize = 32;
/// Addresses kept.
const ADDRESSES: usize = 4096;

/// The number of an executable, or that it is not known.
pub(crate) type Program = Option<u32>;

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    names: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, u32>,
    uses: HashSet<(u32, Access, Program, u16)>,
    used: HashMap<u32, u32>,
    programs: BTreeMap<u32, BTreeSet<Vec<String>>>,
    pub(crate) bound: BTreeSet<(Address, Program)>,
    pub(crate) connected: BTreeSet<(Address, Program)>,
    pub(crate) calls: BTreeSet<&'static str>,
    pub(crate) ran: HashSet<(Identity, Program)>,
    capabilities: BTreeMap<&'static str, BTreeSet<String>>,
    pub(crate) blind: BTreeSet<&'static str>,
}

impl Facts {
    /// The number of a text, which is kept.
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    /// A path (without a leading `/`) was used.
    pub(crate) fn used(&mut self, path: &[u8], access: Access, program: Program, phase: u16) {
        let number = self.number(path);
        if self.uses.insert((number, access, program, phase)) {
            *self.used.entry(number).or_default() |= 1 << access as u32;
        }
    }

    /// Whether a path was used in one of these ways.
    pub(crate) fn was(&self, path: &[u8], ways: &[Access]) -> bool {
        let mask: u32 = ways.iter().map(|&access| 1 << access as u32).sum();
        self.numbers.get(path).and_then(|number| self.used.get(number)).is_some_and(|used| used & mask != 0)
    }

    /// Every path that was used in one of these ways.
    pub(crate) fn paths(&self, ways: &[Access]) -> Vec<Box<[u8]>> {
        let mask: u32 = ways.iter().map(|&access| 1 << access as u32).sum();
        let used = self.used.iter().filter(|(_, used)| **used & mask != 0);
        used.map(|(&number, _)| self.names[number as usize].clone()).collect()
    }

    /// A program was started with these arguments.
    pub(crate) fn started(&mut self, path: &[u8], arguments: Vec<String>) {
        let number = self.number(path);
        let lists = self.programs.entry(number).or_default();
        lists.insert(arguments);
        if lists.len() > LISTS {
            lists.pop_last();
        }
    }

    /// A capability was needed.
    pub(crate) fn needed(&mut self, capability: &'static str, operation: impl FnOnce() -> String) {
        let operations = self.capabilities.entry(capability).or_default();
        if operations.len() < OPERATIONS {
            operations.insert(operation());
        }
    }

    /// A socket was bound or connected.
    pub(crate) fn address(&mut self, is_bound: bool, address: Address, program: Program) {
        let set = if is_bound { &mut self.bound } else { &mut self.connected };
        if set.len() < ADDRESSES {
            set.insert((address, program));
        }
    }

    /// All of it, as a profile.
    pub(crate) fn profile(&self, phases: &[Phase], program: impl Fn(u32) -> Option<RootPath>) -> Profile {
        let mut profile = Profile::default();
        let path = |number: u32| RootPath::parse(&self.names[number as usize]).ok();
        let program = |number: Program| number.and_then(&program);
        for &(number, access, by, phase) in &self.uses {
            if let (Some(path), Some(phase)) = (path(number), phases.get(usize::from(phase))) {
                let phase = phase.clone();
                profile.observe(Observation::Path { path, access, program: program(by), phase });
            }
        }
        for (&number, lists) in &self.programs {
            for argv in lists {
                if let (Some(path), Some(phase)) = (path(number), phases.first()) {
                    let (argv, phase) = (argv.clone(), phase.clone());
                    profile.observe(Observation::Program { path, argv, parent: None, phase });
                }
            }
        }
        for (address, by) in &self.bound {
            profile.observe(Observation::Bound { address: address.clone(), program: program(*by) });
        }
        for (address, by) in &self.connected {
            profile.observe(Observation::Connected { address: address.clone(), program: program(*by) });
        }
        for name in &self.calls {
            profile.observe(Observation::Syscall { name: (*name).to_owned() });
        }
        for &(identity, by) in &self.ran {
            profile.observe(Observation::Ran { identity, program: program(by) });
        }
        for (name, operations) in &self.capabilities {
            for operation in operations {
                let (name, operation) = ((*name).to_owned(), operation.clone());
                profile.observe(Observation::Capability { name, operation });
            }
        }
        for what in &self.blind {
            let blind = Blind { recorder: "seccomp-notify".to_owned(), what: (*what).to_owned() };
            profile.observe(Observation::Blind(blind));
        }
        profile
    }
}
