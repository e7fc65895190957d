//! `redundant-platform`: FROM names the platform it has anyway.

use crate::build::*;

rule! {
    "redundant-platform", Dockerfile, Info, true,
    "FROM names the platform it has anyway",
    ["hadolint:DL3065", "buildkit:RedundantTargetPlatform"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.each(Keyword::From) {
        let (Some(flag), Some(image)) = (instruction.flag("platform"), instruction.words().first()) else { continue };
        if flag.value.as_ref().is_some_and(|value| matches!(value.text.trim_matches('"'), "$TARGETPLATFORM" | "${TARGETPLATFORM}")) {
            let found = report.at(flag.range.clone(), "the platform of the target is the default");
            if instruction.flags.len() == 1 {
                found.safe("take the flag away", vec![replace(flag.range.start..image.range.start, "")]);
            }
        }
    }
}
