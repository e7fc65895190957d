//! `owned-code`: the application may change its own code.

use crate::build::*;

rule! {
    "owned-code", Dockerfile, Medium, false,
    "the application may change its own code",
    ["casehard:code"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some((Value::Known(user), _)) = input.user_at_end(last) else { return };
    let user = user.split(':').next().unwrap_or_default();
    for (index, instruction) in input.each(Keyword::Copy).filter(|(index, _)| input.is_shipped_at(*index)) {
        let Some(word) = instruction.flag("chown").and_then(|flag| flag.value.as_ref()) else { continue };
        let Value::Known(owner) = input.model.value_at(word, index) else { continue };
        if !user.is_empty() && owner.split(':').next() == Some(user) && user != "root" && user != "0" {
            report.at(word.range.clone(), format!("what is copied belongs to {user}, whom the application runs as"));
        }
    }
}
