//! `package-cache-present`: caches of package managers are in the image.

use crate::audit::*;

rule! {
    "package-cache-present", Image, Low, true,
    "caches of package managers are in the image",
    ["dockle:DKL-DI-0004", "dockle:DKL-DI-0005", "trivy:DS-0019"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    const CACHES: [&str; 12] = [
        "/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk", "/var/cache/dnf", "/var/cache/yum", "/var/cache/zypp", "/var/cache/libdnf5",
        "/root/.cache/pip", "/root/.npm", "/root/.cache/yarn", "/root/.cache/go-build", "/root/.cargo/registry",
    ];
    for path in CACHES {
        let Some(folder) = input.at(path).filter(|entry| entry.is_directory()) else { continue };
        let bytes: u64 = folder.below().filter(|entry| entry.is_file()).map(casehard_image::Entry::size).sum();
        if bytes > 0 {
            report.on(place(folder), format!("{path} holds {bytes} bytes that no application reads"));
        }
    }
}
