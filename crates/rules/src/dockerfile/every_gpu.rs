//! `every-gpu`: a container gets every GPU, or every part of its driver.

use crate::build::*;

rule! {
    "every-gpu", Dockerfile, Low, true,
    "a container gets every GPU, or every part of its driver",
    ["tally:gpu/no-hardcoded-visible-devices", "tally:gpu/prefer-minimal-driver-capabilities"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Env).filter(|(index, _)| input.is_shipped_at(*index)) {
        let base = input.model.stage_of(index).and_then(|stage| input.image_below(stage.index)).map(ImageName::parse);
        for pair in instruction.pairs() {
            let Some(value) = pair.value.as_ref().filter(|value| value.unquoted().eq_ignore_ascii_case("all")) else { continue };
            let what = match pair.name.text.as_str() {
                // Where the base says so itself, this changes nothing.
                "NVIDIA_VISIBLE_DEVICES" if !base.is_some_and(|name| name.path.ends_with("nvidia/cuda")) => "every GPU of the machine is given to the container: let who starts it choose",
                "NVIDIA_DRIVER_CAPABILITIES" => "libraries for display, video and graphics are mounted, too: compute,utility is what most need",
                _ => continue,
            };
            let found = report.at(value.range.clone(), what);
            if pair.name.text == "NVIDIA_DRIVER_CAPABILITIES" {
                found.evidence_fix("take what most need", vec![replace(value.range.clone(), "compute,utility")]);
            }
        }
    }
}
