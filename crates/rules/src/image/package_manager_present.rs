//! `package-manager-present`: the image has a package manager.

use crate::audit::*;

rule! {
    "package-manager-present", Image, Low, true,
    "the image has a package manager",
    ["cis:4.3"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let managers = ["apt-get", "apt", "dpkg", "apk", "dnf", "yum", "microdnf", "tdnf", "rpm", "zypper", "pacman", "opkg", "pip", "pip3", "npm", "yarn", "pnpm", "gem", "cargo", "composer", "conda", "uv"];
    let found = input.program_named(&managers);
    if let Some(first) = found.first() {
        let mut names: Vec<String> = found.iter().map(|entry| String::from_utf8_lossy(entry.name()).into_owned()).collect();
        names.sort();
        names.dedup();
        report.on(place(*first), format!("package managers are in the image: {}", names.join(", ")));
    }
}
