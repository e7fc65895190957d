//! `removed-later`: a step deletes what an earlier layer holds.

use crate::build::*;

rule! {
    "removed-later", Dockerfile, Low, true,
    "a step deletes what an earlier layer holds",
    ["dockle:DKL-DI-0005"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let Some(stage) = input.model.stage_of(index).filter(|stage| input.is_shipped(stage.index)) else { continue };
        let Some((target, sources)) = instruction.words().split_last() else { continue };
        let Value::Known(target_path) = input.model.value_at(target, index) else { continue };
        if !target_path.starts_with('/') || target_path.len() < 4 {
            continue;
        }
        // Secrets have a rule of their own.
        if sources.iter().any(|word| crate::secret::is_secret_file(&word.text).is_some()) {
            continue;
        }
        let mut places = vec![target_path.trim_end_matches('/').to_owned()];
        if target_path.ends_with('/') {
            let names = sources.iter().filter_map(|word| word.text.rsplit('/').next()).filter(|name| !name.is_empty() && !name.contains(['*', '$', '.']) || name.contains('.') && *name != "." && !name.contains(['*', '$']));
            places = names.map(|name| format!("{target_path}{name}")).collect();
        }
        let later = input.steps.iter().filter(|step| step.stage == stage.index && step.index > index);
        let deleted = later.flat_map(Step::calls).find(|call| {
            call.program() == "rm" && call.arguments().iter().any(|word| places.iter().any(|place| word.text().trim_end_matches('/') == place))
        });
        if let Some(call) = deleted {
            report.at(call.range(), format!("what is deleted here stays in the layer that copied it ({})", places.join(", ")));
        }
    }
}
