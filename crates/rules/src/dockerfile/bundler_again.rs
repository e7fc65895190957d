//! `bundler-again`: Bundler is installed on an image that has it.

use crate::build::*;

rule! {
    "bundler-again", Dockerfile, Info, false,
    "Bundler is installed on an image that has it",
    ["tally:ruby/redundant-bundler-install"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs().filter(|(_, install)| install.manager == Manager::Gem) {
        let base = input.image_below(step.stage).map(ImageName::parse).filter(|name| name.is_official("ruby"));
        // Since Ruby 2.6 it belongs to Ruby.
        let has = base.is_some_and(|name| name.version().is_none_or(|version| version >= (2, 6)));
        let [word] = install.packages.as_slice() else { continue };
        if !has || word.text() != "bundler" || install.call.has_flag(&["-v", "--version", "--pre"]) {
            continue;
        }
        let found = report.at(install.call.range(), "Bundler is there, and takes the version of the lock file by itself");
        if step.commands.len() == 1 && !step.is_exec && !step.is_script && step.instruction.heredocs.is_empty() && step.comments.is_empty() {
            let outer = &input.document.instructions()[step.index];
            if outer.keyword == Keyword::Run && outer.inner_comments.is_empty() {
                found.evidence_fix("leave it out", vec![replace(outer.full.clone(), "")]);
            }
        }
    }
}
