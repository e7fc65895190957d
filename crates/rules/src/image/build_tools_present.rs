//! `build-tools-present`: the image has compilers and build tools.

use crate::audit::*;

rule! {
    "build-tools-present", Image, Medium, true,
    "the image has compilers and build tools",
    ["cis:4.3"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let tools = ["gcc", "g++", "cc", "c++", "clang", "make", "cmake", "ninja", "ld", "as", "go", "rustc", "javac", "mvn", "gradle", "git", "autoconf"];
    let found = input.program_named(&tools);
    if let Some(first) = found.first() {
        let mut names: Vec<String> = found.iter().map(|entry| String::from_utf8_lossy(entry.name()).into_owned()).collect();
        names.sort();
        names.dedup();
        report.on(place(*first), format!("build tools are in the image: {}", names.join(", ")));
    }
}
