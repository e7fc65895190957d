//! `broken-instruction`: something that BuildKit refuses.

use crate::build::*;

rule! {
    "broken-instruction", Dockerfile, High, true,
    "something that BuildKit refuses",
    ["hadolint:DL1000", "tally:unknown-instruction", "hadolint:DL3043", "hadolint:DL3061", "droast:DF068", "droast:DF037"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for problem in input.document.problems() {
        if problem.kind == ProblemKind::BlankContinuation {
            continue;
        }
        let message = problem.kind.to_string();
        if let ProblemKind::UnknownInstruction(name) = &problem.kind {
            let Some(instruction) = input.document.instructions().iter().find(|instruction| instruction.range.contains(&problem.range.start) || instruction.range.end == problem.range.start) else { continue };
            let near: Vec<&str> = Keyword::names().filter(|known| distance(known, &name.to_ascii_uppercase()) == 1).collect();
            let found = report.at(instruction.name.range.clone(), message);
            if let [only] = near.as_slice() {
                found.evidence_fix(format!("write {only}"), vec![replace(instruction.name.range.clone(), *only)]);
            }
        } else {
            report.at(problem.range.clone(), message);
        }
    }
}

/// Edits of one letter between two short words.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if other.len() > 24 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let next = (diagonal + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[other.len()]
}
