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
                // Within a script in single quotes those would end it.
                let holds = |outer: &casehard_dockerfile::shell::ShellWord| outer.raw.starts_with('\'') && outer.range.start < word.range.start && word.range.end < outer.range.end;
                let is_whole = word.range.len() == word.raw.len() && !step.commands.iter().flat_map(|command| &command.words).any(holds);
                let found = report.at(word.range.clone(), format!("a file of this name in the working directory takes the place of {}", word.raw));
                if is_whole {
                    found.evidence_fix("put quotes around it", vec![insert(word.range.start, "'"), insert(word.range.end, "'")]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use casehard_finding::{Safety, Subject};

    use crate::{Settings, check_dockerfile, mend};

    #[test]
    fn quotes_do_not_end_those_around_them() {
        let settings = Settings { only: vec!["unquoted-pattern".to_owned()], ..Settings::new() };
        let check = |bytes: &[u8]| check_dockerfile("Dockerfile", bytes, None, &settings).findings;
        let lines = |pattern: &str| format!("FROM debian:12\nRUN bash -c 'find -name *.c'\nRUN bash -c \"find -name {pattern}\"\nRUN rm $(find -name {pattern}) && bash -c 'true'\n");
        let mended = mend(lines("*.c").as_bytes(), Safety::Evidence, Subject::Dockerfile, &check);
        assert_eq!(String::from_utf8(mended.bytes).unwrap(), lines("'*.c'"));
        assert!(mended.withdrawn.is_empty());
    }
}
