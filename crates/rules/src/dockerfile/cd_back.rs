//! `cd-back`: a step goes into a directory and back.

use crate::build::*;

rule! {
    "cd-back", Dockerfile, Info, false,
    "a step goes into a directory and back",
    ["shellcheck:SC2103"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        let mut inside = false;
        for call in step.calls().filter(|call| call.program() == "cd" && !call.command.substituted) {
            let [place] = call.arguments() else { continue };
            let back = matches!(place.text(), ".." | "-");
            if back && inside {
                report.at(call.range(), "where the way there fails, what follows runs elsewhere: ( … ) goes back by itself");
            }
            inside = !back;
        }
    }
}
