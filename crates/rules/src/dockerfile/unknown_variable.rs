//! `unknown-variable`: a variable is used that nothing sets.

use crate::build::*;

rule! {
    "unknown-variable", Dockerfile, Medium, true,
    "a variable is used that nothing sets",
    ["buildkit:UndefinedVar", "shellcheck:SC2154"]
}

/// Whether a variable is declared before the first `FROM` (the arguments of the platform are not meant).
fn declared_above(global: Option<&casehard_dockerfile::State>, name: &str) -> bool {
    let platform = name.starts_with("TARGET") || name.starts_with("BUILD");
    !platform && global.is_some_and(|state| state.args.contains_key(name))
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let global = input.model.stages().first().map(|stage| input.model.state(stage.from));
    for (index, instruction) in input.instructions() {
        let Some(stage) = input.model.stage_of(index).filter(|stage| stage.from != index) else { continue };
        let mut words: Vec<&casehard_dockerfile::Word> = Vec::new();
        match instruction.keyword {
            Keyword::Copy | Keyword::Add | Keyword::Expose | Keyword::Volume => words.extend(instruction.words()),
            Keyword::Env | Keyword::Label => words.extend(instruction.pairs().iter().filter_map(|pair| pair.value.as_ref())),
            Keyword::User | Keyword::Workdir | Keyword::Stopsignal => {
                if let Arguments::Text(word) = &instruction.arguments {
                    words.push(word);
                }
            }
            _ => continue,
        }
        let state = input.model.state(index);
        for word in words {
            let mut missing = Vec::new();
            let lookup = |name: &str| match state.lookup(name) {
                // Only the base image can say more, unless the file itself has it in a scope that ended.
                casehard_dockerfile::Lookup::Unknown if !state.env.contains_key(name) && !state.args.contains_key(name) && declared_above(global, name) => casehard_dockerfile::Lookup::Unset,
                other => other,
            };
            casehard_dockerfile::expand(&word.text, input.document.escape(), &lookup, &mut |name| missing.push(name.to_owned()));
            missing.retain(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
            for name in missing {
                let above = declared_above(global, &name);
                let first = input.document.instructions().get(stage.from + 1).map(|next| next.full.start);
                let found = report.at(word.range.clone(), if above { format!("{name} is declared before FROM, which does not reach this stage") } else { format!("nothing sets {name}, so it is empty") });
                if let Some(at) = first.filter(|_| above) {
                    found.evidence_fix(format!("declare {name} in the stage"), vec![insert(at, format!("ARG {name}\n"))]);
                }
            }
        }
    }
}
