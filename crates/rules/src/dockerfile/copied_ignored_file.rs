//! `copied-ignored-file`: a file is copied that .dockerignore leaves out.

use crate::build::*;

rule! {
    "copied-ignored-file", Dockerfile, High, true,
    "a file is copied that .dockerignore leaves out",
    ["buildkit:CopyIgnoredFile"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(ignore) = input.context.and_then(|context| context.ignore.as_ref()) else { return };
    let takes_back = ignore.patterns.iter().any(|pattern| pattern.negated);
    for (index, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let Some((_, sources)) = instruction.words().split_last() else { continue };
        if instruction.flag("from").is_some() {
            continue;
        }
        for word in sources.iter().filter(|word| !instruction.heredocs.iter().any(|heredoc| heredoc.opener == word.range)) {
            let Value::Known(path) = input.model.value_at(word, index) else { continue };
            let path = path.trim_start_matches('/').trim_start_matches("./").trim_end_matches('/');
            let plain = !path.is_empty() && path != "." && !path.starts_with("..") && !path.contains(['*', '?', '[', '\\']);
            if plain && !is_address(path) && ignore.ignores(path) && !takes_back {
                report.at(word.range.clone(), format!(".dockerignore leaves {path} out, so there is nothing to copy"));
            }
        }
    }
}
