//! `many-sources-to-file`: several sources are copied to what is no directory.

use crate::build::*;

rule! {
    "many-sources-to-file", Dockerfile, High, true,
    "several sources are copied to what is no directory",
    ["hadolint:DL3021", "trivy:DS-0011", "droast:DF048"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let Some((target, sources)) = instruction.words().split_last() else { continue };
        let Value::Known(path) = input.model.value_at(target, index) else { continue };
        let fine = path.ends_with(['/', '\\']) || path == "." || path == ".." || path.ends_with("/.");
        if sources.len() > 1 && !fine {
            let found = report.at(target.range.clone(), format!("{path} must end with a slash when several things are copied"));
            if input.source(target.range.clone()) == target.text && !target.text.ends_with(['"', '\'']) {
                found.safe("add the slash", vec![insert(target.range.end, "/")]);
            }
        }
    }
}
