//! Language packages that are installed without a version.

use super::{Input, Install, Manager};
use crate::report::Report;

/// Reports what these package managers install without a version.
pub(crate) fn unpinned(input: &Input<'_>, report: &mut Report<'_>, managers: &[Manager]) {
    let installs = input.installs().filter(|(_, install)| managers.contains(&install.manager));
    for (_, install) in installs.filter(|(_, install)| !is_pinned_elsewhere(install)) {
        for (at, word) in install.packages.iter().enumerate() {
            let Some(text) = word.literal.as_deref() else { continue };
            let next = install.packages.get(at + 1).map(|word| word.text()).unwrap_or_default();
            // Composer takes `vendor/name 1.2.3` as two words, too.
            let said = install.manager == Manager::Composer
                && (!text.contains('/') || !next.contains('/') && !next.is_empty());
            if !said && is_open(&install, text) {
                let message = format!("{text} has no version, so whatever is newest is installed");
                report.at(word.range.clone(), message);
            }
        }
    }
}

/// Whether a flag says the versions, or where they are said.
fn is_pinned_elsewhere(install: &Install<'_>) -> bool {
    install.call.has_flag(match install.manager {
        Manager::Pip => &["-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--no-index"],
        Manager::Gem => &["-v", "--version"],
        Manager::Cargo => &["--version", "--vers", "--git", "--path", "--locked"],
        _ => &[],
    })
}

/// Whether a package is named without a version.
fn is_open(install: &Install<'_>, text: &str) -> bool {
    let ends = [".whl", ".tgz", ".gem", ".tar.gz", ".zip"];
    let local = text.starts_with(['.', '/', '$', '-'])
        || text.contains("://")
        || text.contains('\\')
        || ends.iter().any(|end| text.ends_with(end));
    if local {
        return false;
    }
    match install.manager {
        Manager::Pip => {
            let upgrades = install.call.has_flag(&["-U", "--upgrade"]);
            let is_tool = matches!(text, "pip" | "setuptools" | "wheel") && upgrades;
            !is_tool && !text.contains(['=', '<', '>', '~', '@'])
        }
        // Without a dot it is of the standard library, or of this module.
        Manager::Go => text.contains('.') && (!text.contains('@') || text.ends_with("@latest")),
        Manager::Gem | Manager::Composer => !text.contains([':', '=']),
        // `@scope/name@1.2.3`
        _ => !text.get(1..).is_some_and(|rest| rest.contains('@') && !rest.ends_with("@latest")),
    }
}
