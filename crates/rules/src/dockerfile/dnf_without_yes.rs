//! `dnf-without-yes`: dnf, yum, microdnf or zypper ask and nobody answers.

use crate::build::*;

rule! {
    "dnf-without-yes", Dockerfile, High, true,
    "dnf, yum, microdnf or zypper ask and nobody answers",
    ["hadolint:DL3038", "hadolint:DL3030", "hadolint:DL3034", "droast:DF027", "droast:DF043"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, install) in input.installs().filter(|(_, install)| matches!(install.manager, Manager::Dnf | Manager::Zypper)) {
        let call = install.call;
        let quiet = call.has_flag(&["-y", "--assumeyes", "--non-interactive", "-n", "--no-confirm", "--downloadonly"]);
        let unknown = call.arguments().iter().any(|word| word.literal.is_none() && word.raw.starts_with('$')) || call.command.joint == Joint::Pipe
            || input.document.text().contains("assumeyes") || call.program() == "tdnf" && call.has_flag(&["-y"]);
        if !quiet && !unknown {
            report.at(call.range(), "the installation asks for confirmation, which nobody gives").safe("answer with -y", vec![insert(install.verb.range.end, " -y")]);
        }
    }
}
