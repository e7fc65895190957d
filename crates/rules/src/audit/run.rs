//! Running the rules about images.

use casehard_finding::Finding;
use casehard_image::{Image, Tree};
use casehard_inventory::Inventory;

use super::{FileContents, Input};
use crate::{
    Settings,
    check::{Run, checks},
    report::Report,
};

/// Runs every rule about images that the settings want.
pub(crate) fn check(
    image: &Image,
    tree: &Tree,
    inventory: &Inventory,
    contents: &FileContents,
    settings: &Settings,
) -> Vec<Finding> {
    let input = Input::new(image, tree, inventory, contents, settings);
    let mut findings = Vec::new();
    for check in checks().filter(|check| settings.runs(&check.rule)) {
        let Run::Image(run) = check.run else { continue };
        let severity = settings.severity(&check.rule);
        let position = |_| (1, 1);
        run(
            &input,
            &mut Report {
                rule: &check.rule,
                severity,
                file: "",
                position: &position,
                findings: &mut findings,
            },
        );
    }
    findings.sort_by(|a, b| {
        (std::cmp::Reverse(a.severity), &a.rule, &a.location, &a.message).cmp(&(
            std::cmp::Reverse(b.severity),
            &b.rule,
            &b.location,
            &b.message,
        ))
    });
    findings.dedup();
    findings
}
