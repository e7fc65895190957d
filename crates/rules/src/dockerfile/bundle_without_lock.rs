//! `bundle-without-lock`: bundle install may install other versions than the lock file says.

use crate::build::*;

rule! {
    "bundle-without-lock", Dockerfile, Low, false,
    "bundle install may install other versions than the lock file says",
    ["tally:ruby/missing-bundle-deployment"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let bundler = Bundler::of(input);
    for step in &input.steps {
        let Some(call) = step.calls().find(|call| call.is_bundle("install")) else { continue };
        let locked = input.model.lineage_instructions(step.stage).into_iter().any(|(index, instruction)| {
            index < step.index && matches!(instruction.keyword, Keyword::Copy | Keyword::Add) && ["Gemfile.lock", "Gemfile*", "gems.locked"].iter().any(|name| instruction.body.text.contains(name))
        });
        let holds = ["deployment", "frozen"].iter().any(|setting| bundler.has(input, step, setting)) || call.has_flag(&["--deployment", "--frozen", "--local"]);
        if locked && !holds {
            let found = report.at(call.range(), "where the lock file does not fit the Gemfile, Bundler chooses anew and goes on");
            if call.stands_alone(input, step) && call.command.assignments.is_empty() {
                found.evidence_fix("hold to the lock file", vec![insert(call.command.range.start, "BUNDLE_FROZEN=true ")]);
            }
        }
    }
}
