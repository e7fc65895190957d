//! `image-passwordless-sudo`: somebody becomes root without a password.

use crate::audit::*;

rule! {
    "image-passwordless-sudo", Image, High, true,
    "somebody becomes root without a password",
    ["casehard:sudoers"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let folder = input.at("/etc/sudoers.d").into_iter().flat_map(casehard_image::Entry::children);
    let files = ["/etc/sudoers", "/etc/doas.conf"].into_iter().filter_map(|path| input.at(path)).chain(folder);
    for entry in files.filter(|entry| entry.is_file()) {
        let Some(text) = input.inventory.text(input.tree, &entry.path()) else { continue };
        for (number, line) in String::from_utf8_lossy(text).lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let free = ["NOPASSWD:", "!authenticate"].iter().any(|word| line.contains(word)) || (line.trim_start().starts_with("permit") && line.split_whitespace().any(|word| word == "nopass"));
            if free {
                report.on(place(entry), format!("{} asks for no password (line {})", entry.path(), number + 1));
            }
        }
    }
}
