//! `image-unsigned-source`: packages are taken from a source whose signatures are not checked.

use crate::audit::*;

rule! {
    "image-unsigned-source", Image, High, true,
    "packages are taken from a source whose signatures are not checked",
    ["cis:4.11"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let folders = ["/etc/apt/sources.list.d", "/etc/yum.repos.d"].into_iter().filter_map(|path| input.at(path)).flat_map(casehard_image::Entry::children);
    for entry in input.at("/etc/apt/sources.list").into_iter().chain(folders).filter(|entry| entry.is_file()) {
        let Some(text) = input.inventory.text(input.tree, &entry.path()) else { continue };
        let text = String::from_utf8_lossy(text).to_ascii_lowercase();
        // A source that is switched off is none.
        let is_repo = entry.name().ends_with(b".repo");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            let plain: String = line.chars().filter(|c| !c.is_whitespace()).collect();
            let open = plain.contains("trusted=yes") || plain == "trusted:yes" || plain.contains("allow-insecure=yes") || plain == "allow-insecure:yes" || (is_repo && plain == "gpgcheck=0" && !text.contains("enabled=0"));
            if open {
                report.on(place(entry), format!("{} trusts a source without a signature (line {})", entry.path(), number + 1));
            }
        }
    }
    settings(input, report);
    for (entry, step) in input.image.config().history.iter().enumerate() {
        let text = step.created_by.as_deref().unwrap_or_default();
        if let Some(flag) = ["--allow-unauthenticated", "--allow-untrusted", "--nogpgcheck", "--no-gpg-checks", "--force-yes"].iter().find(|flag| text.contains(**flag)) {
            report.on(casehard_finding::Location::History { entry }, format!("packages were installed with {flag}"));
        }
    }
}

/// What switches the check off for every source.
fn settings(input: &Input<'_>, report: &mut Report<'_>) {
    let folder = input.at("/etc/apt/apt.conf.d").into_iter().flat_map(casehard_image::Entry::children);
    let others = ["/etc/apt/apt.conf", "/etc/dnf/dnf.conf", "/etc/yum.conf"].into_iter().filter_map(|path| input.at(path));
    for entry in folder.chain(others).filter(|entry| entry.is_file()) {
        let Some(text) = input.inventory.text(input.tree, &entry.path()) else { continue };
        let text = String::from_utf8_lossy(text).to_ascii_lowercase();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with(['#', '/'])) {
            let plain: String = line.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | ';' | '\'')).collect();
            let on = |name: &str| plain.split_once(name).is_some_and(|(_, value)| matches!(value, "true" | "yes" | "1" | "on"));
            if on("allowunauthenticated") || on("allowinsecurerepositories") || plain == "gpgcheck=0" || plain == "gpgcheck=false" {
                report.on(place(entry), format!("{} switches off the check of signatures (line {})", entry.path(), number + 1));
            }
        }
    }
}
