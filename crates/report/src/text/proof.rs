//! What shows that the image still works and is hardened.

use std::fmt::Write as _;

use anstyle::Style;

use super::{BOLD, DIM, GREEN, Page, RED, YELLOW};
use crate::{
    Report, Side, Step, amount, shown,
    table::{Cell, Table},
};

pub(super) fn checks(page: &mut Page, report: &Report) {
    page.heading("Checks", "");
    if report.checks.is_empty() {
        let _ = writeln!(page.out, "  {YELLOW}none was made{YELLOW:#}");
        return;
    }
    let mut table = Table::default();
    for check in &report.checks {
        let status = Cell::new(&check.status).styled(status_style(&check.status));
        table.row([status, Cell::new(&check.name), Cell::new(&check.evidence)]);
        if !check.before.is_empty() && check.before != check.evidence {
            let before = format!("original: {}", check.before);
            table.row([Cell::new(""), Cell::new(""), Cell::new(before).styled(DIM)]);
        }
    }
    page.table(&table);
}

fn status_style(status: &str) -> Style {
    match status {
        "PASS" => GREEN,
        "WARN" => YELLOW.bold(),
        _ => RED.bold(),
    }
}

pub(super) fn steps(page: &mut Page, report: &Report) {
    let count = report.steps.len();
    let summary = format!(
        "{}, {} held out from profiling (◦)",
        amount::of(count as u64, "step", "steps"),
        report.held_out()
    );
    page.heading("Runs", &summary);
    if report.steps.is_empty() {
        let _ = writeln!(page.out, "  {YELLOW}nothing was run{YELLOW:#}");
        return;
    }
    let mut table = Table::default();
    let titles = [
        Cell::new(""),
        Cell::new("step"),
        Cell::right("original"),
        Cell::right("hardened"),
        Cell::new("answers"),
    ];
    table.row(titles.map(|title| title.styled(DIM)));
    for (at, step) in report.steps.iter().enumerate() {
        let times = report.run.steps.get(at);
        let side = |side: &Side, time: Option<u64>| {
            let text = time.map(amount::duration).unwrap_or_default();
            if side.passed {
                Cell::right(if text.is_empty() { "pass".to_owned() } else { text }).styled(GREEN)
            } else {
                Cell::right(format!("FAIL {text}").trim_end()).styled(RED.bold())
            }
        };
        let answers = match (step.differences.len(), step.passed()) {
            (0, true) => Cell::new("alike").styled(DIM),
            (0, false) => Cell::new(""),
            (differences, _) => {
                Cell::new(amount::of(differences as u64, "difference", "differences")).styled(YELLOW)
            }
        };
        table.row([
            Cell::new(if step.held_out { "◦" } else { "•" }).styled(DIM),
            Cell::new(&step.name),
            side(&step.original, times.map(|times| times.original)),
            side(&step.hardened, times.map(|times| times.hardened)),
            answers,
        ]);
    }
    page.table(&table);
    let mut told: Option<&Step> = None;
    let mut alike = 0;
    for step in report.steps.iter().filter(|step| !step.passed() || !step.differences.is_empty()) {
        let same = |other: &Step| {
            !step.passed() && (&other.original, &other.hardened) == (&step.original, &step.hardened)
        };
        if told.is_some_and(same) {
            alike += 1;
            continue;
        }
        further(page, std::mem::take(&mut alike));
        details(page, step);
        told = Some(step);
    }
    further(page, alike);
}

/// That more steps failed for the reasons just told.
fn further(page: &mut Page, alike: u64) {
    if alike > 0 {
        let text =
            format!("{} failed for the same reason", amount::of(alike, "further step", "further steps"));
        page.item("✗", RED, &text);
    }
}

/// Why a step did not go well, or how its answers differ.
fn details(page: &mut Page, step: &Step) {
    let style = if step.passed() { YELLOW } else { RED };
    page.item(if step.passed() { "≠" } else { "✗" }, style, &step.name);
    let sides = [("original", &step.original), ("hardened", &step.hardened)];
    let mut rows = Table::default();
    for (name, side) in sides {
        for reason in &side.reasons {
            rows.row([Cell::new(name).styled(DIM), Cell::new(shown::cut(reason, 400))]);
        }
    }
    for difference in step.telling_differences() {
        rows.row([Cell::new("differs").styled(DIM), Cell::new(shown::cut(difference, 400))]);
    }
    let drawn = rows.draw(4, page.columns);
    page.out.push_str(&drawn);
}

pub(super) fn repairs(page: &mut Page, report: &Report) {
    if report.repairs.is_empty() {
        return;
    }
    page.heading("Put back", "a step failed without these");
    let mut table = Table::default();
    for repair in &report.repairs {
        let by = repair.program.as_ref().map(|program| format!(", by {program}")).unwrap_or_default();
        let by = if repair.by == "bisecting" { ", found by bisecting".to_owned() } else { by };
        table.row([
            Cell::new(&repair.path),
            Cell::new(format!("{}{by} (round {})", repair.step, repair.round)).styled(DIM),
        ]);
    }
    page.table(&table);
}

/// What is left of the vulnerabilities, in one line.
fn vulnerabilities(report: &Report) -> String {
    let (Some(before), Some(after)) = (&report.vulnerabilities.before, &report.vulnerabilities.after) else {
        return "vulnerabilities not scanned".to_owned();
    };
    let total = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    let severe = |counts: &std::collections::BTreeMap<String, u64>| {
        ["critical", "high"].iter().filter_map(|level| counts.get(*level)).sum::<u64>()
    };
    format!(
        "known vulnerabilities: {} → {}, of which critical or high {} → {}",
        amount::count(total(before)),
        amount::count(total(after)),
        amount::count(severe(before)),
        amount::count(severe(after)),
    )
}

pub(super) fn verdict(page: &mut Page, report: &Report) {
    let passed = report.steps.iter().filter(|step| step.passed()).count();
    let mut facts = vec![
        format!(
            "{passed} of {} pass on both images ({} held out)",
            amount::of(report.steps.len() as u64, "step", "steps"),
            report.held_out()
        ),
        format!(
            "checks: {} pass, {} warn, {} fail",
            report.checks_with("PASS"),
            report.checks_with("WARN"),
            report.checks_with("FAIL")
        ),
    ];
    if !report.unseen.is_empty() {
        facts
            .push(format!("{} could not be seen", amount::of(report.unseen.len() as u64, "thing", "things")));
    }
    facts.push(vulnerabilities(report));
    page.out.push('\n');
    if report.verdict.hardened {
        let style = GREEN.bold();
        let _ = writeln!(page.out, "{style}✔ hardened{style:#}");
    } else {
        let style = RED.bold();
        let _ = writeln!(page.out, "{style}✘ NOT hardened{style:#}");
        for reason in &report.verdict.reasons {
            page.item("✗", RED, &shown::cut(reason, 400));
        }
    }
    for fact in facts {
        let _ = writeln!(page.out, "  {BOLD}·{BOLD:#} {fact}");
    }
}
