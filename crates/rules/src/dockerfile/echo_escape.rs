//! `echo-escape`: echo writes a backslash where a line end was meant.

use crate::build::*;

rule! {
    "echo-escape", Dockerfile, Low, true,
    "echo writes a backslash where a line end was meant",
    ["shellcheck:SC2028"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        // Debian's sh turns \\n into a line end by itself; bash and Alpine's sh do with -e alone.
        if !matches!(input.shell_of(step), Sh::Bash | Sh::Ash) {
            continue;
        }
        for call in step.calls().filter(|call| call.program() == "echo" && call.command.redirects.iter().any(|redirect| redirect.operator.starts_with('>'))) {
            let is_escaping = call.arguments().iter().any(|word| word.text().starts_with('-') && word.text().contains(['e', 'E']) && word.text().len() <= 3);
            let escape = |text: &str| text.contains("\\n") && !text.contains("\\\\n") && !text.trim_start().starts_with(['{', '[']);
            let word = call.arguments().iter().find(|word| word.quoted && word.literal.as_deref().is_some_and(escape));
            if let Some(word) = word.filter(|_| !is_escaping) {
                report.at(word.range.clone(), "this shell's echo writes \\n as it is: use printf, or a line each");
            }
        }
    }
}
