//! A plan in a few lines, for people who look before they leap.

use std::fmt::Write as _;

use crate::plan::{Fate, Plan, Removal};

/// What a plan does, in a few lines of plain text.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "plan for {} at level {}", plan.image, plan.level);
    let count = |wanted: fn(&Removal) -> bool| plan.remove.values().filter(|removal| wanted(removal)).count();
    let _ = writeln!(
        text,
        "  {} paths stay, {} go ({} of unused packages, {} unused files, {} that never belong in an image)",
        plan.keep.len(),
        plan.remove.len(),
        count(|removal| matches!(removal, Removal::UnusedPackage { .. })),
        count(|removal| matches!(removal, Removal::UnusedFile { .. } | Removal::Unused)),
        count(|removal| matches!(removal, Removal::Debris { .. })),
    );
    let bytes =
        |of: fn(&crate::plan::PackagePlan) -> u64| plan.packages.iter().map(of).sum::<u64>() as f64 / 1e6;
    let _ = writeln!(
        text,
        "  packages: {:.1} MB before, {:.1} MB after",
        bytes(|package| package.bytes_before),
        bytes(|package| package.bytes_after)
    );
    for (fate, title) in [(Fate::Kept, "kept"), (Fate::Partial, "partial"), (Fate::Removed, "removed")] {
        let of_fate: Vec<_> = plan.packages.iter().filter(|package| package.fate == fate).collect();
        let _ = writeln!(text, "{title}: {}", of_fate.len());
        for package in of_fate {
            let (name, version) = (
                casehard_oci::escape(package.name.as_bytes()),
                casehard_oci::escape(package.version.as_bytes()),
            );
            let _ = writeln!(
                text,
                "  {name} {version} ({}): {} of {} files, {:.2} of {:.2} MB",
                package.kind,
                package.files_after,
                package.files_before,
                package.bytes_after as f64 / 1e6,
                package.bytes_before as f64 / 1e6
            );
        }
    }
    for setting in &plan.settings {
        let _ = writeln!(
            text,
            "{}: {} becomes {} ({})",
            setting.field, setting.before, setting.after, setting.why
        );
    }
    for (path, change) in &plan.changes {
        let _ = writeln!(text, "{path}: {}", change.why.join("; "));
    }
    for (path, writable) in &plan.runtime.writable {
        let _ = writeln!(text, "writable: {path} ({:?})", writable.kind);
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note ({}): {}", note.about, note.text);
    }
    text
}
