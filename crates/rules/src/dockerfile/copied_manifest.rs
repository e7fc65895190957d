//! `copied-manifest`: a layer only holds files for the installation that come again later.

use std::collections::BTreeMap;

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
        // Where everything is copied to, and where that is done last.
        let whole = all.iter().filter_map(|(index, later)| {
            let (place, sources) = copied(later)?;
            sources.iter().any(|word| matches!(word.text.as_str(), "." | "./")).then_some((place.trim_end_matches('/'), *index))
        });
        let whole: BTreeMap<&str, usize> = whole.collect();
        for (index, instruction) in &all {
            let Some((place, sources)) = copied(instruction) else { continue };
            let name = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
            let only = !sources.is_empty() && sources.iter().all(|word| MANIFESTS.contains(&name(&word.text).as_str()));
            let step = input.steps.binary_search_by_key(&(index + 1), |step| step.index).ok().filter(|_| only).map(|at| &input.steps[at]);
            let installs = step.is_some_and(|step| step.calls().any(|call| {
                call.is_bundle("install") || matches!((call.program(), call.subcommand()), ("npm", "ci" | "install" | "i") | ("yarn" | "pnpm", "install" | "") | ("pip" | "pip3", "install") | ("composer" | "poetry" | "pipenv", "install") | ("uv", "sync" | "pip") | ("go", "mod"))
            }));
            if installs && whole.get(place.trim_end_matches('/')).is_some_and(|last| last > index) {
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
