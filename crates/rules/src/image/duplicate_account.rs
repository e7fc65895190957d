//! `duplicate-account`: two accounts share a number or a name.

use crate::audit::*;

rule! {
    "duplicate-account", Image, High, true,
    "two accounts share a number or a name",
    ["dockle:DKL-LI-0002"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (at, account) in input.accounts.iter().enumerate() {
        for other in &input.accounts[..at] {
            if other.uid == account.uid {
                report.on(field("/etc/passwd"), format!("accounts {} and {} share number {}", other.name, account.name, account.uid));
            } else if other.name == account.name {
                report.on(field("/etc/passwd"), format!("account {} is there twice", account.name));
            }
        }
        // A hostile file must not make this long.
        if at > 2000 {
            break;
        }
    }
}
