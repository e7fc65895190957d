//! What differs between the runs of one workload on two images.

use casehard_engine::Output;
use casehard_oci::escape;
use casehard_profile::workload::{Channel, Mask};

use crate::{
    difference::{Difference, Kind, first_difference},
    error_lines::new_error_lines,
    run::{Answer, Outcome, Run, StepRun, StopRun, Verdict},
    volatile::{Masks, volatile_header},
};

/// What differs between a run on the original image and one on the hardened image, in the order of the run.
///
/// Parts that `mask` names, and headers that differ by their nature (`Date`, a cookie's value, …), are not compared.
/// A difference that is told but no failure has `failing` unset.
#[must_use]
pub fn compare(original: &Run, hardened: &Run, mask: &[Mask]) -> Vec<Difference> {
    let masks = Masks::new(mask);
    let mut found = Vec::new();
    readiness(original, hardened, &mut found);
    for one in original.steps.iter().chain(&original.roles) {
        match hardened.steps.iter().chain(&hardened.roles).find(|two| same(one, two)) {
            Some(two) => step(one, two, &masks, &mut found),
            None => found.push(Difference::new(
                one.title(),
                Kind::Verdict,
                "it was not run on the hardened image",
            )),
        }
    }
    stop(&original.stop, &hardened.stop, &mut found);
    for (line, failing) in new_error_lines(&original.log, &hardened.log, &masks) {
        let explanation = format!("the application wrote, on the hardened image only: `{line}`");
        let difference = Difference::new("log".to_owned(), Kind::Log, explanation);
        found.push(Difference { hardened: line, failing, ..difference });
    }
    found
}

/// Marks as no failure what differs between two runs of the original image as well: it varies by itself.
pub fn forgive(differences: &mut [Difference], of_itself: &[Difference]) {
    for difference in differences.iter_mut().filter(|difference| difference.failing) {
        let varies = |other: &Difference| {
            (&other.place, &other.kind) == (&difference.place, &difference.kind)
                && !matches!(difference.kind, Kind::Verdict | Kind::Log)
        };
        if of_itself.iter().any(varies) {
            difference.failing = false;
            difference.explanation.push_str("; it differs between two runs of the original as well");
        }
    }
}

fn same(one: &StepRun, two: &StepRun) -> bool {
    (one.kind, one.number, &one.name) == (two.kind, two.number, &two.name)
}

fn readiness(original: &Run, hardened: &Run, found: &mut Vec<Difference>) {
    let (before, after) = (&original.ready, &hardened.ready);
    verdicts("readiness", &before.verdict, &after.verdict, found);
    let (slow, fast) = (after.took.max(before.took), after.took.min(before.took));
    // Starting varies: only what a person would notice is told.
    if before.verdict.passed()
        && after.verdict.passed()
        && slow > fast * 3 / 2
        && (slow - fast).as_millis() > 100
    {
        let (before, after) = (before.took.as_millis(), after.took.as_millis());
        let explanation = format!("ready after {after} ms, on the original image after {before} ms");
        let difference = Difference::new("readiness".to_owned(), Kind::StartUp, explanation);
        found.push(Difference {
            original: format!("{before} ms"),
            hardened: format!("{after} ms"),
            failing: false,
            ..difference
        });
    }
}

fn verdicts(place: &str, original: &Verdict, hardened: &Verdict, found: &mut Vec<Difference>) {
    if original.passed() && !hardened.passed() {
        let difference = Difference::new(place.to_owned(), Kind::Verdict, hardened.to_string());
        found.push(Difference {
            original: original.to_string(),
            hardened: hardened.to_string(),
            ..difference
        });
    }
}

fn step(one: &StepRun, two: &StepRun, masks: &Masks<'_>, found: &mut Vec<Difference>) {
    let before = found.len();
    let place = one.title();
    match (&one.outcome, &two.outcome) {
        (Outcome::Answer(one), Outcome::Answer(two)) => answers(&place, one, two, masks, found),
        (Outcome::Output(one), Outcome::Output(two)) => outputs(&place, one, two, masks, found),
        _ => {}
    }
    if found.len() == before {
        verdicts(&place, &one.verdict, &two.verdict, found);
    }
}

fn answers(place: &str, one: &Answer, two: &Answer, masks: &Masks<'_>, found: &mut Vec<Difference>) {
    if one.status != two.status {
        let explanation = format!("the status is {}, on the original image {}", two.status, one.status);
        found.push(Difference {
            original: one.status.to_string(),
            hardened: two.status.to_string(),
            ..Difference::new(place.to_owned(), Kind::Status, explanation)
        });
    }
    let mut names: Vec<&str> =
        one.headers.iter().chain(&two.headers).map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    // Where the body itself varies, what is computed from it does too.
    let body_varies = one.body != two.body && masks.any(Channel::Body);
    for name in names.into_iter().filter(|name| !volatile_header(name, body_varies)) {
        let [before, after] = [one, two].map(|answer| {
            let values: Vec<_> = answer.header_values(name).map(|value| masks.header(name, value)).collect();
            if values.is_empty() { None } else { Some(values.join(", ")) }
        });
        if before != after {
            let shown = |value: &Option<String>| value.as_deref().map_or("absent".to_owned(), quoted);
            let (before, after) = (shown(&before), shown(&after));
            let explanation = format!("the header {name} is {after}, on the original image {before}");
            found.push(Difference {
                original: before,
                hardened: after,
                ..Difference::new(place.to_owned(), Kind::Header(name.to_owned()), explanation)
            });
        }
    }
    texts(place, Kind::Body, "the body", [&one.body, &two.body], masks, found);
}

fn outputs(place: &str, one: &Output, two: &Output, masks: &Masks<'_>, found: &mut Vec<Difference>) {
    if one.exit != two.exit {
        let (before, after) = (one.exit.code(), two.exit.code());
        let explanation = format!("the exit code is {after}, on the original image {before}");
        found.push(Difference {
            original: before.to_string(),
            hardened: after.to_string(),
            ..Difference::new(place.to_owned(), Kind::Exit, explanation)
        });
    }
    texts(place, Kind::Stdout, "standard output", [&one.stdout, &two.stdout], masks, found);
    texts(place, Kind::Stderr, "standard error", [&one.stderr, &two.stderr], masks, found);
}

fn texts(
    place: &str,
    kind: Kind,
    what: &str,
    [one, two]: [&Vec<u8>; 2],
    masks: &Masks<'_>,
    found: &mut Vec<Difference>,
) {
    if one == two {
        return;
    }
    let channel = match kind {
        Kind::Body => Channel::Body,
        Kind::Stdout => Channel::Stdout,
        _ => Channel::Stderr,
    };
    let [one, two] = [one, two].map(|bytes| masks.apply(channel, bytes));
    let Some((line, before, after)) = first_difference(&one, &two) else { return };
    let shown = |line: Option<&[u8]>| line.map_or("no such line".to_owned(), cut);
    let (before, after) = (shown(before), shown(after));
    let explanation = format!("{what} differs from line {line} on: {after}, on the original image {before}");
    // Standard error is for people: another warning there is told, an error that is new is a failure.
    let failing =
        kind != Kind::Stderr || new_error_lines(&one, &two, masks).iter().any(|(_, failing)| *failing);
    found.push(Difference {
        original: before,
        hardened: after,
        failing,
        ..Difference::new(place.to_owned(), kind, explanation)
    });
}

fn stop(one: &StopRun, two: &StopRun, found: &mut Vec<Difference>) {
    let before = found.len();
    if let (Some(before), Some(after)) = (one.exit, two.exit)
        && before != after
    {
        let (before, after) = (before.code(), after.code());
        let killed = if two.killed { " (it had to be killed)" } else { "" };
        let explanation =
            format!("the application ended with code {after}{killed}, on the original image with {before}");
        found.push(Difference {
            original: before.to_string(),
            hardened: after.to_string(),
            ..Difference::new("stop".to_owned(), Kind::Exit, explanation)
        });
    }
    if found.len() == before {
        verdicts("stop", &one.verdict, &two.verdict, found);
    }
}

fn quoted(text: &str) -> String {
    cut(text.as_bytes())
}

fn cut(line: &[u8]) -> String {
    const LONGEST: usize = 200;
    let more = if line.len() > LONGEST { "…" } else { "" };
    format!("`{}{more}`", escape(&line[..line.len().min(LONGEST)]))
}
