//! Which image, and how large it was and is.

use std::fmt::Write as _;

use super::{BOLD, DIM, GREEN, Page, YELLOW};
use crate::{
    Before, Report, amount,
    table::{Cell, Table},
};

pub(super) fn image(page: &mut Page, report: &Report) {
    let date = report.run.date.replace('T', " ").replace('Z', " UTC");
    let by = format!("casehard {} · {} · level {}", report.run.version, date, report.level);
    let _ = writeln!(page.out, "{BOLD}Hardening report{BOLD:#}  {DIM}{}{DIM:#}\n", crate::shown::plain(&by));
    let mut table = Table::default();
    let mut row = |name: &str, value: &str| table.row([Cell::new(name).styled(DIM), Cell::new(value)]);
    row("image", &report.image.name);
    row("original", &report.image.digest.before);
    row("hardened", &report.image.digest.after);
    row("base", &base(report));
    if let Some(owner) = &report.image.owner {
        row("owner", owner);
    }
    page.table(&table);
}

/// The base image in one line.
pub(crate) fn base(report: &Report) -> String {
    let base = report.image.base.as_ref();
    match base.map(|base| (base.name.as_deref(), base.digest.as_deref())) {
        None | Some((None, None)) => "not known: the image has no annotation that names it".to_owned(),
        Some((Some(name), Some(digest))) => format!("{name} {digest}"),
        Some((Some(name), None)) => format!("{name} (no digest)"),
        Some((None, Some(digest))) => digest.to_owned(),
    }
}

pub(super) fn sizes(page: &mut Page, report: &Report) {
    page.heading("Size", "");
    let has_room = page.columns >= 72;
    let (before, after) = (&report.size.before, &report.size.after);
    let mut table = Table::default();
    table.row([
        Cell::new(""),
        Cell::right("before").styled(DIM),
        Cell::right("after").styled(DIM),
        Cell::right("change").styled(DIM),
    ]);
    let mut row = |name: &str, amounts: Before<u64>, show: &dyn Fn(u64) -> String| {
        let reduction = amounts.reduction();
        let style = if reduction >= 0.05 { GREEN.bold() } else { YELLOW };
        let mut cells = vec![
            Cell::new(name),
            Cell::right(show(amounts.before)),
            Cell::right(show(amounts.after)).styled(BOLD),
            Cell::right(amount::percent(reduction)).styled(style),
        ];
        if has_room {
            cells.push(Cell::new(bar(&amounts)).styled(DIM));
        }
        table.row(cells);
    };
    row("as stored", Before { before: before.compressed, after: after.compressed }, &amount::bytes);
    row("unpacked", Before { before: before.unpacked, after: after.unpacked }, &amount::bytes);
    row("paths", Before { before: before.entries, after: after.entries }, &amount::count);
    row("packages", report.packages.total(), &amount::count);
    page.table(&table);
}

/// What is left of what there was: `██████░░░░░░░░░░░░░░`. What is left is never drawn as nothing, nor what went.
fn bar(amounts: &Before<u64>) -> String {
    const WIDTH: u64 = 24;
    let all = u128::from(amounts.before.max(amounts.after).max(1));
    let mut full = u64::try_from(u128::from(amounts.after) * u128::from(WIDTH) / all).unwrap_or(WIDTH);
    if amounts.after > 0 {
        full = full.max(1);
    }
    if amounts.after < amounts.before {
        full = full.min(WIDTH - 1);
    }
    let full = usize::try_from(full).unwrap_or_default();
    let rest = usize::try_from(WIDTH).unwrap_or_default() - full;
    "█".repeat(full) + &"░".repeat(rest)
}
