//! From what is known inside to what is published.

use std::collections::BTreeMap;

use casehard_harden::plan::{Fate, PackagePlan, Plan, Reason, Removal};
use casehard_harden::runtime::{Runtime, WritableKind};
use casehard_verify::{Fate as Became, Hardening, RepairBy, Status, Verification};

use crate::{
    Advisories, Amounts, BaseImage, Before, Check, Controls, Count, Durations, Feed, Image, Note, Package,
    Packages, Paths, Permission, Place, Repair, Report, Run, Setting, Side, Stage, Step, Verdict,
    Vulnerability, amount,
};

impl From<&Hardening> for Report {
    fn from(hardening: &Hardening) -> Self {
        let (before, after) = (&hardening.before, &hardening.after);
        let (plan, verification) = (&hardening.plan, &hardening.verification);
        let amounts = |measure: &casehard_verify::Measure| Amounts {
            compressed: measure.compressed,
            unpacked: measure.unpacked,
            entries: measure.entries,
        };
        let mut packages = packages(plan);
        packages.count = Before { before: before.packages.clone(), after: after.packages.clone() };
        Self {
            schema: Self::SCHEMA.to_owned(),
            verdict: verdict(verification),
            image: Image {
                name: hardening.image.clone(),
                owner: hardening.owner.clone(),
                base: hardening
                    .base
                    .as_ref()
                    .map(|base| BaseImage { name: base.name.clone(), digest: base.digest.clone() }),
                digest: Before { before: before.digest.to_string(), after: after.digest.to_string() },
            },
            level: plan.level.to_string(),
            size: Before { before: amounts(before), after: amounts(after) },
            packages,
            paths: paths(plan),
            vulnerabilities: Before {
                before: before.vulnerabilities.clone(),
                after: after.vulnerabilities.clone(),
            },
            advisories: hardening.advice.as_ref().map(advisories),
            checks: verification.checks.iter().map(check).collect(),
            steps: verification.steps.iter().map(step).collect(),
            repairs: verification.repairs.iter().map(repair).collect(),
            settings: plan.settings.iter().map(setting).collect(),
            controls: controls(&plan.runtime),
            unseen: unseen(hardening),
            notes: plan
                .notes
                .iter()
                .filter(|note| note.about != "blind")
                .map(|note| Note { about: note.about.clone(), text: note.text.clone() })
                .collect(),
            run: run(hardening),
        }
    }
}

fn verdict(verification: &Verification) -> Verdict {
    if verification.passed {
        return Verdict { hardened: true, reasons: Vec::new() };
    }
    // When an application does not start, every step fails for that one reason: it is told once.
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for step in &verification.steps {
        let (went, place) = match (step.original.passed, step.hardened.passed) {
            (false, _) => (&step.original, "the original image already"),
            (true, false) => (&step.hardened, "the hardened image"),
            (true, true) => continue,
        };
        let reason = format!("on {place}: {}", went.reasons.join("; "));
        match groups.last_mut().filter(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(&step.name),
            None => groups.push((reason, vec![&step.name])),
        }
    }
    let mut reasons: Vec<String> = groups
        .iter()
        .map(|(reason, names)| match names.as_slice() {
            [name] => format!("{name} fails {reason}"),
            [first, rest @ ..] => format!("{first} and {} further fail {reason}", rest.len()),
            [] => reason.clone(),
        })
        .collect();
    let failed = verification.checks.iter().filter(|check| check.status == Status::Fail);
    reasons.extend(failed.map(|check| format!("check {} fails: {}", check.name, check.evidence)));
    let differing = verification.steps.iter().filter(|step| step.original.passed && step.hardened.passed);
    reasons.extend(differing.filter_map(|step| {
        step.differences
            .first()
            .map(|difference| format!("the answers of {} differ: {difference}", step.name))
    }));
    if reasons.is_empty() {
        reasons.push("verification did not pass".to_owned());
    }
    Verdict { hardened: false, reasons }
}

fn packages(plan: &Plan) -> Packages {
    let mut packages = Packages::default();
    // What lies in another package's files goes and stays with it, and is not counted either.
    let mut sorted: Vec<&PackagePlan> =
        plan.packages.iter().filter(|package| package.part_of.is_none()).collect();
    let gone = |package: &PackagePlan| package.bytes_before.saturating_sub(package.bytes_after);
    sorted.sort_by(|a, b| {
        gone(b).cmp(&gone(a)).then_with(|| (&a.name, &a.version).cmp(&(&b.name, &b.version)))
    });
    for package in sorted {
        let row = Package {
            name: package.name.clone(),
            version: package.version.clone(),
            kind: package.kind.clone(),
            purl: package.purl.clone(),
            files: Before { before: package.files_before as u64, after: package.files_after as u64 },
            bytes: Before { before: package.bytes_before, after: package.bytes_after },
            why: package.why.clone(),
        };
        match package.fate {
            Fate::Removed => packages.removed.push(row),
            Fate::Partial => packages.partial.push(row),
            Fate::Kept => packages.kept.push(row),
        }
    }
    packages
}

fn paths(plan: &Plan) -> Paths {
    let count = |names: &mut dyn Iterator<Item = &'static str>| {
        let mut because = BTreeMap::new();
        let mut total = 0;
        for name in names {
            *because.entry(name.to_owned()).or_insert(0) += 1;
            total += 1;
        }
        Count { total, because }
    };
    Paths {
        kept: count(&mut plan.keep.values().map(|reasons| reasons.first().map_or("unknown", reason_name))),
        removed: count(&mut plan.remove.values().map(removal_name)),
        changed: plan.changes.len() as u64,
        added: plan.additions.len() as u64,
    }
}

/// The word that stands for a reason to stay in published documents.
pub(crate) fn reason_name(reason: &Reason) -> &'static str {
    match reason {
        Reason::Used { .. } => "used",
        Reason::Needed { .. } => "needed",
        Reason::ListedIn { .. } => "listed",
        Reason::Package { .. } => "package",
        Reason::Application { .. } => "application",
        Reason::Configuration { .. } => "configuration",
        Reason::Basic { .. } => "basic",
        Reason::Asked { .. } => "asked",
        Reason::Repair { .. } => "repair",
        Reason::Holds => "holds",
        Reason::Level => "level",
        _ => "other",
    }
}

/// The word that stands for a reason to go in published documents.
pub(crate) fn removal_name(removal: &Removal) -> &'static str {
    match removal {
        Removal::UnusedPackage { .. } => "unused-package",
        Removal::UnusedFile { .. } => "unused-file",
        Removal::Unused => "unused",
        Removal::Debris { .. } => "debris",
        Removal::Orphan { .. } => "orphan",
        Removal::PackageManagerState => "package-manager-state",
        Removal::Asked { .. } => "asked",
        Removal::Empty => "empty",
        _ => "other",
    }
}

fn check(check: &casehard_verify::Check) -> Check {
    let status = match check.status {
        Status::Pass => "PASS",
        Status::Warn => "WARN",
        Status::Fail => "FAIL",
    };
    Check {
        name: check.name.clone(),
        status: status.to_owned(),
        evidence: check.evidence.clone(),
        before: check.before.clone(),
    }
}

fn step(step: &casehard_verify::Step) -> Step {
    let side = |went: &casehard_verify::Went| Side { passed: went.passed, reasons: went.reasons.clone() };
    Step {
        name: step.name.clone(),
        held_out: step.held_out,
        original: side(&step.original),
        hardened: side(&step.hardened),
        differences: step.differences.iter().cloned().chain(remarks(step)).collect(),
    }
}

fn repair(repair: &casehard_verify::Repair) -> Repair {
    Repair {
        round: repair.round,
        path: repair.path.to_string(),
        step: repair.step.clone(),
        program: repair.program.as_ref().map(ToString::to_string),
        by: match repair.by {
            RepairBy::Bisecting => "bisecting".to_owned(),
            RepairBy::Missing => "missing".to_owned(),
        },
    }
}

fn setting(setting: &casehard_harden::plan::Setting) -> Setting {
    Setting {
        field: setting.field.clone(),
        before: setting.before.clone(),
        after: setting.after.clone(),
        why: setting.why.clone(),
    }
}

fn advisories(advice: &casehard_verify::Advice) -> Advisories {
    let feeds = advice.sources.iter().map(|feed| Feed { name: feed.name.clone(), date: feed.date.clone() });
    let findings = advice.findings.iter().map(|found| Vulnerability {
        id: found.id.clone(),
        aliases: found.aliases.clone(),
        severity: found.severity.clone(),
        package: found.package.clone(),
        version: found.version.clone(),
        purl: found.purl.clone(),
        fixed: found.fixed.clone(),
        fate: match found.fate {
            Became::Left => "left",
            Became::Unused => "unused",
            Became::ComponentNotPresent => "component-not-present",
            Became::CodeNotPresent => "code-not-present",
            Became::NotFound => "not-found",
        }
        .to_owned(),
    });
    Advisories {
        built: advice.built.clone(),
        age_days: advice.age_days,
        partial: advice.partial,
        sources: feeds.collect(),
        findings: findings.collect(),
    }
}

fn controls(runtime: &Runtime) -> Controls {
    let capabilities = runtime.capabilities.iter().map(|(name, operations)| Permission {
        name: name.clone(),
        operations: operations.iter().cloned().collect(),
    });
    let writable = runtime.writable.iter().map(|(path, writable)| Place {
        path: path.to_string(),
        kind: match writable.kind {
            WritableKind::Tmpfs if writable.exec => "tmpfs, exec".to_owned(),
            WritableKind::Tmpfs => "tmpfs".to_owned(),
            WritableKind::Volume => "volume".to_owned(),
        },
        evidence: writable.evidence.iter().map(ToString::to_string).collect(),
    });
    Controls {
        user: format!("{}:{}", runtime.uid, runtime.gid),
        read_only: runtime.read_only,
        capabilities: capabilities.collect(),
        writable: writable.collect(),
        ports: runtime.ports.iter().cloned().collect(),
        syscalls: runtime.syscalls.iter().cloned().collect(),
        seccomp: runtime.seccomp.as_str().to_owned(),
        allowed: runtime.allowed().map(|(breadth, calls)| (breadth.as_str().to_owned(), calls)).into(),
    }
}

/// What the recorders and what verification could not see, each once.
fn unseen(hardening: &Hardening) -> Vec<String> {
    let mut unseen = hardening.verification.unseen.clone();
    for blind in &hardening.profile.blind {
        let sentence = format!("{}: {}", blind.recorder, blind.what);
        if !unseen.contains(&sentence) {
            unseen.push(sentence);
        }
    }
    unseen.extend(
        hardening
            .advice
            .iter()
            .flat_map(|advice| &advice.blind)
            .map(|line| format!("vulnerabilities: {line}")),
    );
    unseen
}

fn run(hardening: &Hardening) -> Run {
    let stages = hardening.run.stages.iter().map(|stage| Stage {
        name: stage.name.clone(),
        microseconds: stage.microseconds,
        application_microseconds: stage.application_microseconds,
    });
    let steps = hardening.verification.steps.iter();
    Run {
        date: amount::date(hardening.run.date),
        version: hardening.run.version.clone(),
        stages: stages.collect(),
        steps: steps
            .map(|step| Durations {
                original: step.original.microseconds,
                hardened: step.hardened.microseconds,
            })
            .collect(),
    }
}

/// What differs without being a failure, said so.
fn remarks(step: &casehard_verify::Step) -> impl Iterator<Item = String> {
    step.remarks.iter().map(|remark| format!("{remark} (no failure)"))
}
