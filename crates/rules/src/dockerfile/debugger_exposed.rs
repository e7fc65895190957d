//! `debugger-exposed`: the application starts with an open debugger.

use crate::build::*;

rule! {
    "debugger-exposed", Dockerfile, High, true,
    "the application starts with an open debugger",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const SIGNS: [&str; 6] = ["--inspect=0.0.0.0", "--inspect-brk=0.0.0.0", "address=*:", "address=0.0.0.0", "debugpy --listen 0.0.0.0", "--remote-debugging-address=0.0.0.0"];
    for (index, instruction) in input.instructions() {
        let starts = matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Env) && input.is_shipped_at(index);
        let text: String = match instruction.command() {
            Some(Form::Exec(words)) => words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
            _ => instruction.body.text.clone(),
        };
        if starts && SIGNS.iter().any(|sign| text.contains(sign)) {
            report.at(instruction.range.clone(), "the application starts with a debugger that everybody can reach");
        }
    }
}
