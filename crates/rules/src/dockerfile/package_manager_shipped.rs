//! `package-manager-shipped`: the package manager stays in the shipped image.

use crate::build::*;

rule! {
    "package-manager-shipped", Dockerfile, Low, false,
    "the package manager stays in the shipped image",
    ["cis:4.3"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let install = input.installs().find(|(step, install)| input.is_shipped(step.stage) && matches!(install.manager, Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper));
    if let Some((_, install)) = install {
        report.at(install.call.name().range.clone(), format!("{} is shipped with the application", install.call.program()));
    }
}
