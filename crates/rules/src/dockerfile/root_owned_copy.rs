//! `root-owned-copy`: files that are copied after USER belong to root.

use crate::build::*;

rule! {
    "root-owned-copy", Dockerfile, Info, false,
    "files that are copied after USER belong to root",
    ["tally:copy-after-user-without-chown", "tally:ruby/state-paths-not-writable-as-non-root"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_dockerfile::UserState;
    for (index, instruction) in input.instructions().filter(|(_, instruction)| matches!(instruction.keyword, Keyword::Copy | Keyword::Add)) {
        let UserState::Set { value: Value::Known(user), .. } = &input.model.state(index).user else { continue };
        let is_root = matches!(user.split(':').next(), Some("0" | "root" | ""));
        let is_windows = user.starts_with("Container");
        if is_root || is_windows || instruction.flag("chown").is_some() || !input.is_shipped_at(index) {
            continue;
        }
        report.at(instruction.range.clone(), format!("these files belong to root, although the user is {user}")).evidence_fix("give them to the user", vec![insert(instruction.name.range.end, format!(" --chown={user}"))]);
    }
}
