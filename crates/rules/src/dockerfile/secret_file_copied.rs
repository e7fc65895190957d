//! `secret-file-copied`: a file whose name says secret is copied into the image.

use crate::build::*;

rule! {
    "secret-file-copied", Dockerfile, Critical, true,
    "a file whose name says secret is copied into the image",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let words = instruction.words();
        let Some((target, sources)) = words.split_last() else { continue };
        if instruction.flag("from").is_some() {
            continue;
        }
        for word in sources {
            let Value::Known(path) = input.model.value_at(word, index) else { continue };
            let ignored = input.context.and_then(|context| context.ignore.as_ref()).is_some_and(|ignore| ignore.ignores(path.trim_start_matches("./").trim_start_matches('/')));
            let here_document = instruction.heredocs.iter().any(|heredoc| heredoc.opener == word.range);
            if ignored || here_document {
                continue;
            }
            if let Some(what) = crate::secret::is_secret_file(&path) {
                let removed = input.steps.iter().filter(|step| step.index > index).flat_map(Step::calls).any(|call| {
                    call.program() == "rm" && call.arguments().iter().any(|word| word.text().contains(target.text.as_str()))
                });
                let later = if removed { "; deleting it in a later step does not take it out of the image" } else { "" };
                report.at(word.range.clone(), format!("{path} is {what}{later}"));
            }
        }
    }
}
