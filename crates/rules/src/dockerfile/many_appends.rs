//! `many-appends`: many commands write to the end of one file.

use crate::build::*;

rule! {
    "many-appends", Dockerfile, Info, false,
    "many commands write to the end of one file",
    ["shellcheck:SC2129"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        // Where a command writes, at which depth.
        let place = |command: &casehard_dockerfile::shell::Command| {
            let mut appends = command.redirects.iter().filter(|redirect| redirect.operator == ">>" && redirect.descriptor.is_none_or(|number| number == 1));
            appends.next().map(|redirect| redirect.target.raw.clone()).filter(|_| !command.substituted)
        };
        let commands: Vec<_> = step.commands.iter().filter(|command| !command.substituted).collect();
        let mut at = 0;
        while let Some(first) = commands.get(at) {
            let Some(target) = place(first) else {
                at += 1;
                continue;
            };
            let same = |command: &&&casehard_dockerfile::shell::Command| command.depth == first.depth && matches!(command.joint, Joint::And | Joint::Sequence) && place(command).as_deref() == Some(&target);
            let more = commands[at + 1..].iter().take_while(same).count();
            if more >= 2 {
                let last = commands[at + more];
                report.at(first.range.start..last.range.end, format!("{} commands open {target} one after the other: {{ …; }} >> {target} opens it once", more + 1));
            }
            at += more + 1;
        }
    }
}
