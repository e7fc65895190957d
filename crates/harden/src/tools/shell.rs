//! Which programs are shells, by what POSIX says that every shell has.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Built-in commands (POSIX.1-2024, XCU 1.6 and 2.15), which a shell looks up by name: the names end with a NUL.
const COMMANDS: [&[u8]; 8] =
    [b"export\0", b"getopts\0", b"readonly\0", b"shift\0", b"trap\0", b"umask\0", b"unalias\0", b"unset\0"];

/// Variables that a shell itself sets and reads (XCU 2.5.3 and `getopts`).
const VARIABLES: [&[u8]; 3] = [b"IFS", b"OPTIND", b"PS4"];

/// Whether an ELF file has the commands and the variables of a shell.
pub(super) fn is_shell(bytes: &[u8]) -> bool {
    static NAMES: LazyLock<Vec<Finder<'_>>> =
        LazyLock::new(|| COMMANDS.iter().chain(&VARIABLES).map(Finder::new).collect());
    NAMES.iter().all(|name| name.find(bytes).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_known_by_what_it_can_do() {
        let shell = b"\x7fELF 7export\0getopts\0xreadonly\0shift\0trap\0umask\0unalias\0unset\0IFS= \0OPTIND=1\0PS4=+ \0";
        assert!(is_shell(shell));
        // `make` knows the commands, to see which of them needs a shell, and is none.
        let make = String::from_utf8_lossy(shell).replace("OPTIND", "MAKEFLAGS");
        assert!(!is_shell(make.as_bytes()));
    }
}
