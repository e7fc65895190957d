//! Why a capability, a port or a system call is allowed or not, and why a setting changed.

use casehard_oci::RootPath;
use casehard_profile::{Address, PathUse, Profile};

use super::{
    Answer,
    words::{safe, some},
};
use crate::{
    plan::Plan,
    runtime::{Allowed, allowed_because},
};

pub(super) fn why(plan: &Plan, profile: Option<&Profile>, about: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    answers.extend(capability(plan, profile, about));
    answers.extend(ports(plan, profile, about));
    answers.extend(system_call(plan, about));
    answers.extend(user(plan, profile, about));
    answers.extend(read_only(plan, about));
    let is_called =
        |field: &str| field == about || field.strip_prefix("config.").is_some_and(|bare| bare == about);
    for setting in plan.settings.iter().filter(|setting| is_called(&setting.field)) {
        let mut answer = Answer::new(safe(&setting.field), "was changed");
        answer.push(0, safe(&setting.why));
        answer.push(0, format!("before: {}", safe(&setting.before)));
        answer.push(0, format!("after: {}", safe(&setting.after)));
        if setting.field == "config.User" {
            ran_as(profile, &mut answer);
        }
        answers.push(answer);
    }
    answers
}

fn capability(plan: &Plan, profile: Option<&Profile>, about: &str) -> Option<Answer> {
    let upper = about.to_uppercase();
    let name = if upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") };
    let seen = profile.and_then(|profile| profile.capabilities.get(&name));
    if let Some(operations) = plan.runtime.capabilities.get(&name) {
        let mut answer = Answer::new(safe(&name), "stays");
        for operation in operations {
            answer.push(0, format!("the application needs it: {}", safe(operation)));
        }
        evidence(profile, operations.iter().chain(seen.into_iter().flatten()), &mut answer);
        return Some(answer);
    }
    if seen.is_none() && !about.to_uppercase().starts_with("CAP_") {
        return None;
    }
    let mut answer = Answer::new(safe(&name), "is dropped");
    match seen {
        None => answer.push(0, "nothing that the application did needed it"),
        Some(operations) => {
            answer.push(
                0,
                "as the original's user the application used it; the result was verified without it",
            );
            answer.push(0, format!("used to: {}", some(operations.iter().map(|one| safe(one)), 5)));
            evidence(profile, operations.iter(), &mut answer);
        }
    }
    Some(answer)
}

/// Which programs did what operations on paths name, and in which steps.
fn evidence<'a>(
    profile: Option<&Profile>,
    operations: impl Iterator<Item = &'a String>,
    answer: &mut Answer,
) {
    let Some(profile) = profile else { return };
    for path in operations.filter_map(|operation| path_in(operation)).take(3) {
        let Some(PathUse { programs, phases, .. }) = profile.paths.get(&path) else { continue };
        let programs = some(programs, 3);
        answer.push(1, format!("{path}: by {programs}, during {}", safe(&some(phases, 4))));
    }
}

/// The path at the end of an operation such as `chown /var/lib/x`.
fn path_in(operation: &str) -> Option<RootPath> {
    let first = operation.split(';').next()?;
    first[first.find(" /")? + 1..].trim().parse().ok()
}

fn ports(plan: &Plan, profile: Option<&Profile>, about: &str) -> Option<Answer> {
    let number = about.split('/').next()?.parse::<u16>().ok()?;
    let bound = plan.runtime.ports.iter().filter(|port| {
        *port == about || port.split('/').next().and_then(|port| port.parse().ok()) == Some(number)
    });
    let bound = bound.collect::<Vec<_>>();
    let mut answer =
        Answer::new(format!("port {}", safe(about)), if bound.is_empty() { "is closed" } else { "is open" });
    if bound.is_empty() {
        answer.push(0, "nothing listened on it");
        return Some(answer);
    }
    answer.push(0, format!("the application listened on {}", some(bound, 4)));
    let is_it = |address: &&Address| match address {
        Address::Tcp(address) | Address::Udp(address) => address.port() == number,
        _ => false,
    };
    let addresses = profile.iter().flat_map(|profile| profile.bound.iter().filter(is_it));
    for address in addresses.take(4) {
        answer.push(1, format!("bound: {}", safe(&address.to_string())));
    }
    if number < 1024 {
        answer.push(0, "a port below 1024 needs no privilege: the runtime policies set net.ipv4.ip_unprivileged_port_start");
    }
    Some(answer)
}

/// What a call is allowed for; one that no profile speaks of is refused.
fn system_call(plan: &Plan, about: &str) -> Option<Answer> {
    let is_name =
        about.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let because = allowed_because(&plan.runtime.syscalls, plan.runtime.seccomp, about).filter(|_| is_name)?;
    let mut answer = Answer::new(format!("system call {}", safe(about)), "is allowed");
    match because {
        Allowed::Seen => {
            let note = plan
                .notes
                .iter()
                .find(|note| note.about == "seccomp" && note.text.split(' ').any(|word| word == about));
            match note {
                Some(note) => answer.push(0, safe(&note.text)),
                None => answer.push(0, "it was made while the application ran"),
            }
        }
        Allowed::Like(other) => {
            answer.push(
                0,
                format!(
                    "{} is allowed, and a C library or machine may use this one for the same",
                    safe(other)
                ),
            );
        }
        Allowed::Process => answer.push(0, "every process makes it, from its start to its end"),
        Allowed::Files => {
            answer.push(
                0,
                "programs make it on files that they may open and in directories that they may change",
            );
            answer.push(0, "permissions and the read-only root still decide");
        }
        Allowed::Sockets => answer.push(0, "it has sockets, and this is made on sockets"),
        Allowed::Runtime => {
            answer.push(0, "container runtimes make it between loading the filter and starting the program");
        }
    }
    Some(answer)
}

fn user(plan: &Plan, profile: Option<&Profile>, about: &str) -> Option<Answer> {
    if about != "user" {
        return None;
    }
    let mut answer = Answer::new(format!("user {}:{}", plan.runtime.uid, plan.runtime.gid), "runs it");
    let setting = plan.settings.iter().find(|setting| setting.field == "config.User");
    answer.push(0, setting.map_or_else(|| "as the image says".to_owned(), |setting| safe(&setting.why)));
    ran_as(profile, &mut answer);
    Some(answer)
}

/// Whom programs ran as while the application was watched.
fn ran_as(profile: Option<&Profile>, answer: &mut Answer) {
    for (who, programs) in profile.iter().flat_map(|profile| &profile.users.0).take(8) {
        answer.push(1, format!("{}:{} ran {}", who.uid, who.gid, some(programs, 4)));
    }
}

fn read_only(plan: &Plan, about: &str) -> Option<Answer> {
    if !matches!(about, "read-only-root" | "read_only") {
        return None;
    }
    let mut answer =
        Answer::new("the root", if plan.runtime.read_only { "is read-only" } else { "is writable" });
    for note in plan.notes.iter().filter(|note| note.about == "read-only-root") {
        answer.push(0, safe(&note.text));
    }
    for (path, place) in &plan.runtime.writable {
        answer.push(0, format!("{path} is writable: {}", some(&place.evidence, 3)));
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use casehard_profile::{Access, Observation, Phase};

    use super::*;
    use crate::runtime::Runtime;

    fn plan() -> Plan {
        let mut plan: Plan = serde_json::from_value(serde_json::json!({
            "schema": "casehard.plan/1",
            "image": format!("sha256:{}", "0".repeat(64)),
            "image_config": format!("sha256:{}", "1".repeat(64)),
            "level": "package", "keep": {}, "remove": {}, "changes": {}, "additions": {}, "packages": [],
            "settings": [{ "field": "config.User", "before": "", "after": "0:0", "why": "it needs a raw socket" }],
            "config": {}, "notes": [],
            "runtime": { "uid": 0, "gid": 0, "read_only": true, "capabilities": {}, "writable": {}, "ports": [], "syscalls": [] },
        }))
        .unwrap();
        plan.runtime = Runtime {
            read_only: true,
            capabilities: BTreeMap::from([("CAP_CHOWN".into(), BTreeSet::from(["chown /srv/x".into()]))]),
            ports: BTreeSet::from(["80/tcp".into()]),
            syscalls: BTreeSet::from(["accept".into()]),
            ..Runtime::default()
        };
        plan
    }

    fn profile() -> Profile {
        let mut profile = Profile::default();
        let program = || Some("/bin/app".parse().unwrap());
        let phase = || Phase::new("step 3");
        let path = "/srv/x".parse().unwrap();
        profile.observe(Observation::Path {
            path,
            access: Access::Written,
            program: program(),
            phase: phase(),
        });
        let address = "tcp:0.0.0.0:80".parse().unwrap();
        profile.observe(Observation::Bound { address, program: program() });
        profile.observe(Observation::Capability { name: "CAP_KILL".into(), operation: "kill 7".into() });
        profile
    }

    fn told(about: &str) -> String {
        let answers = why(&plan(), Some(&profile()), about);
        let lines = answers.into_iter().flat_map(|answer| {
            let head = format!("{} {}", answer.subject, answer.fate);
            std::iter::once(head).chain(answer.because.into_iter().map(|line| line.text))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_permission_has_its_evidence() {
        let cases: [(&str, &[&str]); 12] = [
            ("chown", &["CAP_CHOWN stays", "chown /srv/x", "by /bin/app, during step 3"]),
            ("CAP_KILL", &["CAP_KILL is dropped", "used to: kill 7"]),
            ("CAP_BPF", &["CAP_BPF is dropped", "nothing that the application did"]),
            ("80", &["port 80 is open", "80/tcp", "bound: tcp:0.0.0.0:80", "below 1024"]),
            ("81/tcp", &["is closed"]),
            ("accept", &["it was made"]),
            ("accept4", &["it has sockets"]),
            ("recvmmsg", &["recvmsg is allowed"]),
            ("rename", &["permissions and the read-only root still decide"]),
            ("futex", &["every process makes it"]),
            ("capset", &["container runtimes"]),
            ("User", &["config.User was changed", "raw socket", "after: 0:0"]),
        ];
        for (about, parts) in cases {
            let told = told(about);
            assert!(parts.iter().all(|part| told.contains(part)), "{about}: {told}");
        }
        assert_eq!(told("ptrace"), "");
    }
}
