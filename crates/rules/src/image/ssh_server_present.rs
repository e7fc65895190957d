//! `ssh-server-present`: an SSH server, its keys or authorised keys are in the image.

use crate::audit::*;

rule! {
    "ssh-server-present", Image, High, true,
    "an SSH server, its keys or authorised keys are in the image",
    ["cis:5.7", "kubescape:C-0042"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for entry in input.program_named(&["sshd", "dropbear"]) {
        report.on(place(entry), format!("{} lets people log in over the network", entry.path()));
    }
    if let Some(folder) = input.at("/etc/ssh").filter(|entry| entry.is_directory()) {
        for entry in folder.children().filter(|entry| entry.name().starts_with(b"ssh_host_") && entry.name().ends_with(b"_key")) {
            report.on(place(entry), format!("{} is the same in every container", entry.path()));
        }
    }
    if let Some(folder) = input.at("/etc/dropbear").filter(|entry| entry.is_directory()) {
        for entry in folder.children().filter(|entry| entry.name().starts_with(b"dropbear_") && entry.name().ends_with(b"_host_key")) {
            report.on(place(entry), format!("{} is the same in every container", entry.path()));
        }
    }
    for entry in input.tree.walk().filter(|entry| entry.is_file() && entry.size() > 0 && matches!(entry.name(), b"authorized_keys" | b"authorized_keys2")) {
        if input.inventory.owners(entry).next().is_none() {
            report.on(place(entry), format!("{} lets somebody log in", entry.path()));
        }
    }
}
