//! `copy-without-owner`: files are copied as root and given away in a later layer.

use crate::build::*;

rule! {
    "copy-without-owner", Dockerfile, Medium, true,
    "files are copied as root and given away in a later layer",
    ["casehard:copy-chown-order"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy) {
        let Some(stage) = input.model.stage_of(index) else { continue };
        if instruction.flag("chown").is_some() {
            continue;
        }
        let Some(target) = instruction.words().last() else { continue };
        let target = target.text.trim_end_matches('/');
        if target.is_empty() || target == "." {
            continue;
        }
        let later = input.steps.iter().filter(|step| step.stage == stage.index && step.index > index);
        let mut chowns = later.flat_map(Step::calls).filter(|call| call.program() == "chown");
        let Some(chown) = chowns.find(|call| call.arguments().iter().skip(1).any(|word| word.text().trim_end_matches('/') == target)) else {
            continue;
        };
        let owner = chown.arguments().iter().find(|word| !word.text().starts_with('-')).and_then(|word| word.literal.clone());
        let found = report.at(instruction.range.clone(), format!("{target} is copied as root and given away in a later layer, so it is stored twice"));
        if let Some(owner) = owner.filter(|_| chown.has_flag(&["-R", "--recursive"])) {
            let at = instruction.name.range.end;
            found.evidence_fix("give the owner when copying", vec![insert(at, format!(" --chown={owner}"))]);
        }
    }
}
