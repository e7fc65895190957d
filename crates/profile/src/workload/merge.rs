//! Several descriptions of one application, put together.

use std::collections::BTreeMap;

use super::{Options, Ready, Role, Selection, Workload};

/// Two workloads say different things where only one can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the workloads do not go together: both have `{key}`, and not the same")]
pub struct Conflict {
    /// Where, such as `start` or `roles.migrate`.
    pub key: String,
}

impl Workload {
    /// This workload, and after its steps those of `other`. Lists are put together; readiness is that of both; what can
    /// be said only once must be the same in both, or stand in one of them only.
    ///
    /// # Errors
    /// When it is not.
    pub fn merge(mut self, other: Self) -> Result<Self, Conflict> {
        let image = (self.image.is_some() || self.recipe.is_some())
            && (other.image.is_some() || other.recipe.is_some());
        if image && (&self.image, &self.recipe) != (&other.image, &other.recipe) {
            return Err(Conflict { key: "image".to_owned() });
        }
        self.ready = match (self.ready, other.ready) {
            (Some(one), Some(two)) => Some(both_ready(one, two)),
            (one, two) => one.or(two),
        };
        self.steps.extend(other.steps);
        union(&mut self.mask, other.mask);
        select(&mut self.keep, other.keep);
        select(&mut self.drop, other.drop);
        Ok(Self {
            image: self.image.or(other.image),
            recipe: self.recipe.or(other.recipe),
            start: one_of("start", self.start, other.start)?,
            stop: one_of("stop", self.stop, other.stop)?,
            roles: named("roles", self.roles, other.roles, same_role)?,
            services: named("services", self.services, other.services, PartialEq::eq)?,
            harden: Options {
                level: one_of("harden.level", self.harden.level, other.harden.level)?,
                user: one_of("harden.user", self.harden.user, other.harden.user)?,
                seccomp: one_of("harden.seccomp", self.harden.seccomp, other.harden.seccomp)?,
            },
            owner: one_of("owner", self.owner, other.owner)?,
            ..self
        })
    }
}

fn both_ready(mut one: Ready, two: Ready) -> Ready {
    union(&mut one.when, two.when);
    Ready { when: one.when, within: one.within.max(two.within) }
}

fn select(one: &mut Selection, two: Selection) {
    union(&mut one.paths, two.paths);
    union(&mut one.packages, two.packages);
    union(&mut one.classes, two.classes);
}

fn union<T: PartialEq>(one: &mut Vec<T>, two: Vec<T>) {
    for item in two {
        if !one.contains(&item) {
            one.push(item);
        }
    }
}

fn one_of<T: PartialEq + Default>(key: &str, one: T, two: T) -> Result<T, Conflict> {
    let nothing = T::default();
    if one == two || two == nothing {
        Ok(one)
    } else if one == nothing {
        Ok(two)
    } else {
        Err(Conflict { key: key.to_owned() })
    }
}

/// Where they stand in their files is no matter.
fn same_role(one: &Role, two: &Role) -> bool {
    *one == Role { line: one.line, ..two.clone() }
}

fn named<T>(
    key: &str,
    mut one: BTreeMap<String, T>,
    two: BTreeMap<String, T>,
    same: fn(&T, &T) -> bool,
) -> Result<BTreeMap<String, T>, Conflict> {
    for (name, value) in two {
        match one.get(&name) {
            Some(known) if !same(known, &value) => return Err(Conflict { key: format!("{key}.{name}") }),
            Some(_) => {}
            None => drop(one.insert(name, value)),
        }
    }
    Ok(one)
}

#[cfg(test)]
mod tests {
    use crate::workload::{Workload, parse};

    fn merged(one: &str, two: &str) -> Result<Workload, String> {
        let read = |text: &str| parse(text, "w").unwrap();
        read(one).merge(read(two)).map_err(|conflict| conflict.key)
    }

    #[test]
    fn workloads_are_put_together() {
        let both = merged(
            "image: a\nready: { tcp: 80, within: 1s }\nsteps: [ { exec: x } ]\nkeep: { paths: [/a, /b] }\nroles: { m: { command: x } }",
            "image: a\nready: { log: up }\nsteps: [ { exec: y } ]\nkeep: { paths: [/b, /c] }\nroles: { n: { command: y } }\nstop: { signal: INT }",
        )
        .unwrap();
        assert_eq!(
            both.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(),
            ["exec x", "exec y"]
        );
        assert_eq!(both.ready.unwrap().when.len(), 2);
        assert_eq!(both.keep.paths, ["/a", "/b", "/c"]);
        assert_eq!((both.roles.len(), both.stop.signal.as_deref()), (2, Some("INT")));
        assert!(merged("roles: { m: { user: a } }", "owner: x\n\nroles: { m: { user: a } }").is_ok());
        assert!(merged("", "image: a").is_ok_and(|both| both.image.as_deref() == Some("a")));
    }

    #[test]
    fn contradictions_are_told() {
        for (one, two, key) in [
            ("image: a", "image: b", "image"),
            ("image: a", "recipe: a", "image"),
            ("start: { user: a }", "start: { user: b }", "start"),
            ("stop: { signal: INT }", "stop: { signal: QUIT }", "stop"),
            ("roles: { m: { user: a } }", "roles: { m: { user: b } }", "roles.m"),
            ("harden: { level: file }", "harden: { level: tidy }", "harden.level"),
            ("owner: a", "owner: b", "owner"),
        ] {
            assert_eq!(merged(one, two), Err(key.to_owned()));
        }
    }
}
