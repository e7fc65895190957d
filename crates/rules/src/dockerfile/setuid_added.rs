//! `setuid-added`: a file is made setuid or setgid.

use crate::build::*;

rule! {
    "setuid-added", Dockerfile, High, true,
    "a file is made setuid or setgid",
    ["cis:4.8", "dockle:CIS-DI-0008"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(step, _)| input.is_shipped(step.stage)) {
        let mode = match call.program() {
            "chmod" => call.arguments().iter().map(casehard_dockerfile::shell::ShellWord::text).find(|text| !text.starts_with('-') || text.contains('s') && text.len() == 2),
            "install" => call.flag_value(&["-m", "--mode"]),
            _ => None,
        };
        if mode.is_some_and(sets_identity) {
            report.at(call.range(), format!("mode {} makes a file run as its owner or group", mode.unwrap_or_default()));
        }
    }
    for (_, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let Some(value) = instruction.flag("chmod").and_then(|flag| flag.value.as_ref()) else { continue };
        if sets_identity(&value.text) {
            report.at(value.range.clone(), format!("mode {} makes a file run as its owner or group", value.text));
        }
    }
}

/// Whether a mode as `chmod` takes it sets setuid or setgid.
fn sets_identity(mode: &str) -> bool {
    if !mode.is_empty() && mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) {
        return u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o6000 != 0);
    }
    mode.split(',').any(|clause| clause.split_once(['+', '=']).is_some_and(|(who, what)| {
        what.contains('s') && who.chars().all(|c| "ugoa".contains(c)) && what.chars().all(|c| "rwxXst".contains(c))
    }))
}
