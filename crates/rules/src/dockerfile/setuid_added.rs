//! `setuid-added`: a file is made setuid or setgid.

use crate::build::*;

rule! {
    "setuid-added", Dockerfile, High, true,
    "a file is made setuid or setgid",
    ["cis:4.8", "dockle:CIS-DI-0008"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(step, _)| input.is_shipped(step.stage)) {
        let words: Vec<&str> = call.arguments().iter().map(casehard_dockerfile::shell::ShellWord::text).collect();
        let of_chmod = || words.iter().position(|text| !text.starts_with('-') || text.contains('s') && text.len() == 2);
        let (mode, targets) = match call.program() {
            "chmod" => of_chmod().map_or((None, &[][..]), |at| (Some(words[at]), &words[at + 1..])),
            "install" if !words.iter().any(|word| matches!(*word, "-d" | "--directory")) => (call.flag_value(&["-m", "--mode"]), &words[words.len().saturating_sub(1)..]),
            _ => (None, &[][..]),
        };
        let Some(mode) = mode.filter(|mode| sets_identity(mode)) else { continue };
        // On a directory setgid says which group new files get, which is harmless.
        if sets_user(mode) || targets.iter().any(|target| is_program(target)) {
            report.at(call.range(), format!("mode {mode} makes a file run as its owner or group"));
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

/// Whether a mode that [`sets_identity`] sets setuid, not setgid alone.
fn sets_user(mode: &str) -> bool {
    match u32::from_str_radix(mode, 8) {
        Ok(mode) => mode & 0o4000 != 0,
        Err(_) => mode.split(',').filter_map(|clause| clause.split_once(['+', '='])).any(|(who, what)| what.contains('s') && (who.is_empty() || who.contains(['u', 'a']))),
    }
}

/// Whether a path is that of a program: it stands in a directory of programs.
fn is_program(path: &str) -> bool {
    let mut parts = path.trim_matches(['"', '\'']).rsplit('/');
    parts.next().is_some_and(|name| !name.is_empty()) && parts.next().is_some_and(|folder| matches!(folder, "bin" | "sbin" | "libexec" | "games"))
}
