//! What is measured: images and profiles of a given size, made the same each time.
//!
//! `cargo bench -p casehard-bench` runs all; `docs/benchmarks.md` has results, and comparisons of whole programs.

use std::fmt::Write as _;

use casehard_oci::Container;
use casehard_profile::{Access, Observation, Phase, Profile};
use casehard_testkit::{Made, image, path};

/// An image of two layers with `files` files in `files / 20` packages, like those of a distribution.
#[must_use]
pub fn debian(files: usize) -> Made {
    let mut lower = String::from(
        "d etc\nf etc/os-release = ID=debian\\nVERSION_ID=12\\n\nd usr\nd usr/share\nd var\nd var/lib\nd var/lib/dpkg\nd var/lib/dpkg/info\n",
    );
    let mut status = String::new();
    for package in 0..files / 20 {
        let mut list = String::from("/.\\n/usr\\n/usr/share\\n");
        let _ = writeln!(lower, "d usr/share/package{package}");
        for file in 0..20 {
            let content = format!("file {file} of package {package} ").repeat(40);
            let _ = writeln!(lower, "f usr/share/package{package}/file{file} = {content}");
            let _ = write!(list, "/usr/share/package{package}/file{file}\\n");
        }
        let _ = writeln!(lower, "f var/lib/dpkg/info/package{package}.list = {list}");
        let depends =
            package.checked_sub(1).map(|other| format!("Depends: package{other}\\n")).unwrap_or_default();
        let _ = write!(
            status,
            "Package: package{package}\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: 1.{package}-1\\n{depends}\\n"
        );
    }
    let _ = writeln!(lower, "f var/lib/dpkg/status = {status}");
    let mut upper = String::from("d srv\n");
    for file in 0..files / 100 {
        let _ = writeln!(upper, "f srv/page{file} = page {file}");
    }
    image(&[&lower, &upper], Container { cmd: Some(vec!["/srv/page0".into()]), ..Container::default() })
}

/// A profile in which every tenth package's first file and every page was read.
#[must_use]
pub fn profile(files: usize) -> Profile {
    let mut profile = Profile::default();
    let packages = (0..files / 20).step_by(10).map(|package| format!("usr/share/package{package}/file0"));
    for used in packages.chain((0..files / 100).map(|page| format!("srv/page{page}"))) {
        profile.observe(Observation::Path {
            path: path(&used),
            access: Access::Read,
            program: Some(path("usr/bin/server")),
            phase: Phase::new("start"),
        });
    }
    profile
}
