//! `lost-blanks`: echo writes one blank where several or a tab stand.

use crate::build::*;

rule! {
    "lost-blanks", Dockerfile, Info, false,
    "echo writes one blank where several or a tab stand",
    ["shellcheck:SC2291"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for call in step.calls().filter(|call| call.program() == "echo" && call.name().text() == "echo") {
            let gap = call.arguments().windows(2).find(|two| {
                let between = input.source(two[0].range.end..two[1].range.start);
                (between.len() > 1 || between == "\t") && between.bytes().all(|byte| matches!(byte, b' ' | b'\t')) && !two[0].text().starts_with('-')
            });
            if let Some([first, second]) = gap {
                report.at(first.range.start..second.range.end, "without quotes echo puts one blank between these");
            }
        }
    }
}
