//! `download-into-shell`: a download is run without having been looked at.

use crate::build::*;

rule! {
    "download-into-shell", Dockerfile, High, true,
    "a download is run without having been looked at",
    ["droast:DF021"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let fetches = |call: Call<'_>| matches!(call.program(), "curl" | "wget") || (call.program() == "python" && call.arguments().iter().any(|word| word.text().contains("urlopen")));
    let runs = |call: Call<'_>| is_shell(call.program()) || matches!(call.program(), "python" | "python3" | "perl" | "ruby" | "node");
    for step in &input.steps {
        let calls: Vec<Call<'_>> = step.calls().collect();
        for (at, call) in calls.iter().enumerate().filter(|(_, call)| fetches(**call)) {
            let mut piped = calls[at + 1..].iter().scan(call.command.next, |next, other| {
                let joined = *next == Joint::Pipe && other.command.joint == Joint::Pipe;
                *next = other.command.next;
                joined.then_some(*other)
            });
            let target = piped.find(|other| runs(*other) && !other.arguments().iter().any(|word| word.text() == "-c" || word.text() == "-n"));
            if let Some(target) = target {
                report.at(call.command.range.start..target.command.range.end, format!("what {} downloads is run by {} unseen", call.program(), target.program()));
            }
            let substituted = call.command.substituted && calls[..at].iter().rev().find(|other| !other.command.substituted).is_some_and(|other| {
                (runs(*other) || matches!(other.program(), "eval" | "source" | "."))
                    && other.command.range.start <= call.command.range.start && other.command.range.end >= call.command.range.end
            });
            if substituted {
                report.at(call.range(), format!("what {} downloads is run unseen", call.program()));
            }
        }
    }
}
