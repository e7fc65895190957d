//! Architectures and their system calls. The tables are from the kernel's headers, up to Linux 6.17.

use std::{collections::HashMap, sync::OnceLock};

/// An architecture that a system call can be made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86, which 64-bit kernels run too.
    I386,
    /// 64-bit Arm.
    Aarch64,
    /// 32-bit Arm, which some 64-bit kernels run too.
    Arm,
}

type Tables = (HashMap<&'static str, u32>, HashMap<u32, &'static str>);

impl Architecture {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::X86_64, Self::I386, Self::Aarch64, Self::Arm];

    /// Those that this machine runs, its own first.
    #[must_use]
    pub const fn of_this_machine() -> &'static [Self] {
        if cfg!(target_arch = "aarch64") { &[Self::Aarch64, Self::Arm] } else { &[Self::X86_64, Self::I386] }
    }

    /// Its number in audit records and filters (`linux/audit.h`).
    #[must_use]
    pub const fn audit(self) -> u32 {
        match self {
            Self::X86_64 => 0xc000_003e,
            Self::I386 => 0x4000_0003,
            Self::Aarch64 => 0xc000_00b7,
            Self::Arm => 0x4000_0028,
        }
    }

    /// The one with that number.
    #[must_use]
    pub fn from_audit(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|architecture| architecture.audit() == number)
    }

    /// Its names: in the lists of profiles, and in their conditions.
    pub(super) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::X86_64 => ("SCMP_ARCH_X86_64", "amd64"),
            Self::I386 => ("SCMP_ARCH_X86", "x86"),
            Self::Aarch64 => ("SCMP_ARCH_AARCH64", "arm64"),
            Self::Arm => ("SCMP_ARCH_ARM", "arm"),
        }
    }

    fn tables(self) -> &'static Tables {
        static TABLES: [OnceLock<Tables>; 4] = [const { OnceLock::new() }; 4];
        let text = match self {
            Self::X86_64 => include_str!("x86_64.txt"),
            Self::I386 => include_str!("i386.txt"),
            Self::Aarch64 => include_str!("aarch64.txt"),
            Self::Arm => include_str!("arm.txt"),
        };
        TABLES[self as usize].get_or_init(|| {
            let mut tables = Tables::default();
            for line in text.lines() {
                if let Some((number, name)) = line.split_once(' ')
                    && let Ok(number) = number.parse()
                {
                    tables.0.insert(name, number);
                    tables.1.entry(number).or_insert(name);
                }
            }
            tables
        })
    }

    /// The largest number of a call that this program knows, leaving out those with numbers of their own far above.
    pub(super) fn last(self) -> u32 {
        self.tables().1.keys().copied().filter(|&number| number < 0x1_0000).max().unwrap_or(0)
    }
}

/// The number of a call, `None` when the architecture has none of that name.
#[must_use]
pub fn call_number(architecture: Architecture, name: &str) -> Option<u32> {
    architecture.tables().0.get(name).copied()
}

/// The name of a call.
#[must_use]
pub fn call_name(architecture: Architecture, number: u32) -> Option<&'static str> {
    architecture.tables().1.get(&number).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_the_numbers_this_program_was_built_with() {
        let here = Architecture::of_this_machine()[0];
        let expected = [
            ("openat", libc::SYS_openat),
            ("seccomp", libc::SYS_seccomp),
            ("statx", libc::SYS_statx),
            ("execve", libc::SYS_execve),
            ("io_uring_setup", libc::SYS_io_uring_setup),
            ("mount_setattr", libc::SYS_mount_setattr),
            ("fchmodat2", libc::SYS_fchmodat2),
        ];
        for (name, number) in expected {
            let number = u32::try_from(number).unwrap();
            assert_eq!(call_number(here, name), Some(number), "{name}");
            assert_eq!(call_name(here, number), Some(name));
        }
        assert_eq!(call_number(Architecture::I386, "open"), Some(5));
        assert_eq!(call_number(Architecture::Aarch64, "open"), None);
        assert_eq!(call_number(Architecture::Arm, "openat"), Some(322));
    }
}
