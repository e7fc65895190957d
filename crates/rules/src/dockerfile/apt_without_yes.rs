//! `apt-without-yes`: apt-get asks and nobody answers.

use crate::build::*;

rule! {
    "apt-without-yes", Dockerfile, High, true,
    "apt-get asks and nobody answers",
    ["hadolint:DL3014", "trivy:DS-0021", "droast:DF015", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, install) in input.installs().filter(|(_, install)| install.manager == Manager::Apt) {
        let call = install.call;
        let quiet = call.has_flag(&["-y", "--yes", "--assume-yes", "-qq", "--quiet=2", "--trivial-only", "--download-only", "-d", "-s", "--simulate"]);
        let configured = call.arguments().iter().any(|word| word.text().to_ascii_lowercase().contains("assume-yes") || word.literal.is_none())
            || input.document.text().to_ascii_lowercase().contains("assume-yes")
            || call.command.joint == Joint::Pipe;
        if !quiet && !configured {
            report.at(call.range(), "the installation asks for confirmation, which nobody gives").safe("answer with -y", vec![insert(install.verb.range.end, " -y")]);
        }
    }
}
