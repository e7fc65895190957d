//! Why a package stays or went.

use super::{
    Answer, path,
    words::{safe, some},
};
use crate::plan::{Fate, PackagePlan, Plan, Removal};

pub(super) fn why(plan: &Plan, about: &str) -> Vec<Answer> {
    plan.packages
        .iter()
        .filter(|package| is_called(package, about))
        .map(|package| answer(plan, package))
        .collect()
}

/// By its name as it is or as Python folds names (PEP 503), `kind/name`, `name@version`, or package URL.
fn is_called(package: &PackagePlan, about: &str) -> bool {
    let folded = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
    let name = about.strip_prefix(&format!("{}/", package.kind)).unwrap_or(about);
    let name = name.strip_suffix(&format!("@{}", package.version)).unwrap_or(name);
    let bare = |purl: &str| purl.split(['?', '#']).next().unwrap_or_default().to_owned();
    name == package.name
        || (package.kind == "pypi" && folded(name) == folded(&package.name))
        || (about.starts_with("pkg:") && (about == package.purl || about == bare(&package.purl)))
}

fn answer(plan: &Plan, package: &PackagePlan) -> Answer {
    let subject = format!("{} {} {}", safe(&package.kind), safe(&package.name), safe(&package.version));
    let fate = match package.fate {
        Fate::Kept => "stays",
        Fate::Partial => "stays in part",
        Fate::Removed => "was removed",
    };
    let mut answer = Answer::new(subject.trim_end(), fate);
    answer.push(0, safe(&package.why));
    answer.push(
        0,
        format!(
            "{} of its {} files stay, {} of {} bytes",
            package.files_after, package.files_before, package.bytes_after, package.bytes_before
        ),
    );
    for kept in package.kept_by.iter().take(3) {
        answer.push(0, format!("because of {kept}:"));
        let because = path::why(plan, kept).map(|answer| answer.because).unwrap_or_default();
        for line in because {
            answer.push(line.depth + 1, line.text);
        }
    }
    if package.kept_by.len() > 3 {
        answer.push(0, format!("and of {}", some(&package.kept_by[3..], 5)));
    }
    let gone: Vec<_> = plan
        .remove
        .iter()
        .filter(|(_, removal)| match removal {
            Removal::UnusedPackage { package: of } | Removal::UnusedFile { package: of } => {
                *of == package.name
            }
            _ => false,
        })
        .map(|(path, _)| path)
        .collect();
    if !gone.is_empty() {
        answer.push(0, format!("removed as unused: {}", some(gone, 8)));
    }
    answer
}
