//! `blank-continuation`: a blank line inside an instruction.

use crate::build::*;

rule! {
    "blank-continuation", Dockerfile, Low, true,
    "a blank line inside an instruction",
    ["buildkit:NoEmptyContinuation"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for problem in input.document.problems().iter().filter(|problem| problem.kind == ProblemKind::BlankContinuation) {
        report.at(problem.range.clone(), "blank line inside an instruction").safe("delete the blank line", vec![replace(problem.range.clone(), "")]);
    }
}
