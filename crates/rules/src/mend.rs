//! Applying fixes: each is tried, read again and compared; one that does more than it says is withdrawn.

use casehard_dockerfile::{Arguments, Dockerfile};
use casehard_finding::{Edit, Finding, Fix, Safety, Subject};

/// A file after its fixes.
#[derive(Debug, Clone)]
pub struct Mended {
    /// The new bytes.
    pub bytes: Vec<u8>,
    /// What was done, in order: rule and title.
    pub applied: Vec<(String, String)>,
    /// What was not.
    pub withdrawn: Vec<Withdrawn>,
}

/// A fix that would have changed more than it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// The rule.
    pub rule: String,
    /// What it wanted to do.
    pub title: String,
    /// Why it was not done.
    pub reason: &'static str,
}

/// Rounds after which mending ends; each fix may make another one possible.
const ROUNDS: usize = 12;

/// Applies the fixes that `check` proposes for `bytes`, up to `safety`, until none is left.
pub fn mend(bytes: &[u8], safety: Safety, subject: Subject, check: &dyn Fn(&[u8]) -> Vec<Finding>) -> Mended {
    let mut mended = Mended { bytes: bytes.to_vec(), applied: Vec::new(), withdrawn: Vec::new() };
    let mut findings = check(bytes);
    for _ in 0..ROUNDS {
        let mut taken: Vec<(&Finding, &Fix)> = Vec::new();
        for finding in &findings {
            let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safety <= safety && !fix.edits.is_empty())
            else {
                continue;
            };
            let known_bad = mended.withdrawn.iter().any(|w| w.rule == finding.rule && w.title == fix.title);
            if !known_bad && !taken.iter().any(|(_, other)| overlap(fix, other)) {
                taken.push((finding, fix));
            }
        }
        if taken.is_empty() {
            break;
        }
        let before = mended.applied.len();
        let mut round: Vec<Edit> = Vec::new();
        for (finding, fix) in taken {
            let mut tried = round.clone();
            tried.extend(fix.edits.iter().cloned());
            match replaced(&mended.bytes, &mut tried)
                .and_then(|new| keeps_the_rest(&mended.bytes, &new, &tried, subject).map(|()| new))
            {
                Ok(_) => {
                    round = tried;
                    mended.applied.push((finding.rule.clone(), fix.title.clone()));
                }
                Err(reason) => {
                    let (rule, title) = (finding.rule.clone(), fix.title.clone());
                    mended.withdrawn.push(Withdrawn { rule, title, reason });
                }
            }
        }
        let new = match replaced(&mended.bytes, &mut round) {
            Ok(new) if new != mended.bytes => new,
            _ => break,
        };
        let left = check(&new);
        let idle = idle(&mended.applied[before..], &findings, &left);
        if idle.is_empty() {
            (mended.bytes, findings) = (new, left);
        } else {
            mended.applied.truncate(before);
            mended.withdrawn.extend(idle);
        }
    }
    mended
}

/// Fixes after which as much is found as before: they would be made over and over.
fn idle(applied: &[(String, String)], before: &[Finding], after: &[Finding]) -> Vec<Withdrawn> {
    let count = |findings: &[Finding], rule: &str, title: &str| {
        let same = |finding: &&Finding| {
            finding.rule == rule && finding.fix.as_ref().is_some_and(|fix| fix.title == title)
        };
        findings.iter().filter(same).count()
    };
    let mut idle: Vec<Withdrawn> = Vec::new();
    for (rule, title) in applied {
        let is_known = idle.iter().any(|other| other.rule == *rule && other.title == *title);
        if !is_known && count(after, rule, title) >= count(before, rule, title) {
            let reason = "what it mends would still be there";
            idle.push(Withdrawn { rule: rule.clone(), title: title.clone(), reason });
        }
    }
    idle
}

fn overlap(one: &Fix, other: &Fix) -> bool {
    one.edits.iter().any(|a| {
        other
            .edits
            .iter()
            .any(|b| (a.start < b.end && b.start < a.end) || a.start == b.start || a.end == b.end)
    })
}

/// The bytes with edits done.
fn replaced(bytes: &[u8], edits: &mut [Edit]) -> Result<Vec<u8>, &'static str> {
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut at = 0;
    for edit in edits {
        if edit.start < at || edit.end < edit.start || edit.end > bytes.len() {
            return Err("its edits overlap");
        }
        out.extend_from_slice(&bytes[at..edit.start]);
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.end;
    }
    out.extend_from_slice(&bytes[at..]);
    Ok(out)
}

/// Whether instructions that no edit touches mean the same before and after, and nothing new is broken.
fn keeps_the_rest(before: &[u8], after: &[u8], edits: &[Edit], subject: Subject) -> Result<(), &'static str> {
    match subject {
        Subject::Dockerfile => {}
        Subject::Compose | Subject::Kubernetes => return same_yaml(before, after),
        _ => return Ok(()),
    }
    let (old, new) = (Dockerfile::parse(before), Dockerfile::parse(after));
    if new.problems().len() > old.problems().len() {
        return Err("the file would no longer be read without problems");
    }
    let untouched = old.instructions().iter().filter(|instruction| {
        // The last one may have no line end: what is put behind it is a part of it.
        let end = instruction.full.end.max(instruction.range.end + 1);
        !edits.iter().any(|edit| edit.start < end && edit.end >= instruction.full.start)
    });
    let mut rest = new.instructions().iter();
    for instruction in untouched {
        if !rest.any(|other| meaning(other) == meaning(instruction)) {
            return Err("an instruction that it does not touch would change");
        }
    }
    Ok(())
}

/// Whether YAML is still read as it was, with nothing newly broken.
fn same_yaml(before: &[u8], after: &[u8]) -> Result<(), &'static str> {
    let read = |bytes: &[u8]| {
        let file = casehard_deploy::yaml::read(&String::from_utf8_lossy(bytes));
        (file.error.is_some(), file.duplicates.len(), file.documents.len())
    };
    let (old, new) = (read(before), read(after));
    if !old.0 && new.0 || new.1 > old.1 || new.2 != old.2 {
        return Err("the file would no longer be read as it was");
    }
    Ok(())
}

/// An instruction without its places.
fn meaning(
    instruction: &casehard_dockerfile::Instruction,
) -> (String, Vec<String>, String, Vec<String>, bool) {
    (
        instruction.name.text.to_ascii_uppercase(),
        instruction
            .flags
            .iter()
            .map(|flag| format!("{}={}", flag.name, flag.value.as_ref().map_or("", |value| &value.text)))
            .collect(),
        instruction.body.text.clone(),
        instruction.inner().heredocs.iter().map(|heredoc| heredoc.content.text.clone()).collect(),
        matches!(instruction.arguments, Arguments::None),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, check_dockerfile};

    #[test]
    fn a_last_line_without_an_end_is_mended_as_others_are() {
        let settings =
            Settings { only: vec!["node-cache".to_owned(), "untidy-line".to_owned()], ..Settings::new() };
        let check = |bytes: &[u8]| check_dockerfile("Dockerfile", bytes, None, &settings).findings;
        for end in ["", "\n"] {
            let text = format!("FROM node:22\nRUN npm ci{end}");
            let mended = mend(text.as_bytes(), Safety::Evidence, Subject::Dockerfile, &check);
            assert!(mended.withdrawn.is_empty(), "{:?}", mended.withdrawn);
            let text = String::from_utf8(mended.bytes).unwrap();
            assert_eq!(text, "FROM node:22\nRUN npm ci && npm cache clean --force\n");
        }
    }

    #[test]
    fn a_fix_that_changes_nothing_of_what_it_mends_is_withdrawn() {
        let settings = Settings { only: vec!["apt-lists-left".to_owned()], ..Settings::new() };
        let check = |bytes: &[u8]| check_dockerfile("Dockerfile", bytes, None, &settings).findings;
        let mend = |text: &[u8]| mend(text, Safety::Evidence, Subject::Dockerfile, &check);
        let step = "RUN apt-get update && apt-get install -y x";
        // What is put behind a quote that nobody closes is a part of it.
        let open = format!("FROM debian:12\n{step} -c\"]\n");
        let alone = mend(open.as_bytes());
        assert_eq!((alone.withdrawn.len(), alone.applied.len()), (1, 0), "{:?}", alone.withdrawn);
        assert_eq!(alone.bytes, open.as_bytes());
        let once = mend(format!("{open}{step}\n").as_bytes());
        assert!(String::from_utf8_lossy(&once.bytes).ends_with("-y x && rm -rf /var/lib/apt/lists/*\n"));
        let twice = mend(&once.bytes);
        assert_eq!(String::from_utf8(twice.bytes), String::from_utf8(once.bytes));
    }
}
