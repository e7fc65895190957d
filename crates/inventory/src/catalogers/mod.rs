//! The catalogers, one file each.

mod apk;
mod assembly;
mod cargo;
mod chisel;
mod composer;
mod conda;
mod dotnet;
mod dpkg;
mod elf_note;
mod embedded;
mod evidence;
mod gem;
mod golang;
mod java;
mod kernel;
mod node;
mod opkg;
mod pacman;
mod perl;
mod python;
mod rpm;
mod wordpress;

use crate::Cataloger;

pub(crate) use java::class_path;
pub(crate) use rpm::source_rpm;

/// Every cataloger.
pub static ALL: &[&Cataloger] = &[
    &apk::APK,
    &assembly::ASSEMBLY,
    &cargo::CARGO,
    &chisel::CHISEL,
    &composer::COMPOSER,
    &conda::CONDA,
    &dotnet::DOTNET,
    &dpkg::DPKG,
    &elf_note::ELF_NOTE,
    &embedded::EMBEDDED,
    &evidence::EVIDENCE,
    &gem::GEM,
    &golang::GOLANG,
    &java::JAVA,
    &java::JAVA_RUNTIME,
    &kernel::KERNEL,
    &node::NODE,
    &opkg::OPKG,
    &pacman::PACMAN,
    &perl::PERL,
    &python::PYTHON,
    &rpm::RPM,
    &wordpress::WORDPRESS,
];
