//! `silenced-healthcheck`: HEALTHCHECK NONE switches the base image's check off.

use crate::build::*;

rule! {
    "silenced-healthcheck", Dockerfile, Low, true,
    "HEALTHCHECK NONE switches the base image's check off",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.each(Keyword::Healthcheck) {
        if matches!(&instruction.arguments, Arguments::Healthcheck { kind, .. } if kind.text.eq_ignore_ascii_case("NONE")) {
            report.at(instruction.range.clone(), "the health check of the base image is switched off");
        }
    }
}
