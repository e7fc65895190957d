//! `package-cache-present`: caches of package managers are in the image.

use crate::audit::*;

rule! {
    "package-cache-present", Image, Low, true,
    "caches of package managers are in the image",
    ["dockle:DKL-DI-0004", "dockle:DKL-DI-0005", "trivy:DS-0019"]
}

/// Caches of the system.
const CACHES: &[&str] = &[
    "/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk", "/var/cache/dnf", "/var/cache/yum", "/var/cache/zypp", "/var/cache/libdnf5",
    "/var/cache/pacman/pkg", "/usr/local/share/.cache/yarn", "/usr/local/cargo/registry", "/go/pkg/mod/cache", "/opt/conda/pkgs",
];
/// Caches below somebody's home.
const OF_HOMES: &[&str] = &[
    ".cache/pip", ".cache/uv", ".cache/pypoetry", ".cache/pipenv", ".npm", ".cache/yarn", ".cache/node-gyp", ".local/share/pnpm/store",
    ".cache/go-build", "go/pkg/mod/cache", ".cargo/registry", ".m2/repository", ".gradle/caches", ".composer/cache", ".cache/composer",
    ".bundle/cache", ".conda/pkgs", ".nuget/packages", ".local/share/NuGet", ".cache/bazel",
];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let homes = input.at("/home").filter(|entry| entry.is_directory());
    let homes = homes.into_iter().flat_map(casehard_image::Entry::children).map(|home| home.path().to_string()).take(64);
    let of_homes = homes.chain(["/root".to_owned()]).flat_map(|home| OF_HOMES.iter().map(move |cache| format!("{home}/{cache}")));
    for path in CACHES.iter().map(|path| (*path).to_owned()).chain(of_homes) {
        let Some(folder) = input.at(&path).filter(|entry| entry.is_directory()) else { continue };
        let bytes: u64 = folder.below().filter(|entry| entry.is_file()).map(casehard_image::Entry::size).sum();
        if bytes > 0 {
            report.on(place(folder), format!("{path} holds {bytes} bytes that no application reads"));
        }
    }
}
