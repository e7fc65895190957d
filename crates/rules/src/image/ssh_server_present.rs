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
    for home in ["/root", "/home"] {
        let Some(home) = input.at(home).filter(|entry| entry.is_directory()) else { continue };
        for entry in home.below().filter(|entry| entry.is_file() && entry.name() == b"authorized_keys") {
            report.on(place(entry), format!("{} lets somebody log in", entry.path()));
        }
    }
}
