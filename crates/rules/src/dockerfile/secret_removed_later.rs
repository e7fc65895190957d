//! `secret-removed-later`: something is deleted in a later layer, but stays in the image.

use crate::build::*;

rule! {
    "secret-removed-later", Dockerfile, High, true,
    "something is deleted in a later layer, but stays in the image",
    ["dive:waste"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        for call in step.calls().filter(|call| matches!(call.program(), "rm" | "shred" | "unlink")) {
            for word in call.arguments().iter().filter(|word| !word.text().starts_with('-')) {
                let path = word.text();
                let copied = input.model.lineage_instructions(step.stage).into_iter().any(|(index, instruction)| {
                    index < step.index
                        && matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
                        && instruction.words().split_last().is_some_and(|(target, sources)| {
                            let target = target.text.as_str();
                            let is_secret = crate::secret::is_secret_file(path).is_some() || sources.iter().any(|source| crate::secret::is_secret_file(&source.text).is_some());
                            let lands = |source: &str| format!("{}/{}", target.trim_end_matches('/'), source.rsplit('/').next().unwrap_or(source));
                            is_secret && (target == path || sources.iter().any(|source| lands(&source.text) == path))
                        })
                });
                if copied {
                    report.at(word.range.clone(), format!("{path} stays in the layer that brought it; deleting it here only hides it"));
                }
            }
        }
    }
}
