//! `copied-manifest`: a layer only holds files for the installation that come again later.

use crate::build::*;

rule! {
    "copied-manifest", Dockerfile, Info, false,
    "a layer only holds files for the installation that come again later",
    ["tally:ruby/prefer-gemfile-bind-mounts"]
}

const MANIFESTS: [&str; 24] = [
    "Gemfile", "Gemfile.lock", "Gemfile*", ".ruby-version", "package.json", "package-lock.json", "package*.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
    "npm-shrinkwrap.json", ".npmrc", ".yarnrc.yml", "composer.json", "composer.lock", "composer.*", "requirements.txt", "pyproject.toml", "poetry.lock", "uv.lock", "Pipfile", "Pipfile.lock",
    "go.mod", "go.sum",
];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages() {
        let all: Vec<_> = input.of_stage(stage).collect();
        for (at, (index, instruction)) in all.iter().enumerate() {
            let Some((place, sources)) = copied(instruction) else { continue };
            let name = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
            let only = !sources.is_empty() && sources.iter().all(|word| MANIFESTS.contains(&name(&word.text).as_str()));
            let step = input.steps.iter().find(|step| step.index == *index + 1).filter(|_| only);
            let installs = step.is_some_and(|step| step.calls().any(|call| {
                call.is_bundle("install") || matches!((call.program(), call.subcommand()), ("npm", "ci" | "install" | "i") | ("yarn" | "pnpm", "install" | "") | ("pip" | "pip3", "install") | ("composer" | "poetry" | "pipenv", "install") | ("uv", "sync" | "pip") | ("go", "mod"))
            }));
            let again = all[at + 1..].iter().filter_map(|(_, later)| copied(later)).any(|(other, from)| {
                from.iter().any(|word| matches!(word.text.as_str(), "." | "./")) && other.trim_end_matches('/') == place.trim_end_matches('/')
            });
            if installs && again {
                report.at(instruction.range.clone(), "these files come again with all others: a bind mount gives them to the installation without a layer");
            }
        }
    }
}

/// Where `COPY` puts what of the context.
fn copied(instruction: &casehard_dockerfile::Instruction) -> Option<(&str, &[casehard_dockerfile::Word])> {
    let plain = instruction.keyword == Keyword::Copy && instruction.flag("from").is_none() && instruction.heredocs.is_empty();
    let (place, sources) = instruction.words().split_last().filter(|_| plain)?;
    Some((&place.text, sources))
}
