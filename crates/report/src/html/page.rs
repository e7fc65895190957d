//! The frame of the page, and what stands at its top.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use casehard_harden::Plan;
use casehard_oci::Digest;
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::{charts, paths, tables};
use crate::{Before, Report, amount, shown::plain, text::severities};

const STYLE: &str = include_str!("style.css");

/// The report as HTML. With the plan, the page tells of paths too.
#[must_use]
pub fn html(report: &Report, plan: Option<&Plan>) -> String {
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(format!("casehard {}", plain(&report.run.version)));
                title { (verdict_word(report)) ": " (plain(&report.image.name)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(report))
                main {
                    (verdict(report))
                    (tiles(report))
                    (charts::section(report))
                    (tables::unseen(report))
                    (tables::checks(report))
                    (tables::steps(report))
                    (tables::repairs(report))
                    (tables::settings(report))
                    (tables::controls(report))
                    (tables::packages(report))
                    @if let Some(plan) = plan { (paths::section(plan)) }
                    (tables::notes(report))
                    (charts::stages(report))
                }
                footer {
                    "Drawn by casehard " (plain(&report.run.version)) " from report.json"
                    @if plan.is_some() { " and plan.json" }
                    ". Run " code { "casehard why OUT PATH" } " for the whole reason of any path or package."
                }
            }
        }
    };
    page.into_string()
}

/// Nothing may be loaded or run, and the one style sheet is named by its digest.
fn policy() -> String {
    let hex = Digest::of(STYLE.as_bytes()).hex();
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .filter_map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect();
    let digest = STANDARD.encode(bytes);
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}

fn verdict_word(report: &Report) -> &'static str {
    if report.verdict.hardened { "Hardened" } else { "Not hardened" }
}

fn head(report: &Report) -> Markup {
    let date = report.run.date.replace('T', " ").replace('Z', " UTC");
    markup! {
        header {
            div.brand {
                svg viewBox="0 0 24 24" aria-hidden="true" {
                    path.case d="M12 1.5 21.5 7v10L12 22.5 2.5 17V7Z" {}
                    path.core d="M12 7.2 16.3 9.7v5L12 17.2l-4.3-2.5v-5Z" {}
                }
                "Casehard"
                span.muted { "hardening report" }
            }
            div.title {
                h1 { (plain(&report.image.name)) }
                span class=(if report.verdict.hardened { "verdict ok" } else { "verdict bad" }) { (verdict_word(report)) }
            }
            dl.facts {
                div { dt { "original" } dd.mono { (plain(&report.image.digest.before)) } }
                div { dt { "hardened" } dd.mono { (plain(&report.image.digest.after)) } }
                div { dt { "base" } dd { (plain(&crate::text::base(report))) } }
                div.short { dt { "level" } dd { (plain(&report.level)) } }
                div.short { dt { "date" } dd { (plain(&date)) } }
                @if let Some(owner) = &report.image.owner {
                    div.short { dt { "owner" } dd { (plain(owner)) } }
                }
            }
        }
    }
}

/// What was shown, or why it is not called hardened.
fn verdict(report: &Report) -> Markup {
    if report.verdict.hardened {
        return markup! {};
    }
    markup! {
        section.box.bad {
            h2 { "Why it is not called hardened" }
            ul { @for reason in report.verdict.reasons.iter().take(50) { li { (plain(reason)) } } }
        }
    }
}

fn tiles(report: &Report) -> Markup {
    let (before, after) = (&report.size.before, &report.size.after);
    let stored = Before { before: before.compressed, after: after.compressed };
    let entries = Before { before: before.entries, after: after.entries };
    let packages = report.packages.total();
    let passed = report.steps.iter().filter(|step| step.passed()).count();
    let [pass, warn, fail] = ["PASS", "WARN", "FAIL"].map(|status| report.checks_with(status));
    markup! {
        section.tiles {
            (tile("Size as stored", &amount::percent(stored.reduction()), &stored, amount::bytes))
            (tile("Packages", &amount::percent(packages.reduction()), &packages, amount::count))
            (tile("Paths", &amount::percent(entries.reduction()), &entries, amount::count))
            div.tile {
                h3 { "Checks" }
                p.big { (pass) span.muted { " of " (report.checks.len()) } }
                p { span.ok { (pass) " pass" } " · " span.warn { (warn) " warn" } " · " span.bad { (fail) " fail" } }
            }
            div.tile {
                h3 { "Steps on both images" }
                p.big { (passed) span.muted { " of " (report.steps.len()) } }
                p { (report.held_out()) " held out from profiling" }
            }
            (vulnerabilities(report))
        }
    }
}

fn tile(name: &str, big: &str, amounts: &Before<u64>, show: fn(u64) -> String) -> Markup {
    markup! {
        div.tile {
            h3 { (name) }
            p.big { (big) }
            (charts::left(amounts))
            p { (show(amounts.before)) " → " strong { (show(amounts.after)) } }
        }
    }
}

fn vulnerabilities(report: &Report) -> Markup {
    let (before, after) = (report.vulnerabilities.before.as_ref(), report.vulnerabilities.after.as_ref());
    let number = |counts: Option<&std::collections::BTreeMap<String, u64>>, severity: &str| {
        counts.map_or_else(
            || "not scanned".to_owned(),
            |counts| amount::count(counts.get(severity).copied().unwrap_or_default()),
        )
    };
    markup! {
        div.tile {
            h3 { "Vulnerabilities" }
            @if before.is_none() && after.is_none() {
                p.big.muted { "not scanned" }
                p { "nothing is known of them" }
            } @else {
                table.counts {
                    @for severity in severities(before, after) {
                        tr {
                            th { (plain(&severity)) }
                            td { (number(before, &severity)) " → " strong { (number(after, &severity)) } }
                        }
                    }
                }
                @if let Some(advisories) = report.advisories.as_ref() {
                    p { (plain(&advisories.said())) }
                    @for line in [advisories.gone(), advisories.unused()].into_iter().flatten() { p { (plain(&line)) } }
                }
            }
        }
    }
}
