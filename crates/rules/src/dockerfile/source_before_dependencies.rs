//! `source-before-dependencies`: all sources are copied before the dependencies are installed.

use crate::build::*;

rule! {
    "source-before-dependencies", Dockerfile, Info, false,
    "all sources are copied before the dependencies are installed",
    ["droast:DF070"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy).filter(|(_, instruction)| instruction.flag("from").is_none()) {
        let Some((_, sources)) = instruction.words().split_last() else { continue };
        let Some(stage) = input.model.stage_of(index) else { continue };
        let all = sources.iter().any(|word| matches!(word.text.as_str(), "." | "./" | "*" | "./*"));
        let earlier = input.of_stage(stage).any(|(at, other)| at < index && matches!(other.keyword, Keyword::Copy | Keyword::Add));
        let later = input.steps.iter().filter(|step| step.stage == stage.index && step.index > index);
        let installs = later.flat_map(Step::calls).any(|call| {
            matches!((call.program(), call.subcommand()), ("npm", "ci" | "install" | "i") | ("yarn" | "pnpm", "install" | "") | ("pip" | "pip3", "install") | ("bundle", "install") | ("composer", "install") | ("go", "mod") | ("dotnet", "restore"))
        });
        if all && !earlier && installs {
            report.at(instruction.range.clone(), "each change of a source installs the dependencies anew");
        }
    }
}
