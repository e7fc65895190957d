//! `impossible-port`: EXPOSE of something that is no port.

use crate::build::*;

rule! {
    "impossible-port", Dockerfile, High, true,
    "EXPOSE of something that is no port",
    ["hadolint:DL3011", "trivy:DS-0008", "buildkit:ExposeInvalidFormat", "droast:DF040"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Expose) {
        for word in instruction.words() {
            let Value::Known(text) = input.model.value_at(word, index) else { continue };
            if !text.is_empty() && ports(&text).is_none_or(|range| *range.start() == 0 || *range.end() > 65535 || range.start() > range.end()) {
                report.at(word.range.clone(), format!("{text} is no port of a container"));
            }
        }
    }
}
