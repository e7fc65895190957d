//! `asked-status`: a step asks for the exit status of the command before.

use crate::build::*;

rule! {
    "asked-status", Dockerfile, Info, false,
    "a step asks for the exit status of the command before",
    ["shellcheck:SC2181"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for call in step.calls().filter(|call| matches!(call.program(), "[" | "test" | "[[")) {
            let words = call.arguments();
            let asks = words.windows(3).find(|three| {
                let is_status = |word: &casehard_dockerfile::shell::ShellWord| matches!(word.raw.as_str(), "$?" | "\"$?\"" | "${?}" | "\"${?}\"");
                let compares = matches!(three[1].text(), "-eq" | "-ne" | "=" | "==" | "!=" | "-gt" | "-lt" | "-ge" | "-le");
                compares && ((is_status(&three[0]) && three[2].text() == "0") || (is_status(&three[2]) && three[0].text() == "0"))
            });
            if let Some(three) = asks {
                report.at(three[0].range.start..three[2].range.end, "a command between changes this: if COMMAND; then … asks the command itself");
            }
        }
    }
}
