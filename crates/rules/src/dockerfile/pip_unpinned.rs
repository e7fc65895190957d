//! `pip-unpinned`: language packages without a version.

use crate::build::*;

rule! {
    "pip-unpinned", Dockerfile, Medium, true,
    "language packages without a version",
    ["hadolint:DL3013", "hadolint:DL3016", "hadolint:DL3028", "hadolint:DL3062", "droast:DF051", "droast:DF053", "droast:DF054"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, install) in input.installs() {
        let call = install.call;
        let pinned_elsewhere = match install.manager {
            Manager::Pip => call.has_flag(&["-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--no-index"]),
            Manager::Gem => call.has_flag(&["-v", "--version"]),
            Manager::Cargo => call.has_flag(&["--version", "--vers", "--git", "--path", "--locked"]),
            Manager::Npm | Manager::Yarn | Manager::Go => false,
            _ => continue,
        };
        if pinned_elsewhere {
            continue;
        }
        for word in &install.packages {
            let Some(text) = word.literal.as_deref() else { continue };
            let local = text.starts_with(['.', '/', '$', '-']) || text.contains("://") || [".whl", ".tgz", ".gem", ".tar.gz", ".zip"].iter().any(|end| text.ends_with(end)) || text.contains('\\');
            let tool = install.manager == Manager::Pip && matches!(text, "pip" | "setuptools" | "wheel") && call.has_flag(&["-U", "--upgrade"]);
            let versioned = match install.manager {
                Manager::Pip => text.contains(['=', '<', '>', '~', '@']),
                Manager::Go => text.contains('@') && !text.ends_with("@latest"),
                Manager::Gem => text.contains(':'),
                _ => text.get(1..).is_some_and(|rest| rest.contains('@') && !rest.ends_with("@latest")),
            };
            if !local && !tool && !versioned && (install.manager != Manager::Go || text.contains('.')) {
                report.at(word.range.clone(), format!("{text} has no version, so whatever is newest is installed"));
            }
        }
    }
}
