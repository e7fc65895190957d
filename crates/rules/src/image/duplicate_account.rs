//! `duplicate-account`: two accounts or groups share a number or a name.

use crate::audit::*;

rule! {
    "duplicate-account", Image, High, true,
    "two accounts or groups share a number or a name",
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
    let text = String::from_utf8_lossy(input.text("/etc/group").unwrap_or_default());
    let groups: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split(':').next().zip(line.split(':').nth(2))).filter(|(name, gid)| !name.is_empty() && !gid.is_empty()).take(2000).collect();
    for (at, (name, gid)) in groups.iter().enumerate() {
        for (other, number) in &groups[..at] {
            if number == gid {
                report.on(field("/etc/group"), format!("groups {other} and {name} share number {gid}"));
            } else if other == name {
                report.on(field("/etc/group"), format!("group {name} is there twice"));
            }
        }
    }
}
