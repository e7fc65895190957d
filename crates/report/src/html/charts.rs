//! Charts as inline SVG. Everything is drawn with classes and geometry, so that the style sheet colours it.

use maud::{Markup, html as markup};

use super::treemap;
use crate::{
    Before, Package, Report, amount,
    shown::{cut, plain},
};

/// A bar: what is left of what there was.
pub(super) fn left(amounts: &Before<u64>) -> Markup {
    let share = share(amounts.after, amounts.before.max(amounts.after));
    markup! {
        svg.bar viewBox="0 0 1000 60" preserveAspectRatio="none" role="img" {
            title { (format!("{:.1} % is left", share / 10.0)) }
            rect.gone x="0" y="0" width="1000" height="60" rx="0" {}
            rect.kept x="0" y="0" width=(number(share)) height="60" {}
        }
    }
}

/// Thousandths of `whole`; what is there is never drawn as nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 || part == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a length in a picture")]
    let share = part as f64 / whole as f64 * 1000.0;
    share.clamp(4.0, 1000.0)
}

/// A coordinate with one decimal.
fn number(value: f64) -> String {
    format!("{value:.1}")
}

/// What stayed and what went: how many packages, and how much of each.
pub(super) fn section(report: &Report) -> Markup {
    let packages = &report.packages;
    if packages.kept.is_empty() && packages.partial.is_empty() && packages.removed.is_empty() {
        return markup! {};
    }
    markup! {
        section {
            h2 { "What stayed, and what went" }
            div.charts {
                (donut(report))
                (map(report))
            }
        }
    }
}

/// The packages by fate.
fn donut(report: &Report) -> Markup {
    let packages = &report.packages;
    let parts = [
        ("kept", packages.kept.len(), "stay"),
        ("partial", packages.partial.len(), "stay in part"),
        ("gone", packages.removed.len(), "removed"),
    ];
    let all: usize = parts.iter().map(|(_, count, _)| count).sum();
    let mut start = 0.0;
    let arcs = parts.map(|(class, count, _)| {
        let length = share(count as u64, all as u64) / 10.0;
        let arc = (class, start, length);
        start += length;
        arc
    });
    markup! {
        figure.donut {
            svg viewBox="0 0 120 120" role="img" {
                title { "packages by what became of them" }
                // The ring below the arcs closes the hair's breadth between them.
                circle.arc.gone cx="60" cy="60" r="48" {}
                @for (class, start, length) in arcs.into_iter().filter(|(class, ..)| *class != "gone") {
                    @if length > 0.0 {
                        circle class=(format!("arc {class}")) cx="60" cy="60" r="48" pathLength="100"
                            stroke-dasharray=(format!("{length:.2} {:.2}", 100.0 - length))
                            stroke-dashoffset=(format!("{:.2}", 25.0 - start)) {}
                    }
                }
                text.total x="60" y="62" text-anchor="middle" { (all) }
                text.label x="60" y="76" text-anchor="middle" { "packages" }
            }
            ul.legend {
                @for (class, count, word) in parts {
                    @if count > 0 {
                        li { svg.key viewBox="0 0 10 10" aria-hidden="true" { rect class=(class) width="10" height="10" rx="2" {} } (count) " " (word) }
                    }
                }
            }
        }
    }
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 360.0;
/// Packages that get a rectangle of their own.
const DRAWN: usize = 120;

/// Every package as an area: the whole is what it had, the solid part what is left.
fn map(report: &Report) -> Markup {
    let packages = &report.packages;
    let mut all: Vec<&Package> = packages
        .kept
        .iter()
        .chain(&packages.partial)
        .chain(&packages.removed)
        .filter(|package| package.bytes.before > 0)
        .collect();
    all.sort_by(|a, b| b.bytes.before.cmp(&a.bytes.before).then_with(|| a.name.cmp(&b.name)));
    let rest = all.split_off(all.len().min(DRAWN));
    let others = Before {
        before: rest.iter().map(|package| package.bytes.before).sum(),
        after: rest.iter().map(|package| package.bytes.after).sum(),
    };
    let mut cells: Vec<(String, Before<u64>)> = all
        .iter()
        .map(|package| {
            (
                plain(&package.name).into_owned(),
                Before { before: package.bytes.before, after: package.bytes.after },
            )
        })
        .collect();
    if others.before > 0 {
        cells.push((format!("{} others", rest.len()), others));
        cells.sort_by(|a, b| b.1.before.cmp(&a.1.before).then_with(|| a.0.cmp(&b.0)));
    }
    let sizes: Vec<u64> = cells.iter().map(|(_, bytes)| bytes.before).collect();
    let places = treemap::squarified(&sizes, WIDTH, HEIGHT);
    markup! {
        figure.map {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" {
                title { "packages by size: the solid part is what is left" }
                @for ((name, bytes), place) in cells.iter().zip(&places) { (cell(name, bytes, place)) }
            }
            figcaption {
                "Each package by the size of its files. Solid is what is left, faded is what went. Files that belong to no package are not drawn."
            }
        }
    }
}

fn cell(name: &str, bytes: &Before<u64>, place: &treemap::Place) -> Markup {
    let (width, height) = ((place.width - 2.0).max(0.5), (place.height - 2.0).max(0.5));
    let kept = width * share(bytes.after, bytes.before) / 1000.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small positive number of letters"
    )]
    let letters = ((width - 10.0) / 7.2).max(0.0) as usize;
    markup! {
        g {
            title { (name) ": " (amount::bytes(bytes.before)) " → " (amount::bytes(bytes.after)) }
            rect.gone x=(number(place.x + 1.0)) y=(number(place.y + 1.0)) width=(number(width)) height=(number(height)) {}
            @if kept > 0.0 {
                rect class=(if bytes.after == bytes.before || kept > 0.97 * width { "kept" } else { "partial" })
                    x=(number(place.x + 1.0)) y=(number(place.y + 1.0)) width=(number(kept)) height=(number(height)) {}
            }
            @if letters >= 4 && height >= 18.0 {
                text class=(if kept > width / 2.0 { "on" } else { "off" }) x=(number(place.x + 7.0)) y=(number(place.y + 16.0)) { (cut(name, letters)) }
                @if height >= 36.0 && letters >= 8 {
                    text class=(if kept > width / 2.0 { "on small" } else { "off small" }) x=(number(place.x + 7.0)) y=(number(place.y + 31.0)) { (amount::bytes(bytes.before)) }
                }
            }
        }
    }
}

/// How long each stage took, and how much of that the application itself.
pub(super) fn stages(report: &Report) -> Markup {
    let longest = report.run.stages.iter().map(|stage| stage.microseconds).max().unwrap_or_default();
    if longest == 0 {
        return markup! {};
    }
    markup! {
        section {
            h2 { "Time" }
            table.stages {
                @for stage in &report.run.stages {
                    tr {
                        th { (plain(&stage.name)) }
                        td.wide {
                            svg.bar viewBox="0 0 1000 60" preserveAspectRatio="none" aria-hidden="true" {
                                rect.own x="0" y="0" width=(number(share(stage.microseconds, longest))) height="60" {}
                                rect.application x="0" y="0" width=(number(share(stage.application_microseconds.min(stage.microseconds), longest))) height="60" {}
                            }
                        }
                        td.number { (amount::duration(stage.microseconds)) }
                        td.muted {
                            @if stage.application_microseconds > 0 { "application " (amount::duration(stage.application_microseconds)) }
                        }
                    }
                }
            }
            p.muted { "Stages that ran beside others overlap. The lighter part is the application itself." }
        }
    }
}
