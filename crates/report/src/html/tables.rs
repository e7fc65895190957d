//! The sections of the page that are tables.

use maud::{Markup, html as markup};

use crate::{
    Package, Report, Side, amount,
    shown::{cut, plain},
};

/// Rows of a long table that are shown; `report.json` has all of them.
const ROWS: usize = 400;

pub(super) fn unseen(report: &Report) -> Markup {
    if report.unseen.is_empty() {
        return markup! {};
    }
    markup! {
        section.box.warn {
            h2 { "Not seen" }
            p { "Of these nothing is known; they are no part of the verdict." }
            ul { @for unseen in &report.unseen { li { (plain(unseen)) } } }
        }
    }
}

pub(super) fn checks(report: &Report) -> Markup {
    markup! {
        section {
            h2 { "Checks" }
            div.scroll { table {
                thead { tr { th {} th { "check" } th { "evidence" } th { "original" } } }
                tbody {
                    @for check in &report.checks {
                        tr {
                            td { span class=(pill(&check.status)) { (plain(&check.status)) } }
                            td.name { (plain(&check.name)) }
                            td { (cut(&plain(&check.evidence), 500)) }
                            td.muted { (cut(&plain(&check.before), 500)) }
                        }
                    }
                }
            } }
        }
    }
}

fn pill(status: &str) -> &'static str {
    match status {
        "PASS" => "pill ok",
        "WARN" => "pill warn",
        _ => "pill bad",
    }
}

pub(super) fn steps(report: &Report) -> Markup {
    let time = |micros: Option<u64>| micros.map(amount::duration).unwrap_or_default();
    let side = |side: &Side, micros: Option<u64>| {
        markup! {
            td.number {
                span class=(if side.passed { "ok" } else { "bad" }) { (if side.passed { "✓" } else { "✗ failed" }) }
                " " (time(micros))
            }
        }
    };
    markup! {
        section {
            h2 { "Runs" }
            p.muted { "The same workload on both images, on the hardened one under the recommended controls. Steps that are held out ran here and not while profiling." }
            div.scroll { table {
                thead { tr { th { "step" } th {} th.number { "original" } th.number { "hardened" } th { "answers" } } }
                tbody {
                    @for (at, step) in report.steps.iter().enumerate() {
                        @let times = report.run.steps.get(at);
                        tr {
                            td.name { (plain(&step.name)) }
                            td { @if step.held_out { span.tag { "held out" } } }
                            (side(&step.original, times.map(|times| times.original)))
                            (side(&step.hardened, times.map(|times| times.hardened)))
                            td {
                                @if step.passed() && step.differences.is_empty() { span.muted { "alike" } }
                                @if !step.original.reasons.is_empty() || !step.hardened.reasons.is_empty() || !step.differences.is_empty() {
                                    ul.tight {
                                        @for reason in step.original.reasons.iter().take(10) { li.bad { "original: " (cut(&plain(reason), 500)) } }
                                        @for reason in step.hardened.reasons.iter().take(10) { li.bad { (cut(&plain(reason), 500)) } }
                                        @for difference in step.telling_differences().take(10) { li.warn { (cut(&plain(difference), 500)) } }
                                    }
                                }
                            }
                        }
                    }
                }
            } }
        }
    }
}

pub(super) fn repairs(report: &Report) -> Markup {
    if report.repairs.is_empty() {
        return markup! {};
    }
    markup! {
        section {
            h2 { "Put back" }
            p.muted { "A step failed without these; the image was built and verified again with them." }
            div.scroll { table {
                thead { tr { th { "path" } th { "step" } th { "looked for by" } th.number { "round" } } }
                tbody {
                    @for repair in report.repairs.iter().take(ROWS) {
                        tr {
                            td.mono { (plain(&repair.path)) }
                            td { (plain(&repair.step)) }
                            td.mono { (plain(repair.program.as_deref().unwrap_or(if repair.by == "bisecting" { "found by bisecting" } else { "" }))) }
                            td.number { (repair.round) }
                        }
                    }
                }
            } }
        }
    }
}

pub(super) fn settings(report: &Report) -> Markup {
    if report.settings.is_empty() {
        return markup! {};
    }
    markup! {
        section {
            h2 { "Configuration" }
            div.scroll { table {
                thead { tr { th { "field" } th { "before" } th { "after" } th { "why" } } }
                tbody {
                    @for setting in &report.settings {
                        tr {
                            td.name { (plain(&setting.field)) }
                            td.mono.old { (value(&setting.before)) }
                            td.mono.new { (value(&setting.after)) }
                            td { (plain(&setting.why)) }
                        }
                    }
                }
            } }
        }
    }
}

fn value(text: &str) -> Markup {
    markup! { @if text.is_empty() { span.muted { "(empty)" } } @else { (cut(&plain(text), 500)) } }
}

pub(super) fn controls(report: &Report) -> Markup {
    let controls = &report.controls;
    markup! {
        section {
            h2 { "Runs under" }
            p.muted { "Written for you as seccomp.json, compose.yaml and kubernetes.yaml." }
            dl.controls {
                dt { "user" } dd.mono { (plain(&controls.user)) }
                dt { "root file system" } dd { (if controls.read_only { "read-only" } else { "writable" }) }
                dt { "capabilities" }
                dd {
                    @if controls.capabilities.is_empty() { "none" }
                    @for capability in &controls.capabilities {
                        div { span.mono { (plain(&capability.name)) } span.muted { " for " (plain(&capability.operations.join(", "))) } }
                    }
                }
                dt { "writes to" }
                dd {
                    @if controls.writable.is_empty() { "nothing" }
                    @for place in &controls.writable {
                        div {
                            span.mono { (plain(&place.path)) } " " span.tag { (plain(&place.kind)) }
                            @if let Some(example) = place.evidence.first() { span.muted { " such as " (plain(example)) } }
                        }
                    }
                }
                dt { "ports" } dd.mono { (if controls.ports.is_empty() { "none".to_owned() } else { plain(&controls.ports.join(", ")).into_owned() }) }
                dt { "system calls" }
                dd {
                    details {
                        summary { (crate::text::system_calls(controls)) }
                        p.mono.small { (plain(&controls.syscalls.join(" "))) }
                    }
                }
            }
        }
    }
}

pub(super) fn packages(report: &Report) -> Markup {
    let packages = &report.packages;
    markup! {
        section {
            h2 { "Packages" }
            (group("removed", "no file of them is left", &packages.removed))
            (group("partial", "some of their files are left: they stay in every list of packages", &packages.partial))
            (group("kept", "they stay", &packages.kept))
        }
    }
}

fn group(name: &str, what: &str, packages: &[Package]) -> Markup {
    if packages.is_empty() {
        return markup! {};
    }
    markup! {
        details {
            summary { strong { (packages.len()) " " (name) } " " span.muted { (what) } }
            div.scroll { table {
                thead { tr { th { "package" } th { "version" } th { "kind" } th.number { "files" } th.number { "size" } th { "why" } } }
                tbody {
                    @for package in packages.iter().take(ROWS) {
                        tr {
                            td.name { (plain(&package.name)) }
                            td.mono { (cut(&plain(&package.version), 60)) }
                            td { (plain(&package.kind)) }
                            td.number { (amount::count(package.files.before)) " → " (amount::count(package.files.after)) }
                            td.number { (amount::bytes(package.bytes.before)) " → " (amount::bytes(package.bytes.after)) }
                            td.muted { (plain(&package.why)) }
                        }
                    }
                }
            } }
            (more(packages.len(), ROWS, "report.json"))
        }
    }
}

/// That a table does not show everything, when it does not.
pub(super) fn more(all: usize, shown: usize, file: &str) -> Markup {
    markup! {
        @if all > shown {
            p.muted { "The first " (amount::count(shown as u64)) " of " (amount::count(all as u64)) " are shown; " (file) " has all of them." }
        }
    }
}

pub(super) fn notes(report: &Report) -> Markup {
    if report.notes.is_empty() {
        return markup! {};
    }
    markup! {
        section {
            h2 { "Notes" }
            ul { @for note in &report.notes { li { strong { (plain(&note.about)) } ": " (plain(&note.text)) } } }
        }
    }
}
