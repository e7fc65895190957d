//! `low-user`: the user has a number that hosts use, too.

use crate::build::*;

rule! {
    "low-user", Dockerfile, Info, false,
    "the user has a number that hosts use, too",
    ["trivy:KSV-0020", "checkov:CKV_K8S_40"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some((Value::Known(user), index)) = input.user_at_end(last) else { return };
    let number = user.split(':').next().and_then(|uid| uid.parse::<u32>().ok());
    if number.is_some_and(|uid| uid > 0 && uid < 10_000) {
        report.at(input.head(index), format!("hosts have accounts of the number {user}, too"));
    }
}
