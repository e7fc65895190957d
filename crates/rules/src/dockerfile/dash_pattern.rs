//! `dash-pattern`: a pattern may come to a name that is taken for a flag.

use crate::build::*;

rule! {
    "dash-pattern", Dockerfile, Info, false,
    "a pattern may come to a name that is taken for a flag",
    ["shellcheck:SC2035"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for call in step.calls() {
            let program = call.program();
            // These take no flags there, or no files.
            if matches!(program, "" | "echo" | "printf" | "[" | "test" | "[[" | "expr" | "let" | "set" | "case" | "cd" | "export" | "local" | "declare" | "readonly" | "typeset" | "eval" | "unset" | "trap" | "find" | "apt-get" | "apt" | "apk" | "dnf" | "yum" | "microdnf" | "zypper" | "pip" | "pip3") {
                continue;
            }
            let words = call.arguments().iter().take_while(|word| word.text() != "--");
            for word in words.filter(|word| word.raw.starts_with(['*', '?']) && !word.raw.starts_with("*=")) {
                let found = report.at(word.range.clone(), format!("a file whose name begins with - is a flag to {program}: ./{} is none", word.raw));
                found.evidence_fix("begin with ./", vec![insert(word.range.start, "./")]);
            }
        }
    }
}
