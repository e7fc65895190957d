//! `unknown-base-argument`: FROM uses an argument that is not declared, or has no value.

use crate::build::*;

rule! {
    "unknown-base-argument", Dockerfile, High, true,
    "FROM uses an argument that is not declared, or has no value",
    ["buildkit:UndefinedArgInFrom", "buildkit:InvalidDefaultArgInFrom"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        let Some(word) = &stage.image else { continue };
        let state = input.model.state(stage.from);
        let mut names = Vec::new();
        casehard_dockerfile::expand(&word.text, input.document.escape(), &|name| state.lookup(name), &mut |name| names.push(name.to_owned()));
        for name in names.into_iter().filter(|name| name != "PATH") {
            report.at(word.range.clone(), format!("{name} is not declared above the first FROM"));
        }
    }
}
