//! Programs that serve people and builds, not applications: shells and package managers. They go unless something used
//! them, also from packages that stay whole.

use casehard_image::Entry;

/// Programs that install software.
pub const PACKAGE_MANAGERS: &[&str] = &[
    "apt", "apt-get", "dpkg", "apk", "rpm", "dnf", "microdnf", "yum", "tdnf", "zypper", "pacman", "opkg",
    "pip", "pip3", "npm", "npx", "yarn", "pnpm", "corepack", "gem", "bundle", "composer", "cpan", "conda",
    "mamba",
];

/// Command interpreters of the POSIX kind.
pub const SHELLS: &[&str] =
    &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "rbash", "busybox"];

/// Whether an entry stands where programs are looked for and is called by one of these names, perhaps with a version
/// behind it as in `pip3.11`.
#[must_use]
pub fn is_program(entry: Entry<'_>, names: &[&str]) -> bool {
    let name = entry.name();
    let is_called = |wanted: &&str| {
        name.strip_prefix(wanted.as_bytes())
            .is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
    };
    !entry.is_directory()
        && names.iter().any(is_called)
        && entry.parent().is_some_and(|parent| matches!(parent.name(), b"bin" | b"sbin"))
}

/// What kind of tool an entry is, or `None`.
#[must_use]
pub fn kind(entry: Entry<'_>) -> Option<&'static str> {
    if is_program(entry, PACKAGE_MANAGERS) {
        Some("package-manager")
    } else if is_program(entry, SHELLS) {
        Some("shell")
    } else {
        None
    }
}
