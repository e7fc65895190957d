//! What stays: what the application used, and what must stay with it though no run touched it.
//!
//! The closure is a work list over the nodes of the tree. A node that stays has a [`Grade`]: what the application used,
//! and what that needs, is *active* and makes its package stay whole at level `package`; what stays only as a
//! *member* of such a package brings the files it cannot work without, but no further whole package.

mod command_line;
mod configuration;
mod data;
mod dotnet;
mod elf;
mod families;
mod java;
mod links;
mod module_data;
mod node;
mod packages;
mod perl;
mod php;
mod python;
mod ruby;
mod script;
mod seeds;
mod siblings;
mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use casehard_image::{Entry, Image, NodeId, Tree};
use casehard_inventory::{Inventory, PackageId};
use casehard_oci::{ImageConfig, RootPath};
use casehard_profile::{Access, Profile};

use crate::{
    Level, Policy, Tools,
    kept::Kept,
    packages::Dependencies,
    plan::{Reason, Rule},
};

/// How strongly a node stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// It belongs to something that stays whole.
    Member,
    /// The application used it, or what it used needs it.
    Active,
}

/// What a closure is computed from.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub tree: &'a Tree,
    pub inventory: &'a Inventory,
    pub tools: &'a Tools,
    pub profile: &'a Profile,
    pub config: &'a ImageConfig,
    pub policy: &'a Policy,
    pub dependencies: &'a Dependencies,
    pub image: &'a Image,
}

impl Ground<'_> {
    /// The packages that a node belongs to.
    pub fn owners(&self, node: NodeId) -> Vec<PackageId> {
        self.inventory.owners(self.tree.entry(node)).collect()
    }

    /// Whether an unused part of a package may bring `found`: it is of no package, of one of the package's own, or
    /// of one that the package declares to need.
    pub fn may_bring(&self, part: Entry<'_>, found: Entry<'_>) -> bool {
        let targets = self.owners(found.id());
        let declares = |package: PackageId| {
            targets.iter().any(|target| *target == package || self.dependencies.reaches(package, *target))
        };
        targets.is_empty() || self.owners(part.id()).into_iter().any(declares)
    }
}

/// The nodes that stay, with their reasons.
pub(crate) struct Closure<'a> {
    pub ground: Ground<'a>,
    kept: Kept,
    active: Vec<bool>,
    queue: VecDeque<NodeId>,
    whole: BTreeMap<PackageId, NodeId>,
    python: python::ImportPath,
    sources: source::Roots,
    elf: elf::Memory<'a>,
    families: BTreeSet<&'static str>,
}

/// Reasons kept for one path; more say nothing new to a person.
const REASONS: usize = 8;

impl<'a> Closure<'a> {
    /// Computes what stays at the policy's level.
    pub fn compute(ground: Ground<'a>) -> Self {
        let mut closure = Self {
            ground,
            kept: Kept::new(ground.tree),
            active: vec![false; ground.tree.capacity()],
            queue: VecDeque::new(),
            whole: BTreeMap::new(),
            python: python::ImportPath::of(ground),
            sources: source::Roots::of(ground),
            elf: elf::Memory::of(ground),
            families: BTreeSet::new(),
        };
        seeds::sow(&mut closure);
        closure.run();
        // Each of these looks at everything that stays by now, and may add to it.
        loop {
            let before = closure.kept.len();
            if ground.policy.level == Level::Package {
                packages::keep_whole(&mut closure);
            } else if ground.policy.level == Level::File {
                data::keep(&mut closure);
            }
            if ground.policy.level != Level::Tidy {
                packages::data_dependencies(&mut closure);
            }
            families::keep(&mut closure);
            languages(&mut closure);
            closure.run();
            if closure.kept.len() == before {
                break;
            }
        }
        closure
    }

    fn run(&mut self) {
        while let Some(node) = self.queue.pop_front() {
            let entry = self.ground.tree.entry(node);
            let grade = self.grade_of(node);
            links::close(self, entry, grade);
            if entry.is_file() {
                elf::close(self, entry, grade);
                script::close(self, entry, grade);
                python::close(self, entry, grade);
                source::close(self, entry, grade);
                java::close(self, entry, grade);
                dotnet::close(self, entry, grade);
                configuration::close(self, entry, grade);
            }
        }
    }

    /// Notes that `entry` stays. What is above it stays as a directory.
    pub fn keep(&mut self, entry: Entry<'a>, grade: Grade, reason: Reason) {
        if self.ground.policy.drops(entry, self.ground.tree, self.ground.tools)
            && !matches!(reason, Reason::Asked { .. } | Reason::Repair { .. })
        {
            return;
        }
        let node = entry.id();
        let (known, before) = (self.kept.contains(node), self.grade_of(node));
        if self.kept.reasons(node).count() < REASONS
            || matches!(reason, Reason::Used { .. } | Reason::Repair { .. })
        {
            self.kept.add(node, reason);
        }
        self.active[node.index()] |= grade == Grade::Active;
        if known && grade <= before {
            return;
        }
        self.queue.push_back(entry.id());
        let mut above = entry.parent();
        while let Some(directory) = above {
            if !self.kept.add_first(directory.id(), &Reason::Holds) {
                break;
            }
            above = directory.parent();
        }
        // A file's other names are the same file; they cost nothing, but a name nobody used is no reason to keep it.
    }

    /// Keeps `entry` because `by` needs it.
    pub fn need(&mut self, entry: Entry<'a>, grade: Grade, by: Entry<'_>, rule: Rule) {
        if entry.id() != by.id() {
            self.keep(entry, grade, Reason::Needed { by: by.path(), rule });
        }
    }

    /// Keeps where `path` leads and every link on the way, because `by` needs it. Returns where it ends.
    pub fn need_path(
        &mut self,
        path: &RootPath,
        grade: Grade,
        by: Entry<'_>,
        rule: Rule,
    ) -> Option<Entry<'a>> {
        let resolved = self.ground.tree.resolve(path);
        for link in resolved.links {
            self.need(link, grade, by, Rule::LinkOnTheWay);
        }
        let entry = resolved.entry?;
        self.need(entry, grade, by, rule);
        Some(entry)
    }

    /// Keeps where `path` leads and every link on the way.
    pub fn keep_path(&mut self, path: &RootPath, grade: Grade, reason: &Reason) -> Option<Entry<'a>> {
        let resolved = self.ground.tree.resolve(path);
        for link in resolved.links {
            self.keep(link, grade, reason.clone());
        }
        let entry = resolved.entry?;
        self.keep(entry, grade, reason.clone());
        Some(entry)
    }

    /// How strongly a node stays, if it does.
    pub fn grade(&self, node: NodeId) -> Option<Grade> {
        self.kept.contains(node).then(|| self.grade_of(node))
    }

    /// Whether a node stays for more than what is below it.
    pub fn stays(&self, node: NodeId) -> bool {
        self.kept.reasons(node).any(|reason| *reason != Reason::Holds)
    }

    /// Whether a node is of the application itself: somebody put it into the image on purpose, and no package did.
    pub fn is_application(&self, entry: Entry<'_>) -> bool {
        self.kept.reasons(entry.id()).any(|reason| matches!(reason, Reason::Application { .. }))
    }

    /// Whether the application read a file.
    pub fn was_read(&self, entry: Entry<'_>) -> bool {
        let is_read =
            |access: &BTreeSet<Access>| access.contains(&Access::Read) || access.contains(&Access::Executed);
        let mut reasons = self.kept.reasons(entry.id());
        reasons.any(|reason| matches!(reason, Reason::Used { access, .. } if is_read(access)))
    }

    /// What stays so far because it is used, not for its package alone.
    pub fn active(&self) -> impl Iterator<Item = Entry<'a>> {
        let nodes = self.kept.nodes().filter(|node| self.grade_of(*node) == Grade::Active);
        nodes.map(|node| self.ground.tree.entry(node))
    }

    /// The nodes that stay so far.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.kept.nodes().collect()
    }

    /// What stays, with its reasons.
    pub fn into_kept(self) -> Kept {
        self.kept
    }

    fn grade_of(&self, node: NodeId) -> Grade {
        if self.active[node.index()] { Grade::Active } else { Grade::Member }
    }

    /// Finds a command as `execvp` does with the image's `PATH`.
    pub fn look_up(&self, word: &[u8]) -> Option<RootPath> {
        let config = &self.ground.config.config;
        let workdir = RootPath::root().join_as_kernel(config.working_dir.as_bytes());
        if word.contains(&b'/') {
            return Some(workdir.join_as_kernel(word));
        }
        let search = config.env("PATH").unwrap_or(crate::config::DEFAULT_PATH);
        let mut places = search.split(':').map(|place| workdir.join_as_kernel(place.as_bytes()).child(word));
        places.find(|path| self.ground.tree.resolve(path).entry.is_some_and(Entry::is_file))
    }
}

/// Rules of languages that look at everything that stays by now.
fn languages(closure: &mut Closure<'_>) {
    if closure.ground.policy.level == Level::Tidy {
        return;
    }
    command_line::keep(closure);
    perl::layers(closure);
    ruby::specifications(closure);
    java::command_lines(closure);
    java::runtimes(closure);
    php::packages(closure);
}
