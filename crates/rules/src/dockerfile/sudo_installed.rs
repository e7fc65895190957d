//! `sudo-installed`: sudo or doas is installed in the shipped stage.

use crate::build::*;

rule! {
    "sudo-installed", Dockerfile, High, true,
    "sudo or doas is installed in the shipped stage",
    ["dockle:DKL-DI-0001"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, install) in input.installs().filter(|(step, _)| input.is_shipped(step.stage)) {
        for (name, word) in install.names().filter(|(name, _)| matches!(*name, "sudo" | "doas" | "opendoas")) {
            report.at(word.range.clone(), format!("{name} is installed in the image that is shipped"));
        }
    }
}
