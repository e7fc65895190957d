//! `build-tools-present`: the image has compilers and build tools.

use crate::audit::*;

rule! {
    "build-tools-present", Image, Medium, true,
    "the image has compilers and build tools",
    ["cis:4.3"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let tools = ["gcc", "g++", "cc", "c++", "clang", "make", "cmake", "ninja", "ld", "as", "go", "rustc", "javac", "mvn", "gradle", "git", "autoconf"];
    let found: Vec<_> = input.programs().filter(|entry| !entry.is_directory() && tools.contains(&plain(entry.name()))).collect();
    if let Some(first) = found.first() {
        let mut names: Vec<String> = found.iter().map(|entry| String::from_utf8_lossy(entry.name()).into_owned()).collect();
        names.sort();
        names.dedup();
        report.on(place(*first), format!("build tools are in the image: {}", names.join(", ")));
    }
}

/// A tool's name without the machine that it builds for and the version: `x86_64-linux-gnu-gcc-12` is `gcc`.
fn plain(name: &[u8]) -> &str {
    let name = std::str::from_utf8(name).unwrap_or_default();
    let name = match name.rsplit_once('-') {
        Some((start, version)) if version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(|c| c.is_ascii_digit() || c == '.') => start,
        _ => name,
    };
    ["-linux-gnu-", "-linux-musl-", "-linux-gnueabihf-", "-linux-"].iter().find_map(|part| name.split_once(part)).map_or(name, |(_, tool)| tool)
}
