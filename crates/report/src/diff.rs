//! The difference of two images on a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use casehard_oci::RootPath;
use casehard_verify::diff::{Aspect, Diff, PathDifference};

use crate::{
    amount, shown,
    table::{Cell, Table},
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// The difference for a terminal that many columns wide, at most `rows` lines for each part, with colours as ANSI
/// sequences. A directory that went or came as a whole is one line.
#[must_use]
pub fn diff_text(diff: &Diff, columns: usize, rows: usize) -> String {
    let mut out = String::new();
    let columns = columns.clamp(40, 200);
    let _ = writeln!(out, "{DIM}{} → {}{DIM:#}", diff.before, diff.after);
    if diff.is_empty() {
        let _ = writeln!(out, "no difference in {}", amount::of(diff.alike, "path", "paths"));
    }
    packages(&mut out, diff, columns, rows);
    config(&mut out, diff, columns, rows);
    paths(&mut out, diff, columns, rows);
    for unknown in &diff.unknowns {
        let _ = writeln!(out, "{YELLOW}not read{YELLOW:#} {}", shown::plain(unknown));
    }
    out
}

fn heading(out: &mut String, title: &str, remark: &str) {
    let _ = writeln!(out, "\n{BOLD}{title}{BOLD:#}  {DIM}{remark}{DIM:#}");
}

fn more(out: &mut String, all: usize, shown: usize) {
    if all > shown {
        let _ = writeln!(out, "  {DIM}and {} more{DIM:#}", all - shown);
    }
}

fn packages(out: &mut String, diff: &Diff, columns: usize, rows: usize) {
    if diff.packages.is_empty() {
        return;
    }
    let count = |test: fn(&casehard_verify::diff::PackageDifference) -> bool| {
        diff.packages.iter().filter(|package| test(package)).count()
    };
    let (removed, added) =
        (count(|package| package.after.is_empty()), count(|package| package.before.is_empty()));
    let changed = diff.packages.len() - removed - added;
    heading(out, "Packages", &format!("{removed} removed, {added} added, {changed} changed"));
    let mut table = Table::default();
    for package in diff.packages.iter().take(rows) {
        let (mark, style) = match (package.before.is_empty(), package.after.is_empty()) {
            (_, true) => ("−", RED),
            (true, _) => ("+", GREEN),
            _ => ("~", YELLOW),
        };
        let versions: Vec<String> = [&package.before, &package.after]
            .into_iter()
            .filter(|versions| !versions.is_empty())
            .map(|versions| versions.join(", "))
            .collect();
        table.row([
            Cell::new(mark).styled(style),
            Cell::new(&package.kind).styled(DIM),
            Cell::new(&package.name),
            Cell::new(versions.join(" → ")),
        ]);
    }
    out.push_str(&table.draw(2, columns));
    more(out, diff.packages.len(), rows);
}

fn config(out: &mut String, diff: &Diff, columns: usize, rows: usize) {
    if diff.config.is_empty() {
        return;
    }
    heading(out, "Configuration", &amount::of(diff.config.len() as u64, "field", "fields"));
    let mut table = Table::default();
    let value = |value: &Option<serde_json::Value>| {
        value
            .as_ref()
            .map_or_else(|| "(absent)".to_owned(), |value| shown::cut(&value.to_string(), 200).into_owned())
    };
    for field in diff.config.iter().take(rows) {
        let change = format!("{} → {}", value(&field.before), value(&field.after));
        table.row([Cell::new("~").styled(YELLOW), Cell::new(&field.field), Cell::new(change)]);
    }
    out.push_str(&table.draw(2, columns));
    more(out, diff.config.len(), rows);
}

fn paths(out: &mut String, diff: &Diff, columns: usize, rows: usize) {
    if diff.paths.is_empty() {
        return;
    }
    let is_removed = |one: &&PathDifference| matches!(one.aspect, Aspect::Removed { .. });
    let is_added = |one: &&PathDifference| matches!(one.aspect, Aspect::Added { .. });
    let removed = diff.paths.iter().filter(is_removed).count();
    let added = diff.paths.iter().filter(is_added).count();
    let gone: u64 = diff
        .paths
        .iter()
        .map(|one| if let Aspect::Removed { size, .. } = one.aspect { size } else { 0 })
        .sum();
    let remark = format!(
        "{} removed ({}), {} added, {} changed in {}, {} alike",
        amount::count(removed as u64),
        amount::bytes(gone),
        amount::count(added as u64),
        amount::of((diff.paths.len() - removed - added) as u64, "aspect", "aspects"),
        changed(diff),
        amount::count(diff.alike)
    );
    heading(out, "Paths", &remark);
    let lines = lines(diff);
    let mut table = Table::default();
    for (mark, style, path, what) in lines.iter().take(rows) {
        table.row([Cell::new(mark).styled(*style), Cell::new(path), Cell::new(what).styled(DIM)]);
    }
    out.push_str(&table.draw(2, columns));
    more(out, lines.len(), rows);
}

fn changed(diff: &Diff) -> String {
    let mut paths: Vec<&RootPath> = diff
        .paths
        .iter()
        .filter(|one| !matches!(one.aspect, Aspect::Removed { .. } | Aspect::Added { .. }))
        .map(|one| &one.path)
        .collect();
    paths.dedup();
    amount::of(paths.len() as u64, "path", "paths")
}

type Row = (&'static str, Style, String, String);

/// One line for each difference; what stands below a path that went or came is told with it.
fn lines(diff: &Diff) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut at = 0;
    while let Some(one) = diff.paths.get(at) {
        at += 1;
        let (mark, style, kind) = match &one.aspect {
            Aspect::Removed { kind, .. } => ("−", RED, kind),
            Aspect::Added { kind, .. } => ("+", GREEN, kind),
            other => {
                rows.push(("~", YELLOW, one.path.to_string(), aspect(other)));
                continue;
            }
        };
        let (mut below, mut bytes) = (0_u64, size(&one.aspect));
        while let Some(next) = diff.paths.get(at) {
            let same = std::mem::discriminant(&next.aspect) == std::mem::discriminant(&one.aspect);
            if !same || !next.path.starts_with(&one.path) {
                break;
            }
            (below, bytes, at) = (below + 1, bytes + size(&next.aspect), at + 1);
        }
        let what = match (kind.as_str(), below) {
            ("file", _) => amount::bytes(bytes),
            ("directory", 1..) => format!("{}, {}", amount::of(below, "path", "paths"), amount::bytes(bytes)),
            (kind, _) => kind.to_owned(),
        };
        let slash = if kind == "directory" { "/" } else { "" };
        rows.push((mark, style, format!("{}{slash}", one.path), what));
    }
    // What changed about paths that stay is the rarer and weighs more than what went.
    rows.sort_by_key(|(mark, ..)| ["~", "+", "−"].iter().position(|known| known == mark));
    rows
}

fn size(aspect: &Aspect) -> u64 {
    match aspect {
        Aspect::Removed { size, .. } | Aspect::Added { size, .. } => *size,
        _ => 0,
    }
}

fn aspect(aspect: &Aspect) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let names = |names: &[RootPath]| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        if names.is_empty() { "itself alone".to_owned() } else { names.join(", ") }
    };
    match aspect {
        Aspect::Kind { before, after } => format!("{before} → {after}"),
        Aspect::Content { before, after } if before == after => {
            format!("content ({})", amount::bytes(*after))
        }
        Aspect::Content { before, after } => {
            format!("content ({} → {})", amount::bytes(*before), amount::bytes(*after))
        }
        Aspect::Target { before, after } => format!("target {before} → {after}"),
        Aspect::Mode { before, after } => format!("mode {before:04o} → {after:04o}"),
        Aspect::Owner { before, after } => format!("owner {before} → {after}"),
        Aspect::Xattr { name, before, after } => format!("xattr {name} {} → {}", value(before), value(after)),
        Aspect::Names { before, after } => format!("same file as {} → {}", names(before), names(after)),
        Aspect::Time { before, after } => {
            format!("time {} → {}", amount::date(*before), amount::date(*after))
        }
        Aspect::Added { .. } => "added".to_owned(),
        Aspect::Removed { .. } => "removed".to_owned(),
    }
}
