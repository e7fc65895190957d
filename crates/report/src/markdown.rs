//! The report as a comment on a pull request: GitHub Flavored Markdown that also reads well as text.

use std::fmt::Write as _;

use crate::{
    Before, Report, amount,
    shown::{code, cut, markdown as safe},
    text::{base, severities},
};

/// Rows of a table that are shown; comments have a limit.
const ROWS: usize = 40;
/// Characters of one text that are shown.
const LENGTH: usize = 300;

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    vulnerabilities(&mut out, report);
    checks(&mut out, report);
    steps(&mut out, report);
    packages(&mut out, report);
    settings(&mut out, report);
    unseen(&mut out, report);
    let _ = writeln!(
        out,
        "\n<sub>casehard {} · {} · level {} · original {} · hardened {}</sub>",
        safe(&report.run.version),
        safe(&report.run.date),
        safe(&report.level),
        code(&report.image.digest.before),
        code(&report.image.digest.after)
    );
    out
}

fn text(text: &str) -> String {
    safe(&cut(text, LENGTH))
}

fn head(out: &mut String, report: &Report) {
    let (mark, verdict) = if report.verdict.hardened { ("✅", "hardened") } else { ("❌", "NOT hardened") };
    let _ = writeln!(out, "### {mark} {} is {verdict}\n", text(&report.image.name));
    for reason in report.verdict.reasons.iter().take(ROWS) {
        let _ = writeln!(out, "- {}", text(reason));
    }
    if !report.verdict.reasons.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "| | before | after | change |\n|:--|--:|--:|--:|");
    let (before, after) = (&report.size.before, &report.size.after);
    let mut row = |name: &str, amounts: Before<u64>, show: &dyn Fn(u64) -> String| {
        let _ = writeln!(
            out,
            "| {name} | {} | **{}** | {} |",
            show(amounts.before),
            show(amounts.after),
            amount::percent(amounts.reduction())
        );
    };
    row("size as stored", Before { before: before.compressed, after: after.compressed }, &amount::bytes);
    row("size unpacked", Before { before: before.unpacked, after: after.unpacked }, &amount::bytes);
    row("paths", Before { before: before.entries, after: after.entries }, &amount::count);
    row("packages", report.packages.total(), &amount::count);
    let _ = writeln!(out, "\nBase: {}", text(&base(report)));
}

fn vulnerabilities(out: &mut String, report: &Report) {
    let (before, after) = (&report.vulnerabilities.before, &report.vulnerabilities.after);
    if before.is_none() && after.is_none() {
        let _ = writeln!(out, "\nVulnerabilities: **not scanned**");
        return;
    }
    let _ = writeln!(out, "\n| vulnerabilities | before | after |\n|:--|--:|--:|");
    for severity in severities(before.as_ref(), after.as_ref()) {
        let number = |counts: &Option<std::collections::BTreeMap<String, u64>>| match counts {
            None => "not scanned".to_owned(),
            Some(counts) => amount::count(counts.get(&severity).copied().unwrap_or_default()),
        };
        let _ = writeln!(out, "| {} | {} | **{}** |", text(&severity), number(before), number(after));
    }
    if let Some(advisories) = &report.advisories {
        let _ = writeln!(out, "\n{}", text(&advisories.said()));
        for line in [advisories.gone(), advisories.unused()].into_iter().flatten() {
            let _ = writeln!(out, "\n{}", text(&line));
        }
    }
}

fn checks(out: &mut String, report: &Report) {
    let summary = format!(
        "{} pass, {} warn, {} fail",
        report.checks_with("PASS"),
        report.checks_with("WARN"),
        report.checks_with("FAIL")
    );
    let bad = report.checks_with("PASS") < report.checks.len();
    let _ = writeln!(
        out,
        "\n<details{}><summary><b>Checks</b>: {summary}</summary>\n",
        if bad { " open" } else { "" }
    );
    let _ = writeln!(out, "| | check | evidence | original |\n|:--|:--|:--|:--|");
    for check in &report.checks {
        let mark = match check.status.as_str() {
            "PASS" => "✅",
            "WARN" => "⚠️",
            _ => "❌",
        };
        let _ = writeln!(
            out,
            "| {mark} {} | {} | {} | {} |",
            safe(&check.status),
            code(&check.name),
            text(&check.evidence),
            text(&check.before)
        );
    }
    out.push_str("\n</details>\n");
}

fn steps(out: &mut String, report: &Report) {
    let passed = report.steps.iter().filter(|step| step.passed()).count();
    let open = if passed < report.steps.len() { " open" } else { "" };
    let _ = writeln!(
        out,
        "\n<details{open}><summary><b>Runs</b>: {passed} of {} pass on both images, {} held out from profiling</summary>\n",
        amount::of(report.steps.len() as u64, "step", "steps"),
        report.held_out()
    );
    let _ = writeln!(out, "| step | held out | original | hardened | differences |\n|:--|:-:|:-:|:-:|:--|");
    // What went wrong is shown whatever the number of steps.
    let (good, bad): (Vec<_>, Vec<_>) =
        report.steps.iter().partition(|step| step.passed() && step.differences.is_empty());
    let shown = bad.len().clamp(ROWS, 5 * ROWS);
    let mark = |passed: bool| if passed { "✅" } else { "❌" };
    for step in bad.iter().chain(&good).take(shown) {
        let reasons =
            step.hardened.reasons.iter().chain(&step.original.reasons).chain(step.telling_differences());
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            text(&step.name),
            if step.held_out { "yes" } else { "" },
            mark(step.original.passed),
            mark(step.hardened.passed),
            reasons.take(5).map(|reason| text(reason)).collect::<Vec<_>>().join("<br>")
        );
    }
    more(out, report.steps.len(), shown);
    out.push_str("\n</details>\n");
}

fn packages(out: &mut String, report: &Report) {
    let packages = &report.packages;
    let _ = writeln!(
        out,
        "\n<details><summary><b>Packages</b>: {} removed, {} partial, {} kept</summary>\n",
        packages.removed.len(),
        packages.partial.len(),
        packages.kept.len()
    );
    let _ = writeln!(out, "| package | kind | files | size | why |\n|:--|:--|--:|--:|:--|");
    let rows = packages.partial.iter().chain(&packages.removed);
    for package in rows.take(ROWS) {
        let _ = writeln!(
            out,
            "| {} {} | {} | {} → {} | {} → {} | {} |",
            code(&package.name),
            text(&package.version),
            text(&package.kind),
            package.files.before,
            package.files.after,
            amount::bytes(package.bytes.before),
            amount::bytes(package.bytes.after),
            text(&package.why)
        );
    }
    more(out, packages.partial.len() + packages.removed.len(), ROWS);
    out.push_str("\n</details>\n");
}

fn more(out: &mut String, all: usize, shown: usize) {
    if all > shown {
        let _ = writeln!(out, "\n… and {} more; `report.json` has all of them.", all - shown);
    }
}

fn settings(out: &mut String, report: &Report) {
    if report.settings.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n<details><summary><b>Configuration</b>: {} changed</summary>\n",
        report.settings.len()
    );
    let _ = writeln!(out, "| field | before | after | why |\n|:--|:--|:--|:--|");
    for setting in &report.settings {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            code(&setting.field),
            code(&cut(&setting.before, LENGTH)),
            code(&cut(&setting.after, LENGTH)),
            text(&setting.why)
        );
    }
    out.push_str("\n</details>\n");
}

fn unseen(out: &mut String, report: &Report) {
    if !report.unseen.is_empty() {
        out.push_str("\n**Not seen** (of these nothing is known):\n\n");
        for unseen in report.unseen.iter().take(ROWS) {
            let _ = writeln!(out, "- {}", text(unseen));
        }
    }
    if !report.notes.is_empty() {
        out.push_str("\n**Notes**:\n\n");
        for note in report.notes.iter().take(ROWS) {
            let _ = writeln!(out, "- {}: {}", text(&note.about), text(&note.text));
        }
    }
}
