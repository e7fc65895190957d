//! `fixed-gpu`: the image says which GPU is used.

use crate::build::*;

rule! {
    "fixed-gpu", Dockerfile, Low, false,
    "the image says which GPU is used",
    ["tally:gpu/no-hardcoded-visible-devices"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Env).filter(|(index, _)| input.is_shipped_at(*index)) {
        let on_cuda = input.model.stage_of(index).and_then(|stage| input.image_below(stage.index)).is_some_and(|image| ImageName::parse(image).path.ends_with("nvidia/cuda"));
        for pair in instruction.pairs() {
            let Some(value) = &pair.value else { continue };
            let text = value.unquoted();
            let is_device = text.split(',').all(|part| {
                let part = part.trim();
                part.starts_with("GPU-") || part.starts_with("MIG-") || (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'))
            });
            match pair.name.text.as_str() {
                name @ ("NVIDIA_VISIBLE_DEVICES" | "CUDA_VISIBLE_DEVICES" | "HIP_VISIBLE_DEVICES" | "ROCR_VISIBLE_DEVICES") if is_device => {
                    report.at(value.range.clone(), format!("{name} names a device of one machine: let who starts the container choose"));
                }
                "NVIDIA_VISIBLE_DEVICES" if on_cuda && text == "all" => {
                    let found = report.at(value.range.clone(), "nvidia/cuda says so already");
                    let outer = &input.document.instructions()[index];
                    if instruction.pairs().len() == 1 && outer.keyword == Keyword::Env && outer.inner_comments.is_empty() {
                        found.evidence_fix("leave it out", vec![replace(outer.full.clone(), "")]);
                    }
                }
                _ => {}
            }
        }
    }
}
