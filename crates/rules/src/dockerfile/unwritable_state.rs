//! `unwritable-state`: Rails cannot write its directories.

use crate::build::*;

rule! {
    "unwritable-state", Dockerfile, Low, false,
    "Rails cannot write its directories",
    ["tally:ruby/state-paths-not-writable-as-non-root"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some((Value::Known(user), _)) = input.user_at_end(last) else { return };
    let is_rails = input.document.text().contains("rails") && input.starts_ruby_server();
    if !is_rails || matches!(user.split(':').next(), Some("0" | "root" | "")) {
        return;
    }
    // Whoever touches owners or modes has thought of it, and a volume or an entrypoint may bring what is missing.
    let handled = input.shipped_steps().flat_map(Step::calls).any(|call| matches!(call.program(), "chown" | "chmod" | "install" | "setfacl"));
    let all = input.model.lineage_instructions(last.index);
    let volumes = all.iter().any(|(_, instruction)| instruction.keyword == Keyword::Volume);
    let script = input.started().first().is_some_and(|word| word.contains("entrypoint") || word.ends_with(".sh"));
    let created = input.shipped_steps().any(|step| matches!(&input.model.state(step.index).user, casehard_dockerfile::UserState::Set { .. }) && step.calls().any(|call| call.program() == "mkdir"));
    if handled || volumes || script || created {
        return;
    }
    let whole = all.iter().filter(|(_, instruction)| instruction.keyword == Keyword::Copy).find(|(index, instruction)| {
        let Some((place, sources)) = instruction.words().split_last() else { return false };
        let workdir = input.model.state(*index).workdir.as_ref().and_then(Value::known).unwrap_or_default();
        let here = matches!(place.text.trim_end_matches('/'), "." | "") || place.text.trim_end_matches('/') == workdir;
        let application = sources.iter().any(|word| matches!(word.text.as_str(), "." | "./") || (instruction.flag("from").is_some() && word.text.trim_end_matches('/') == workdir && !workdir.is_empty()));
        here && application
    });
    if let Some((_, instruction)) = whole.filter(|(_, instruction)| instruction.flag("chown").is_none() && instruction.flag("chmod").is_none()) {
        report.at(instruction.range.clone(), format!("log, storage and tmp belong to root, and the application runs as {user}"));
    }
}
