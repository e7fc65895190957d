//! `apt-recommends`: apt-get installs recommended packages too.

use crate::build::*;

rule! {
    "apt-recommends", Dockerfile, Low, true,
    "apt-get installs recommended packages too",
    ["hadolint:DL3015", "trivy:DS-0029", "droast:DF016", ]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs().filter(|(_, install)| install.manager == Manager::Apt && install.verb.text() == "install") {
        let call = install.call;
        let configured = input.document.text().contains("APT::Install-Recommends");
        let off = call.has_flag(&["--no-install-recommends"]) || configured;
        if !off && input.is_shipped(step.stage) {
            report.at(call.range(), "recommended packages are installed too").evidence_fix(
                "install only what is named",
                vec![insert(install.verb.range.end, " --no-install-recommends")],
            );
        }
    }
}
