//! What became of the image: packages, configuration, controls, and what is not known.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use anstyle::Style;

use super::{BOLD, DIM, GREEN, Page, RED, YELLOW};
use crate::{
    Controls, Package, Report, amount, shown,
    table::{self, Cell, Table},
};

/// How many rows of a long list are shown; `report.json` has all of them.
const ROWS: usize = 12;

pub(super) fn packages(page: &mut Page, report: &Report) {
    let packages = &report.packages;
    let summary = format!(
        "{} removed, {} partial, {} kept",
        packages.removed.len(),
        packages.partial.len(),
        packages.kept.len()
    );
    page.heading("Packages", &summary);
    let kinds: BTreeSet<&String> = packages.count.before.keys().chain(packages.count.after.keys()).collect();
    let mut table = Table::default();
    for kind in kinds {
        let number = |counts: &BTreeMap<String, u64>| counts.get(kind).copied().unwrap_or_default();
        table.row([
            Cell::new(kind),
            Cell::right(amount::count(number(&packages.count.before))),
            Cell::new("→").styled(DIM),
            Cell::right(amount::count(number(&packages.count.after))).styled(BOLD),
        ]);
    }
    page.table(&table);
    if !packages.removed.is_empty() {
        let names = packages.removed.iter().take(4 * ROWS).map(|package| package.name.as_str());
        let mut names = names.collect::<Vec<_>>().join(", ");
        let more = packages.removed.len().saturating_sub(4 * ROWS);
        if more > 0 {
            let _ = write!(names, " and {more} more");
        }
        page.item("removed", GREEN, &names);
    }
    partial(page, &packages.partial);
}

fn partial(page: &mut Page, partial: &[Package]) {
    if partial.is_empty() {
        return;
    }
    page.item("partial", YELLOW, "files of these are left, so they stay in every list of packages");
    let mut table = Table::default();
    for package in partial.iter().take(ROWS) {
        table.row([
            Cell::new(&package.name),
            Cell::new(&package.version).styled(DIM),
            Cell::right(format!("{} of {} files", package.files.after, package.files.before)),
            Cell::right(amount::bytes(package.bytes.after)),
        ]);
    }
    let drawn = table.draw(10, page.columns);
    page.out.push_str(&drawn);
    let more = partial.len().saturating_sub(ROWS);
    if more > 0 {
        let _ = writeln!(page.out, "          {DIM}and {more} more{DIM:#}");
    }
}

pub(super) fn vulnerabilities(page: &mut Page, report: &Report) {
    let data = report.advisories.as_ref().map(crate::Advisories::said).unwrap_or_default();
    page.heading("Vulnerabilities", &data);
    let (before, after) = (&report.vulnerabilities.before, &report.vulnerabilities.after);
    if before.is_none() && after.is_none() {
        let _ = writeln!(page.out, "  {YELLOW}not scanned{YELLOW:#}");
        return;
    }
    let mut table = Table::default();
    table.row(["", "before", "after"].map(|title| Cell::right(title).styled(DIM)));
    let number = |counts: &Option<BTreeMap<String, u64>>, severity: &str| match counts {
        None => "not scanned".to_owned(),
        Some(counts) => amount::count(counts.get(severity).copied().unwrap_or_default()),
    };
    for severity in severities(before.as_ref(), after.as_ref()) {
        let style = match severity.as_str() {
            "critical" => RED.bold(),
            "high" => RED,
            "medium" => YELLOW,
            _ => Style::new(),
        };
        table.row([
            Cell::new(&severity).styled(style),
            Cell::right(number(before, &severity)),
            Cell::right(number(after, &severity)).styled(BOLD),
        ]);
    }
    page.table(&table);
    if let Some(advisories) = &report.advisories {
        for line in [advisories.gone(), advisories.unused()].into_iter().flatten() {
            page.item("·", DIM, &line);
        }
    }
}

/// The severities, worst first; names that are not known come last.
pub(crate) fn severities(
    before: Option<&BTreeMap<String, u64>>,
    after: Option<&BTreeMap<String, u64>>,
) -> Vec<String> {
    let known = ["critical", "high", "medium", "low", "negligible", "unknown"];
    let given: BTreeSet<&String> = before.into_iter().chain(after).flat_map(BTreeMap::keys).collect();
    let mut all: Vec<String> = known[..4].iter().map(|&name| name.to_owned()).collect();
    all.extend(
        known[4..]
            .iter()
            .filter(|name| given.iter().any(|given| given == *name))
            .map(|&name| name.to_owned()),
    );
    all.extend(given.into_iter().filter(|name| !known.contains(&name.as_str())).cloned());
    all
}

pub(super) fn settings(page: &mut Page, report: &Report) {
    if report.settings.is_empty() {
        return;
    }
    page.heading("Configuration", "");
    let mut rows = Table::default();
    for setting in &report.settings {
        let empty = |value: &str| if value.is_empty() { "(empty)".to_owned() } else { value.to_owned() };
        let change = format!("{} → {}", empty(&setting.before), empty(&setting.after));
        rows.row([Cell::new(&setting.field).styled(BOLD), Cell::new(change)]);
        rows.row([Cell::new(""), Cell::new(&setting.why).styled(DIM)]);
    }
    page.table(&rows);
}

pub(super) fn controls(page: &mut Page, report: &Report) {
    page.heading("Runs under", "seccomp.json, compose.yaml, kubernetes.yaml");
    let controls = &report.controls;
    let mut rows = Table::default();
    let mut row = |name: &str, value: &str| rows.row([Cell::new(name).styled(DIM), Cell::new(value)]);
    row("user", &controls.user);
    row("root", if controls.read_only { "read-only" } else { "writable" });
    if controls.capabilities.is_empty() {
        row("capabilities", "none");
    }
    for capability in &controls.capabilities {
        row("capability", &format!("{} for {}", capability.name, capability.operations.join(", ")));
    }
    for place in &controls.writable {
        let example = place.evidence.first().map(|path| format!(", such as {path}")).unwrap_or_default();
        row("writes to", &format!("{} ({}){example}", place.path, place.kind));
    }
    let ports = if controls.ports.is_empty() { "none".to_owned() } else { controls.ports.join(", ") };
    row("ports", &ports);
    row("system calls", &system_calls(controls));
    page.table(&rows);
}

/// How many were seen and are allowed, and how many a narrower profile would allow.
pub(crate) fn system_calls(controls: &Controls) -> String {
    let allowed = |breadth: &str| controls.allowed.get(breadth).copied().unwrap_or_default();
    let (seen, now) = (controls.syscalls.len(), allowed(&controls.seccomp));
    match allowed("seen") {
        narrow if narrow < now => format!("{seen} seen, {now} allowed ({narrow} with --seccomp seen)"),
        _ => format!("{seen} seen, {now} allowed"),
    }
}

pub(super) fn remarks(page: &mut Page, report: &Report) {
    if !report.unseen.is_empty() {
        page.heading("Not seen", "of these nothing is known");
        for unseen in &report.unseen {
            page.item("?", YELLOW, unseen);
        }
    }
    if !report.notes.is_empty() {
        page.heading("Notes", "");
        for note in &report.notes {
            page.item("·", DIM, &format!("{}: {}", note.about, note.text));
        }
    }
}

pub(super) fn stages(page: &mut Page, report: &Report) {
    if report.run.stages.is_empty() {
        return;
    }
    page.heading("Time", "");
    let stages = report.run.stages.iter().map(|stage| {
        let mut text = format!("{} {}", stage.name, amount::duration(stage.microseconds));
        if stage.application_microseconds > 0 {
            let _ = write!(text, " (application {})", amount::duration(stage.application_microseconds));
        }
        text
    });
    let line = stages.collect::<Vec<_>>().join(" · ");
    for line in table::wrap(&shown::plain(&line), page.columns.saturating_sub(2)) {
        let _ = writeln!(page.out, "  {DIM}{line}{DIM:#}");
    }
}
