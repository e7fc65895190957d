//! `dnf-cache`: dnf, yum, microdnf or zypper keep their caches in the layer.

use crate::build::*;

rule! {
    "dnf-cache", Dockerfile, Low, true,
    "dnf, yum, microdnf or zypper keep their caches in the layer",
    ["hadolint:DL3040", "hadolint:DL3032", "hadolint:DL3036", "trivy:DS-0019", "trivy:DS-0015", "trivy:DS-0027", "trivy:DS-0020", "droast:DF045", "droast:DF046", "droast:DF047"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in input.shipped_steps() {
        let last = step.calls().filter_map(Install::of).filter(|install| matches!(install.manager, Manager::Dnf | Manager::Zypper)).last();
        let Some(install) = last else { continue };
        let program = install.call.program();
        let cleaned = step.calls().any(|call| {
            matches!(call.subcommand(), "clean" | "cc")
                || (call.program() == "rm" && call.arguments().iter().any(|word| ["/var/cache/dnf", "/var/cache/yum", "/var/cache/zypp", "/var/cache/*", "/var/cache/libdnf5"].iter().any(|path| word.text().contains(path))))
        });
        let mounted = ["/var/cache/dnf", "/var/cache/yum", "/var/cache/zypp", "/var/cache/libdnf5"].iter().any(|path| step.mounts_over(path));
        if cleaned || mounted {
            continue;
        }
        let found = report.at(install.call.range(), format!("the caches of {program} stay in this layer"));
        let chain = !step.is_exec && step.commands.iter().all(|command| matches!(command.joint, Joint::Start | Joint::And) && command.depth == 0);
        let plain_end = step.instruction.heredocs.is_empty() && step.comments.is_empty();
        if let Some(end) = step.commands.last().filter(|_| chain && plain_end) {
            let flag = if program == "zypper" { "clean --all" } else { "clean all" };
            found.safe("clean the caches", vec![insert(end.range.end, format!(" && {program} {flag}"))]);
        }
    }
}
