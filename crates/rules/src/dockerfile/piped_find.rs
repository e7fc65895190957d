//! `piped-find`: names go from find to xargs with blanks between them.

use crate::build::*;

rule! {
    "piped-find", Dockerfile, Info, false,
    "names go from find to xargs with blanks between them",
    ["shellcheck:SC2038"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        let calls: Vec<Call<'_>> = step.calls().filter(|call| !call.command.substituted).collect();
        for pair in calls.windows(2) {
            let [find, xargs] = pair else { continue };
            let is_piped = find.program() == "find" && find.command.next == Joint::Pipe && xargs.command.program() == "xargs";
            let has = |call: &Call<'_>, flags: &[&str]| call.command.words.iter().any(|word| flags.contains(&word.text()));
            let is_safe = has(find, &["-print0", "-printf", "-exec"]) || xargs.command.words.iter().any(|word| word.text() == "--null" || (word.text().starts_with('-') && !word.text().starts_with("--") && word.text().contains('0'))) || has(xargs, &["-d", "-d\\n"]);
            if is_piped && !is_safe {
                report.at(find.range(), "a name with a blank in it is two for xargs: use -print0 and xargs -0, or -exec");
            }
        }
    }
}
