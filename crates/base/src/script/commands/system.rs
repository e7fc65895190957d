//! Commands that have no effect in an image, and why.

/// Commands that only concern a running system, an init system, compiled caches that their programs do without, or logs
/// of the package tools themselves. The status is what a successful call answers.
const WITHOUT_EFFECT: &[(&str, i32)] = &[
    // Starting, stopping and enabling: nothing runs while an image is made, and a container has no init system.
    ("deb-systemd-helper", 0),
    ("deb-systemd-invoke", 0),
    ("deb-systemd-user", 0),
    ("initctl", 1),
    ("invoke-rc.d", 0),
    ("kill", 1),
    ("killall", 1),
    ("needrestart", 0),
    ("nscd", 0),
    ("pidof", 1),
    ("pgrep", 1),
    ("ps", 0),
    ("service", 0),
    ("start-stop-daemon", 0),
    ("systemctl", 1),
    ("telinit", 0),
    ("udevadm", 0),
    ("update-rc.d", 0),
    ("dbus-send", 0),
    ("modprobe", 0),
    ("sysctl", 0),
    // Asked of /proc and /sys, which every container has.
    ("mountpoint", 0),
    ("ischroot", 0),
    ("restorecon", 0),
    ("selinuxenabled", 1),
    ("update-initramfs", 0),
    ("update-grub", 0),
    ("apparmor_parser", 0),
    ("aa-enabled", 1),
    // Logs and identities of one machine, which every container gets for itself.
    ("logger", 0),
    ("journalctl", 0),
    ("systemd-machine-id-setup", 0),
    // Byte code: programs compile what they run, and compiled files would not be the same bytes twice.
    ("py3compile", 0),
    ("py3clean", 0),
    ("pycompile", 0),
    ("pyclean", 0),
    ("pypy3compile", 0),
    ("emacs-package-install", 0),
    // Indexes of documentation and menus.
    ("install-info", 0),
    ("update-info-dir", 0),
    ("mandb", 0),
    ("update-menus", 0),
    ("update-mime", 0),
    ("install-docs", 0),
    ("update-catalog", 0),
    ("update-xmlcatalog", 0),
    ("register-toc", 0),
    // Bookkeeping of the package tools.
    ("db-backup", 0),
    ("dpkg-trigger", 0),
    ("dpkg-maintscript-helper", 0),
    ("apt-get", 0),
    ("debconf-communicate", 0),
    ("update-passwd", 0),
    ("ucfr", 0),
    ("lsb_release", 0),
    // The environment of a session, which nobody has here.
    ("pam_getenv", 0),
    // What a file is able to, asked only to be kept over an upgrade.
    ("getcap", 0),
];

/// The status of a command that has no effect in an image.
pub(super) fn without_effect(name: &str) -> Option<i32> {
    WITHOUT_EFFECT.iter().find(|(known, _)| *known == name).map(|(_, status)| *status)
}

/// Commands of the set that scripts look for to find out whether a package is there: they count as absent as long as
/// the root does not have them.
pub(super) fn needs_its_program(name: &str) -> bool {
    !matches!(
        name,
        ":" | "true" | "false" | "test" | "[" | "echo" | "printf" | "read" | "cd" | "command" | "type"
    )
}
