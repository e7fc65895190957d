//! `setuid-kept`: setuid programs of the base stay in the shipped image.

use crate::build::*;

rule! {
    "setuid-kept", Dockerfile, Medium, false,
    "setuid programs of the base stay in the shipped image",
    ["cis:4.8"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let Some(image) = input.image_below(last.index).map(ImageName::parse) else { return };
    if image.is_shell_less() {
        return;
    }
    let strips = input.shipped_steps().any(|step| {
        let text = &step.instruction.body.text;
        step.calls().any(|call| matches!(call.program(), "chmod" | "find" | "xargs" | "setcap")) && ["a-s", "u-s", "ug-s", "-s "].iter().any(|mode| text.contains(mode)) && text.contains("-perm")
    });
    let from = &input.document.instructions()[last.from];
    if !strips {
        report.at(from.range.clone(), "no step takes the setuid bits of the base away");
    }
}
