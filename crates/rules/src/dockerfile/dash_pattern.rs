//! `dash-pattern`: a pattern may come to a name that is taken for a flag.

use crate::build::*;

rule! {
    "dash-pattern", Dockerfile, Info, false,
    "a pattern may come to a name that is taken for a flag",
    ["shellcheck:SC2035"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shell_steps() {
        for (command, word) in step.split_words() {
            let call = Call::new(command);
            let program = call.program();
            // These take no flags there, or no files.
            let other = matches!(program, "" | "echo" | "printf" | "[" | "test" | "[[" | "expr" | "let" | "set" | "case" | "cd" | "export" | "unset" | "trap" | "find" | "apt-get" | "apt" | "apk" | "dnf" | "yum" | "microdnf" | "zypper" | "pip" | "pip3");
            let begins = word.raw.starts_with(['*', '?']) && !word.raw.starts_with("*=");
            let ended = call.arguments().iter().take_while(|argument| argument.range != word.range).any(|argument| argument.text() == "--");
            let is_argument = call.arguments().iter().any(|argument| argument.range == word.range);
            if begins && !other && !ended && is_argument {
                let found = report.at(word.range.clone(), format!("a file whose name begins with - is a flag to {program}: ./{} is none", word.raw));
                found.evidence_fix("begin with ./", vec![insert(word.range.start, "./")]);
            }
        }
    }
}
