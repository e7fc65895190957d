//! Checking many files, on all processors.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use casehard_finding::{Finding, Safety, Subject};
use casehard_rules::{Mended, Settings, check_file, mend};

use super::{Configs, Known, Source, context::Contexts};
use crate::{Context, Failure, findings::Shown, output_file};

/// A file after its check.
#[derive(Debug)]
pub struct Checked {
    source: Source,
    mended: Option<Mended>,
    /// What is wrong with it (after mending).
    pub findings: Vec<Finding>,
    allowed: usize,
}

/// A file to check, and then what became of it: several files, when it was rendered.
type Slot = (Option<Source>, Option<Result<Vec<Checked>, Failure>>);

/// Checks every file, and mends it in memory when `safety` says so. The order of the files stays.
pub fn check_all(
    sources: Vec<Source>,
    configs: &Configs,
    known: &Known,
    safety: Option<Safety>,
) -> Result<Vec<Checked>, Failure> {
    let contexts = Contexts::default();
    let next = AtomicUsize::new(0);
    let slots: Vec<Mutex<Slot>> =
        sources.into_iter().map(|source| Mutex::new((Some(source), None))).collect();
    let threads =
        thread::available_parallelism().map_or(1, NonZeroUsize::get).min(slots.len().div_ceil(8)).max(1);
    let work = || {
        while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Ok(mut slot) = slot.lock() else { continue };
            if let Some(source) = slot.0.take() {
                slot.1 = Some(check_one(source, configs, known, &contexts, safety));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut all: Vec<Checked> = Vec::new();
    for checked in slots.into_iter().filter_map(|slot| slot.into_inner().ok()?.1) {
        for checked in checked? {
            // One file may be rendered in several ways.
            let rendered = |known: &&mut Checked| {
                known.source.path.is_none() && known.source.name == checked.source.name
            };
            match all.iter_mut().rev().find(rendered).filter(|_| checked.source.path.is_none()) {
                Some(known) => {
                    let new =
                        checked.findings.into_iter().filter(|finding| !known.findings.contains(finding));
                    let new: Vec<Finding> = new.collect();
                    known.findings.extend(new);
                }
                None => all.push(checked),
            }
        }
    }
    Ok(all)
}

fn check_one(
    source: Source,
    configs: &Configs,
    known: &Known,
    contexts: &Contexts,
    safety: Option<Safety>,
) -> Result<Vec<Checked>, Failure> {
    let settings = Settings { evidence: known.of(&source), ..configs.settings(source.path.as_deref())? };
    let is_built = matches!(source.subject, Subject::Dockerfile | Subject::Dockerignore);
    let context = source.path.as_ref().filter(|_| is_built).map(|path| contexts.of(path, &source.bytes));
    let check = |bytes: &[u8]| check_file(source.subject, &source.name, bytes, context.as_ref(), &settings);
    if let Some(rendering) = &source.rendering {
        let now = check(&source.bytes);
        let rendered = String::from_utf8_lossy(&source.bytes);
        let placed = rendering.place(&rendered, now.findings).into_iter().map(|placed| Checked {
            source: Source {
                path: None,
                name: placed.name,
                bytes: placed.text.into_bytes(),
                subject: source.subject,
                rendering: None,
                base: None,
            },
            mended: None,
            findings: placed.findings,
            allowed: 0,
        });
        return Ok(placed.collect());
    }
    let mended =
        safety.map(|safety| mend(&source.bytes, safety, source.subject, &|bytes| check(bytes).findings));
    let now = check(mended.as_ref().map_or(&source.bytes, |mended| &mended.bytes));
    Ok(vec![Checked { source, mended, findings: now.findings, allowed: now.allowed }])
}

impl Checked {
    fn bytes(&self) -> &[u8] {
        self.mended.as_ref().map_or(&self.source.bytes, |mended| &mended.bytes)
    }

    /// What is shown of it.
    pub fn shown(&self) -> Shown<'_> {
        Shown {
            file: &self.source.name,
            text: String::from_utf8_lossy(self.bytes()),
            findings: &self.findings,
        }
    }

    /// What mending changed, as a unified diff.
    pub fn diff(&self) -> String {
        if self.bytes() == self.source.bytes {
            return String::new();
        }
        let (old, new) = (String::from_utf8_lossy(&self.source.bytes), String::from_utf8_lossy(self.bytes()));
        let name = &self.source.name;
        similar::TextDiff::from_lines(&*old, &*new)
            .unified_diff()
            .header(&format!("a/{name}"), &format!("b/{name}"))
            .to_string()
    }

    /// Writes what was mended, in place of the file or to standard output.
    pub fn write(&self) -> Result<(), Failure> {
        match &self.source.path {
            Some(path) if self.bytes() != self.source.bytes => output_file::write(path, self.bytes()),
            _ => Ok(()),
        }
    }

    /// Says what was mended and what was not.
    pub fn tell(&self, context: &Context) {
        let Some(mended) = &self.mended else { return };
        for (rule, title) in &mended.applied {
            context.say(format_args!("{}: {rule}: {title}", self.source.name));
        }
        for withdrawn in &mended.withdrawn {
            context.say(format_args!(
                "{}: {}: not done ({}): {}",
                self.source.name, withdrawn.rule, withdrawn.reason, withdrawn.title
            ));
        }
    }
}

/// One line about everything.
pub fn summary(results: &[Checked]) -> String {
    let findings: usize = results.iter().map(|result| result.findings.len()).sum();
    let allowed: usize = results.iter().map(|result| result.allowed).sum();
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let allowed = if allowed == 0 { String::new() } else { format!(", {allowed} allowed") };
    format!("{} in {}{allowed}", plural(findings, "finding"), plural(results.len(), "file"))
}
