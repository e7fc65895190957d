//! `system-workdir`: the application's directory is a system directory.

use crate::build::*;

rule! {
    "system-workdir", Dockerfile, Medium, true,
    "the application's directory is a system directory",
    ["trivy:DS-0030"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some(Value::Known(path)) = &last.end.workdir else { return };
    let Some((_, instruction)) = input.of_stage(last).filter(|(_, instruction)| instruction.keyword == Keyword::Workdir).last() else { return };
    let path = path.trim_end_matches('/');
    if ["/proc", "/sys", "/dev", "/etc", "/bin", "/sbin", "/usr", "/usr/bin", "/usr/sbin", "/lib", "/boot"].contains(&path) {
        report.at(instruction.range.clone(), format!("{path} is a system directory"));
    }
}
