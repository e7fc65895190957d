//! `sdk-shipped`: the image that is shipped is a build kit.

use crate::build::*;

rule! {
    "sdk-shipped", Dockerfile, Medium, true,
    "the image that is shipped is a build kit",
    ["tally:prefer-multi-stage-build", "droast:DF011", "tally:gpu/prefer-runtime-final-stage"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const KITS: [&str; 9] = ["golang", "rust", "maven", "gradle", "gcc", "dart", "swift", "haskell", "sbt"];
    let Some(last) = input.model.last_stage() else { return };
    let Some(bottom) = input.model.lineage(last.index).last() else { return };
    let (Base::Image(text), Some(word)) = (&bottom.base, &bottom.image) else { return };
    let name = ImageName::parse(text);
    let kit = (name.registry.is_none() && KITS.contains(&name.path.strip_prefix("library/").unwrap_or(name.path))) || name.path.ends_with("dotnet/sdk");
    let compiles_for_gpus = name.path.ends_with("nvidia/cuda") && name.tag.is_some_and(|tag| tag.split('-').any(|part| part == "devel"));
    let builds = input.shipped_steps().flat_map(Step::calls).any(|call| {
        matches!((call.program(), call.subcommand()), ("go" | "cargo" | "dotnet" | "gradle" | "swift" | "stack", "build" | "install" | "publish") | ("mvn" | "mvnw" | "gradlew", _) | ("gcc" | "g++" | "make", _))
    });
    let ships = input.instructions().any(|(index, instruction)| matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint) && input.is_shipped_at(index));
    if (kit && builds || compiles_for_gpus) && ships {
        report.at(word.range.clone(), format!("{} is for building, and it is what is shipped", name.base()));
    }
}
