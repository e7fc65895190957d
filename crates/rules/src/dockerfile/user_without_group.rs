//! `user-without-group`: a numeric user without a group runs with group 0.

use crate::build::*;

rule! {
    "user-without-group", Dockerfile, Info, false,
    "a numeric user without a group runs with group 0",
    ["tally:user-explicit-group-drops-supplementary-groups"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some((Value::Known(user), index)) = input.user_at_end(last) else { return };
    if user.is_empty() || user == "0" || !user.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let instruction = input.document.instructions()[index].inner();
    let Arguments::Text(word) = &instruction.arguments else { return };
    report
        .at(instruction.range.clone(), format!("user {user} has no group; without an entry in /etc/passwd it runs with group 0"))
        .evidence_fix("set the group", vec![replace(word.range.clone(), format!("{user}:{user}"))]);
}
