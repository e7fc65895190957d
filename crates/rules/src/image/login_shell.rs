//! `login-shell`: accounts of services have a login shell.

use crate::audit::*;

rule! {
    "login-shell", Image, Info, false,
    "accounts of services have a login shell",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let closed = ["nologin", "false", "sync", "halt", "shutdown"];
    for account in input.accounts.iter().filter(|account| account.uid > 0 && account.uid < 1000) {
        let shell = account.shell.rsplit('/').next().unwrap_or_default();
        if !shell.is_empty() && !closed.contains(&shell) {
            report.on(field("/etc/passwd"), format!("account {} of a service has shell {}", account.name, account.shell));
        }
    }
}
