//! `empty-password`: an account has no password at all.

use crate::audit::*;

rule! {
    "empty-password", Image, Critical, true,
    "an account has no password at all",
    ["dockle:DKL-LI-0001"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for path in ["/etc/shadow", "/etc/passwd"] {
        let Some(text) = input.text(path) else { continue };
        for name in without_password(text) {
            report.on(field(path), format!("account {name} has an empty password in {path}"));
        }
    }
}
