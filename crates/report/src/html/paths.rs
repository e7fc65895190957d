//! Why paths stay or went: by reason, folded, a bounded number of each.

use std::collections::BTreeMap;

use casehard_harden::{Plan, why};
use casehard_oci::RootPath;
use maud::{Markup, html as markup};

use super::tables::more;
use crate::{
    amount,
    from_hardening::{reason_name, removal_name},
};

/// Paths of one reason that are shown.
const ROWS: usize = 150;

/// A path with the sentences about it.
type Row<'a> = (&'a RootPath, Vec<String>);

pub(super) fn section(plan: &Plan) -> Markup {
    let mut removed: BTreeMap<&str, (usize, Vec<Row<'_>>)> = BTreeMap::new();
    for (path, removal) in &plan.remove {
        let (count, rows) = removed.entry(removal_name(removal)).or_default();
        *count += 1;
        if rows.len() < ROWS {
            rows.push((path, vec![why::removal(removal)]));
        }
    }
    let mut kept: BTreeMap<&str, (usize, Vec<Row<'_>>)> = BTreeMap::new();
    for (path, reasons) in &plan.keep {
        let name = reasons.first().map_or("other", reason_name);
        let (count, rows) = kept.entry(name).or_default();
        *count += 1;
        if rows.len() < ROWS && name != "holds" {
            rows.push((path, reasons.iter().take(3).map(why::reason).collect()));
        }
    }
    let changed: Vec<Row<'_>> =
        plan.changes.iter().take(ROWS).map(|(path, change)| (path, change.why.clone())).collect();
    let added: Vec<Row<'_>> =
        plan.additions.iter().take(ROWS).map(|(path, addition)| (path, vec![addition.why.clone()])).collect();
    markup! {
        section {
            h2 { "Paths" }
            h3 { "Removed" }
            @for (name, (count, rows)) in sorted(removed) { (group(removal_title(name), count, &rows)) }
            h3 { "Kept" }
            @for (name, (count, rows)) in sorted(kept) { (group(reason_title(name), count, &rows)) }
            @if !changed.is_empty() || !added.is_empty() {
                h3 { "Changed and added" }
                (group("owner, mode or attributes changed", plan.changes.len(), &changed))
                (group("put in", plan.additions.len(), &added))
            }
        }
    }
}

/// The most frequent reason first.
fn sorted<T>(groups: BTreeMap<&str, (usize, T)>) -> Vec<(&str, (usize, T))> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
    groups
}

fn removal_title(name: &str) -> &str {
    match name {
        "unused-package" => "of packages that nothing used",
        "unused-file" => "unused files of packages that stay",
        "unused" => "unused, and of no package",
        "debris" => "what never belongs in an image",
        "orphan" => "made no sense without something that went",
        "package-manager-state" => "records of a package manager that went",
        "asked" => "asked for in the workload's drop:",
        "empty" => "directories of which nothing is left",
        other => other,
    }
}

fn reason_title(name: &str) -> &str {
    match name {
        "used" => "used by the application",
        "needed" => "needed by something that stays",
        "listed" => "in a directory that was listed",
        "package" => "of a package that stays whole",
        "application" => "beside the application's files",
        "configuration" => "named in the image's configuration",
        "basic" => "needed by every container or scanner",
        "asked" => "asked for in the workload's keep:",
        "repair" => "put back because a step failed",
        "holds" => "directories that hold something",
        "level" => "kept because of the level",
        other => other,
    }
}

fn group(title: &str, count: usize, rows: &[Row<'_>]) -> Markup {
    if count == 0 {
        return markup! {};
    }
    markup! {
        details {
            summary { strong { (amount::count(count as u64)) } " " (title) }
            @if !rows.is_empty() {
                div.scroll { table {
                    tbody {
                        @for (path, sentences) in rows {
                            tr {
                                td.mono.path { (path.to_string()) }
                                td.muted { @for sentence in sentences { div { (crate::shown::plain(sentence)) } } }
                            }
                        }
                    }
                } }
                (more(count, rows.len(), "plan.json"))
            }
        }
    }
}
