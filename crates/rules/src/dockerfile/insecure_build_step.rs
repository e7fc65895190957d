//! `insecure-build-step`: a build step asks for the rights of the host.

use crate::build::*;

rule! {
    "insecure-build-step", Dockerfile, High, true,
    "a build step asks for the rights of the host",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        for flag in &step.instruction.flags {
            let value = flag.value.as_ref().map_or("", |word| word.text.as_str());
            if matches!((flag.name.as_str(), value), ("security", "insecure") | ("network", "host")) || flag.name == "device" {
                report.at(flag.range.clone(), format!("--{} {value} gives the step rights of the host", flag.name));
            }
        }
    }
}
