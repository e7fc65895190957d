//! The catalogers, one file each.

mod apk;
mod cargo;
mod chisel;
mod dpkg;
mod elf_note;
mod golang;
mod node;
mod opkg;
mod pacman;
mod python;

use crate::Cataloger;

/// Every cataloger.
pub static ALL: &[&Cataloger] = &[
    &apk::APK,
    &cargo::CARGO,
    &chisel::CHISEL,
    &dpkg::DPKG,
    &elf_note::ELF_NOTE,
    &golang::GOLANG,
    &node::NODE,
    &opkg::OPKG,
    &pacman::PACMAN,
    &python::PYTHON,
];
