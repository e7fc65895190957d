//! `copy-everything`: the whole folder is copied, and little or nothing is left out.

use crate::build::*;

rule! {
    "copy-everything", Dockerfile, Medium, true,
    "the whole folder is copied, and little or nothing is left out",
    ["droast:DF007", "droast:DF033", "hadolint:1199"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(context) = input.context else { return };
    let ignores = |path: &str| context.ignore.as_ref().is_some_and(|ignore| ignore.ignores(path));
    if ignores(".git") && ignores(".env") {
        return;
    }
    for (index, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let Some((_, sources)) = instruction.words().split_last() else { continue };
        if instruction.flag("from").is_some() {
            continue;
        }
        for word in sources {
            let Value::Known(path) = input.model.value_at(word, index) else { continue };
            if matches!(path.as_str(), "." | "./" | "/" | "*" | "./*") {
                let mut examples: Vec<&str> = context.sent().filter(|file| file.starts_with(".git/") || crate::secret::is_secret_file(file).is_some()).take(3).collect();
                examples.dedup();
                if context.complete && examples.is_empty() {
                    continue;
                }
                let found = if examples.is_empty() { String::new() } else { format!(", among it {}", examples.join(", ")) };
                report.at(word.range.clone(), format!("everything in the folder is copied{found}"));
            }
        }
    }
}
