//! `early-command`: what is started stands before what is built.

use crate::build::*;

rule! {
    "early-command", Dockerfile, Info, false,
    "what is started stands before what is built",
    ["tally:epilogue-order"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let built = |keyword: Keyword| matches!(keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
    let Some((end, _)) = input.of_stage(last).filter(|(_, instruction)| built(instruction.keyword)).last() else { return };
    for (_, instruction) in input.of_stage(last).filter(|(index, instruction)| *index < end && matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint)) {
        report.at(instruction.name.range.clone(), format!("{} stands before steps that come after it", instruction.name.text));
    }
}
