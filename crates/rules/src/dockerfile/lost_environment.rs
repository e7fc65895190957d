//! `lost-environment`: what a step sets for the shell is gone when it ends.

use crate::build::*;

rule! {
    "lost-environment", Dockerfile, Medium, true,
    "what a step sets for the shell is gone when it ends",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.steps.iter().filter(|step| !step.is_exec) {
        let Some(last) = step.commands.iter().rfind(|command| !command.substituted) else { continue };
        if last.depth > 0 || last.next != Joint::Start || last.joint == Joint::Pipe || !last.redirects.is_empty() {
            continue;
        }
        let call = Call::new(last);
        let words = call.arguments();
        let what = match call.program() {
            "export" if words.first().is_some_and(|word| word.raw.contains('=') && !word.raw.starts_with('-')) => words[0].raw.split('=').next().unwrap_or_default().to_owned(),
            "alias" if words.first().is_some_and(|word| word.raw.contains('=')) => words[0].raw.split('=').next().unwrap_or_default().to_owned(),
            // Other scripts may be run this way for what else they do.
            "source" | "." if words.first().is_some_and(|word| is_environment(word.text())) => format!("what {} sets", words[0].text()),
            "conda" | "micromamba" | "mamba" if words.first().is_some_and(|word| word.text() == "activate") => "the environment".to_owned(),
            _ => continue,
        };
        let found = report.at(call.range(), format!("{what} is gone when this step ends"));
        let alone = step.commands.len() == 1 && words.len() == 1 && call.program() == "export" && step.comments.is_empty() && step.mounts.is_empty() && !step.is_script && call.skip == 0;
        if let Some(word) = words.first().filter(|word| alone && word.literal.is_some() && !word.raw.contains(['\\', '$', '~'])) {
            found.evidence_fix("keep it in the image", vec![replace(step.instruction.name.range.start..word.range.start, "ENV ")]);
        }
    }
}

/// Whether a script exists to be read by a shell for what it sets: that of a virtual environment, or of a login.
fn is_environment(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "activate" || name.starts_with('.') || name == "nvm.sh" || name == "profile"
}
