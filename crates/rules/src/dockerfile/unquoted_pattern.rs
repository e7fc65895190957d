//! `unquoted-pattern`: the shell reads a pattern that find is to read.

use crate::build::*;

rule! {
    "unquoted-pattern", Dockerfile, Low, true,
    "the shell reads a pattern that find is to read",
    ["shellcheck:SC2061"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls().filter(|(step, call)| call.program() == "find" && !step.is_exec) {
        let arguments = call.arguments();
        for (flag, word) in arguments.iter().zip(arguments.iter().skip(1)) {
            let is_pattern = matches!(flag.text(), "-name" | "-iname" | "-path" | "-ipath" | "-wholename" | "-regex");
            if is_pattern && !word.quoted && word.raw.contains(['*', '?']) && !word.raw.contains(['\\', '$', '`', '\'']) {
                let is_whole = word.range.len() == word.raw.len() && !input.source(step.instruction.range.clone()).contains("-c '");
                let found = report.at(word.range.clone(), format!("a file of this name in the working directory takes the place of {}", word.raw));
                if is_whole {
                    found.evidence_fix("put quotes around it", vec![insert(word.range.start, "'"), insert(word.range.end, "'")]);
                }
            }
        }
    }
}
