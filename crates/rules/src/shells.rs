//! The names of shells, in one place.

/// Shells by the names that their programs have.
pub(crate) const SHELLS: [&str; 11] =
    ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "busybox", "fish", "csh", "tcsh"];

/// The name in a path.
fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Whether a program, by name or path, is a shell.
pub(crate) fn is_shell(program: &str) -> bool {
    SHELLS.contains(&name(program))
}

/// Whether a program, by name or path, is a shell whose scripts are read as POSIX says.
pub(crate) fn is_posix_shell(program: &str) -> bool {
    matches!(name(program), "sh" | "bash" | "dash" | "ash")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names_are_told() {
        assert!(is_posix_shell("/bin/bash") && is_posix_shell("sh") && !is_posix_shell("/bin/zsh"));
        assert!(is_shell("/usr/bin/fish") && !is_shell("shx") && !is_shell(""));
        assert!(SHELLS.iter().filter(|name| is_posix_shell(name)).count() == 4);
    }
}
