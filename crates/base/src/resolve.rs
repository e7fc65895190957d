//! Which packages make a root: what is asked for and what that needs.
//!
//! Clauses with one way to hold are settled before those with several, alternatives are tried in their order, and a
//! choice that leads into a conflict is taken back. The result depends on the index and the wishes alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    apt::{Candidate, Index},
    deb::{Clause, Relation},
};

/// How many choices may be taken back before the first difficulty is reported.
const PATIENCE: usize = 10_000;

/// Why no set of packages fits.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no package of that name.
    #[error("there is no package {name:?} in the suites{}", .nearest.as_ref().map_or(String::new(), |name| format!(" (did you mean {name:?}?)")))]
    NoSuchPackage {
        /// What was asked for.
        name: String,
        /// A name that is like it.
        nearest: Option<String>,
    },
    /// A dependency cannot hold.
    #[error("{} needs {clause}, but {}", .chain.join(", which needs "), .why.join("; "))]
    Unsatisfiable {
        /// Who needs whom, from what was asked for down to who has the dependency.
        chain: Vec<String>,
        /// The dependency.
        clause: String,
        /// What is the matter with each alternative.
        why: Vec<String>,
    },
}

/// Packages that are settled so far; further wishes are settled on top of them.
pub(crate) struct Resolver<'a> {
    index: &'a Index,
    /// Names that count as there although no package brings them.
    served: &'a BTreeSet<&'a str>,
    chosen: BTreeMap<&'a str, usize>,
    /// In the order of choice, with who needed it.
    trail: Vec<(usize, Option<usize>)>,
    provided: BTreeMap<String, Vec<(usize, Option<String>)>>,
    refused: BTreeMap<String, Vec<(usize, Relation)>>,
}

#[derive(Debug, Clone)]
struct Need {
    by: Option<usize>,
    clause: Clause,
}

/// Needs in the order they came up: those with perhaps one way to hold, and those seen to have several.
#[derive(Debug, Default)]
struct Agenda {
    units: Vec<Need>,
    choices: Vec<Need>,
    next_unit: usize,
    next_choice: usize,
}

struct Decision {
    need: Need,
    options: Vec<usize>,
    trail: usize,
    /// Lengths and positions of the agenda.
    agenda: [usize; 4],
}

impl<'a> Resolver<'a> {
    pub(crate) const fn new(index: &'a Index, served: &'a BTreeSet<&'a str>) -> Self {
        Self {
            index,
            served,
            chosen: BTreeMap::new(),
            trail: Vec::new(),
            provided: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Settles these packages by name and what they need; with `recommends`, also what they recommend where that
    /// can be had.
    pub(crate) fn require(&mut self, names: &[String], recommends: bool) -> Result<(), ResolveError> {
        let start = self.trail.len();
        let mut needs = Vec::new();
        for name in names {
            let relation = Relation { name: name.clone(), version: None };
            if self.index.best(name).is_none() && self.index.providers(name).is_empty() {
                let nearest = self.index.nearest(name).map(str::to_owned);
                return Err(ResolveError::NoSuchPackage { name: name.clone(), nearest });
            }
            needs.push(Need { by: None, clause: vec![relation] });
        }
        self.settle(needs)?;
        let mut at = start;
        while recommends && at < self.trail.len() {
            let package = self.trail[at].0;
            for clause in self.index.get(package).recommends() {
                // What is only recommended and does not fit is left out.
                let _ = self.settle(vec![Need { by: Some(package), clause }]);
            }
            at += 1;
        }
        Ok(())
    }

    /// What has been settled, each with who needed it first.
    pub(crate) fn packages(&self) -> &[(usize, Option<usize>)] {
        &self.trail
    }

    /// Which settled package makes a relation hold.
    pub(crate) fn holder(&self, relation: &Relation) -> Option<usize> {
        if let Some(at) = self.chosen.get(relation.name.as_str())
            && fits(relation, self.index.get(*at).version)
        {
            return Some(*at);
        }
        let provided = self.provided.get(&relation.name)?;
        provided.iter().find(|(_, version)| provides(relation, version.as_deref())).map(|(at, _)| *at)
    }

    fn settle(&mut self, needs: Vec<Need>) -> Result<(), ResolveError> {
        let start = self.trail.len();
        let mut agenda = Agenda { units: needs, ..Agenda::default() };
        let mut decisions: Vec<Decision> = Vec::new();
        let mut first_failure = None;
        let mut taken_back = 0;
        while let Some((need, is_choice)) = agenda.next() {
            if self.holds(&need.clause) {
                continue;
            }
            let mut options = self.options(&need.clause);
            if options.len() > 1 && !is_choice {
                agenda.choices.push(need);
                continue;
            }
            let mut found = None;
            if options.is_empty() {
                first_failure.get_or_insert_with(|| self.failure(&need));
                taken_back += 1;
                while let Some(mut decision) = decisions.pop() {
                    self.cut(decision.trail);
                    agenda.restore(decision.agenda);
                    if !decision.options.is_empty() {
                        let option = decision.options.remove(0);
                        found = Some((option, decision.need.by));
                        decisions.push(decision);
                        break;
                    }
                }
            } else {
                let option = options.remove(0);
                found = Some((option, need.by));
                if !options.is_empty() {
                    let trail = self.trail.len();
                    decisions.push(Decision { need, options, trail, agenda: agenda.state() });
                }
            }
            match found {
                Some((option, by)) if taken_back < PATIENCE => {
                    self.choose(option, by);
                    let needs = self.index.get(option).depends().into_iter();
                    agenda.units.extend(needs.map(|clause| Need { by: Some(option), clause }));
                }
                _ => {
                    self.cut(start);
                    return Err(first_failure.unwrap_or_else(|| unreachable!("only a failure ends here")));
                }
            }
        }
        Ok(())
    }

    fn holds(&self, clause: &Clause) -> bool {
        // What is served counts whatever its version: nothing of it is in the root.
        clause
            .iter()
            .any(|relation| self.served.contains(relation.name.as_str()) || self.holder(relation).is_some())
    }

    /// The candidates that would make a clause hold, best first.
    fn options(&self, clause: &Clause) -> Vec<usize> {
        let mut options = Vec::new();
        for relation in clause {
            let real =
                self.index.best(&relation.name).filter(|at| fits(relation, self.index.get(*at).version));
            let mut virtuals: Vec<usize> = self
                .index
                .providers(&relation.name)
                .iter()
                .filter(|provider| provides(relation, provider.version.as_deref()))
                .map(|provider| provider.candidate)
                .collect();
            virtuals.sort_by_key(|at| {
                let candidate = self.index.get(*at);
                (!candidate.essential, rank(candidate.priority), candidate.name)
            });
            for at in real.into_iter().chain(virtuals) {
                if !options.contains(&at) && self.obstacle(at).is_none() {
                    options.push(at);
                }
            }
        }
        options
    }

    /// A settled package that a candidate cannot stand beside.
    fn obstacle(&self, at: usize) -> Option<usize> {
        let candidate = self.index.get(at);
        if let Some(other) = self.chosen.get(candidate.name) {
            return Some(*other).filter(|other| *other != at);
        }
        let own = names_of(&candidate);
        let refused_by = own.iter().find_map(|(name, version)| {
            let refusals = self.refused.get(name)?;
            let hit = refusals.iter().find(|(_, relation)| match version {
                Some(version) => fits(relation, version),
                None => relation.version.is_none(),
            })?;
            Some(hit.0)
        });
        refused_by.or_else(|| {
            let conflicts = candidate.conflicts();
            conflicts.iter().flatten().find_map(|relation| self.holder(relation).filter(|other| *other != at))
        })
    }

    fn choose(&mut self, at: usize, by: Option<usize>) {
        let candidate = self.index.get(at);
        self.chosen.insert(candidate.name, at);
        for relation in candidate.provides().into_iter().flatten() {
            let version = relation.version.map(|(_, version)| version);
            self.provided.entry(relation.name).or_default().push((at, version));
        }
        for relation in candidate.conflicts().into_iter().flatten() {
            self.refused.entry(relation.name.clone()).or_default().push((at, relation));
        }
        self.trail.push((at, by));
    }

    fn cut(&mut self, length: usize) {
        if self.trail.len() == length {
            return;
        }
        let kept: Vec<_> = self.trail.drain(..).take(length).collect();
        self.chosen.clear();
        self.provided.clear();
        self.refused.clear();
        for (at, by) in kept {
            self.choose(at, by);
        }
    }

    fn failure(&self, need: &Need) -> ResolveError {
        let show = |at: usize| {
            let candidate = self.index.get(at);
            format!("{} {}", candidate.name, candidate.version)
        };
        let mut chain = Vec::new();
        let mut by = need.by;
        while let Some(at) = by {
            chain.push(show(at));
            by = self.trail.iter().find(|(other, _)| *other == at).and_then(|(_, by)| *by);
        }
        chain.push("the recipe".to_owned());
        chain.reverse();
        let why = need.clause.iter().map(|relation| match self.index.best(&relation.name) {
            Some(at) if !fits(relation, self.index.get(at).version) => {
                format!("{} is what can be had", show(at))
            }
            Some(at) => match self.obstacle(at) {
                Some(other) => format!("{} cannot stand beside {}", show(at), show(other)),
                None => format!("{} does not help", show(at)),
            },
            None => format!("there is no package {}", relation.name),
        });
        let clause: Vec<String> = need.clause.iter().map(ToString::to_string).collect();
        ResolveError::Unsatisfiable { chain, clause: clause.join(" or "), why: why.collect() }
    }
}

impl Agenda {
    fn next(&mut self) -> Option<(Need, bool)> {
        if let Some(need) = self.units.get(self.next_unit) {
            self.next_unit += 1;
            return Some((need.clone(), false));
        }
        let need = self.choices.get(self.next_choice)?;
        self.next_choice += 1;
        Some((need.clone(), true))
    }

    const fn state(&self) -> [usize; 4] {
        [self.units.len(), self.choices.len(), self.next_unit, self.next_choice]
    }

    fn restore(&mut self, [units, choices, next_unit, next_choice]: [usize; 4]) {
        self.units.truncate(units);
        self.choices.truncate(choices);
        (self.next_unit, self.next_choice) = (next_unit, next_choice);
    }
}

fn fits(relation: &Relation, version: &str) -> bool {
    relation.version.as_ref().is_none_or(|(operator, bound)| operator.holds(version, bound))
}

/// A provision without a version makes only relations without one hold (policy 7.5).
fn provides(relation: &Relation, version: Option<&str>) -> bool {
    match (&relation.version, version) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(version)) => fits(relation, version),
    }
}

/// The names a candidate goes by, with the version it has under each.
fn names_of(candidate: &Candidate<'_>) -> Vec<(String, Option<String>)> {
    let provided = candidate.provides().into_iter().flatten();
    std::iter::once((candidate.name.to_string(), Some(candidate.version.to_string())))
        .chain(provided.map(|relation| (relation.name, relation.version.map(|(_, version)| version))))
        .collect()
}

fn rank(priority: &str) -> usize {
    ["required", "important", "standard", "optional"].iter().position(|name| *name == priority).unwrap_or(4)
}
