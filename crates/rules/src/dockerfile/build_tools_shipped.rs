//! `build-tools-shipped`: compilers and build tools are installed in the shipped stage.

use crate::build::*;

rule! {
    "build-tools-shipped", Dockerfile, Medium, true,
    "compilers and build tools are installed in the shipped stage",
    ["cis:4.3", "droast:DF011", "tally:prefer-multi-stage-build"]
}

const TOOLS: [&str; 22] = [
    "gcc", "g++", "make", "cmake", "build-essential", "clang", "llvm", "golang", "cargo", "rustc", "maven", "gradle", "autoconf", "automake", "libtool",
    "build-base", "musl-dev", "linux-headers", "python3-dev", "default-jdk", "ninja-build", "gcc-c++",
];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, install) in input.installs().filter(|(step, _)| input.is_shipped(step.stage)) {
        // Installed and removed in the same step is the older way to the same end.
        let removes = step.calls().any(|call| {
            matches!(call.subcommand(), "purge" | "remove" | "autoremove" | "del" | "erase") && matches!(call.program(), "apt-get" | "apt" | "apk" | "dnf" | "yum" | "microdnf")
        });
        if removes {
            continue;
        }
        let names: Vec<_> = install.names().filter(|(name, _)| TOOLS.contains(name)).collect();
        if let Some((_, word)) = names.first() {
            let list: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            report.at(word.range.clone(), format!("{} stay in the image that is shipped", list.join(", ")));
        }
    }
}
