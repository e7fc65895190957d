//! `layer-waste`: layers hold bytes that upper layers replace or delete.

use crate::audit::*;

rule! {
    "layer-waste", Image, Info, true,
    "layers hold bytes that upper layers replace or delete",
    ["dive:waste"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let summary = casehard_image::summarise(input.image, input.tree, 0);
    let wasted = summary.wasted;
    if wasted >= 20_000_000 || (wasted >= 10_000_000 && wasted * 10 >= summary.files_size) {
        report.on(casehard_finding::Location::Image, format!("{wasted} bytes of the layers are replaced or deleted by upper layers"));
    }
}
