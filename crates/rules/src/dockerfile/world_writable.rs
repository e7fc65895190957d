//! `world-writable`: everybody may write.

use crate::build::*;

rule! {
    "world-writable", Dockerfile, High, true,
    "everybody may write",
    ["droast:DF034", "tally:world-writable-state-path-workaround"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(step, call)| call.program() == "chmod" && input.is_shipped(step.stage)) {
        let Some(mode) = call.arguments().iter().find(|word| !word.text().starts_with("--") && (!word.text().starts_with('-') || word.text().contains('w'))) else {
            continue;
        };
        let sticky_place = call.arguments().iter().skip(1).all(|word| {
            let path = word.text();
            path.starts_with('-') || path == mode.text() || matches!(path, "/tmp" | "/var/tmp" | "/tmp/" | "/dev/null")
        });
        if lets_all_write(mode.text()) && !sticky_place {
            report.at(call.range(), format!("mode {} lets every account write", mode.text()));
        }
    }
    for (index, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let Some(value) = instruction.flag("chmod").and_then(|flag| flag.value.as_ref()) else { continue };
        if lets_all_write(&value.text) && input.is_shipped_at(index) {
            report.at(value.range.clone(), format!("mode {} lets every account write", value.text));
        }
    }
}

/// Whether a mode as `chmod` takes it lets others write, without the sticky bit.
fn lets_all_write(mode: &str) -> bool {
    if !mode.is_empty() && mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) {
        return u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o1002 == 0o2);
    }
    mode.split(',').any(|clause| clause.split_once(['+', '=']).is_some_and(|(who, what)| {
        what.contains('w') && !mode.contains('t') && (who.contains('o') || who.contains('a')) && who.chars().all(|c| "ugoa".contains(c))
    }))
}
