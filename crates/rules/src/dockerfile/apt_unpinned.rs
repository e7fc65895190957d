//! `apt-unpinned`: distribution packages without a version.

use crate::build::*;

rule! {
    "apt-unpinned", Dockerfile, Info, false,
    "distribution packages without a version",
    ["hadolint:DL3008", "hadolint:DL3018", "hadolint:DL3041", "hadolint:DL3033", "hadolint:DL3037", "droast:DF005", "droast:DF052"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, install) in input.installs() {
        if !matches!(install.manager, Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper) {
            continue;
        }
        for word in &install.packages {
            let Some(text) = word.literal.as_deref() else { continue };
            let file = text.starts_with(['/', '.']) || text.ends_with(".deb") || text.ends_with(".rpm") || text.ends_with(".apk");
            let versioned = text.contains(['=', '<', '>', '~']) || (install.manager == Manager::Dnf && text.bytes().any(|byte| byte.is_ascii_digit()) && text.contains('-'));
            let quoted = word.raw.starts_with('.');
            if !file && !versioned && !quoted {
                report.at(word.range.clone(), format!("{text} has no version"));
            }
        }
    }
}
