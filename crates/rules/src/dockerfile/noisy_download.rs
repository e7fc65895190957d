//! `noisy-download`: wget draws its progress into the log of the build.

use crate::build::*;

rule! {
    "noisy-download", Dockerfile, Info, false,
    "wget draws its progress into the log of the build",
    ["hadolint:DL3047", "droast:DF056"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls().filter(|(_, call)| call.program() == "wget") {
        let is_quiet = call.arguments().iter().any(|word| {
            let text = word.text();
            let short = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')).map(|rest| rest.split('O').next().unwrap_or_default());
            let long = ["--quiet", "--no-verbose", "--progress", "--output-file", "--append-output", "--background", "--spider", "--version", "--help"];
            short.is_some_and(|flags| flags.contains(['q', 'o', 'a', 'b']) || flags.contains("nv")) || long.iter().any(|flag| text.starts_with(flag))
        });
        if is_quiet {
            continue;
        }
        let found = report.at(call.range(), "the log fills with its progress");
        let image = input.image_below(step.stage).map(ImageName::parse);
        // The wget of busybox has no such flag.
        if image.is_some_and(|image| !format!("{} {}", image.base(), image.tag.unwrap_or_default()).contains("alpine") && image.base() != "busybox") {
            found.safe("say only what goes wrong", vec![insert(call.name().range.end, " --no-verbose")]);
        }
    }
}
