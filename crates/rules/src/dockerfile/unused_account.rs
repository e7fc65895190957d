//! `unused-account`: an account is made and never used.

use crate::build::*;

rule! {
    "unused-account", Dockerfile, High, true,
    "an account is made and never used",
    ["tally:user-created-but-never-used"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    if input.model.lineage(last.index).any(|stage| input.user_at_end(stage).is_some()) {
        return;
    }
    // An entrypoint that drops privileges itself uses the account.
    let drops = |text: &str| ["gosu", "su-exec", "setpriv", "tini", "supervisord", "s6", "runuser", "chroot", "entrypoint"].iter().any(|word| text.contains(word));
    if drops(input.document.text()) {
        return;
    }
    for (step, call) in input.calls().filter(|(step, _)| input.is_shipped(step.stage)) {
        if !matches!(call.program(), "useradd" | "adduser") || call.has_flag(&["--system", "-r", "-S"]) {
            continue;
        }
        let Some(name) = call.arguments().last().and_then(|word| word.literal.as_deref()).filter(|name| !name.starts_with('-')) else {
            continue;
        };
        let to_group = call.arguments().iter().filter(|word| !word.text().starts_with('-')).count() > 1 && call.program() == "adduser" && !call.has_flag(&["-D", "-u", "--uid", "--disabled-password", "-h", "-s", "-G", "-g", "--gecos", "--home", "--shell", "--ingroup"]);
        if to_group {
            continue;
        }
        let place = input.of_stage(last).find(|(at, i)| *at > step.index && matches!(i.keyword, Keyword::Cmd | Keyword::Entrypoint));
        let found = report.at(call.range(), format!("account {name} is made, but no USER makes the application run as it"));
        if let Some((place, _)) = place {
            let at = input.document.instructions()[place].full.start;
            found.evidence_fix(format!("run as {name}"), vec![insert(at, format!("USER {name}\n"))]);
        }
        return;
    }
}
