//! `absent-healthcheck-tool`: the health check runs a program that the image does not have.

use crate::build::*;

rule! {
    "absent-healthcheck-tool", Dockerfile, High, true,
    "the health check runs a program that the image does not have",
    ["tally:ruby/healthcheck-rails-up-endpoint"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Healthcheck) {
        let Some(stage) = input.model.stage_of(index) else { continue };
        let Some(image) = input.image_below(stage.index).map(ImageName::parse) else { continue };
        let without_curl = matches!((image.registry, image.path), (None, "debian" | "ubuntu" | "alpine" | "library/debian" | "library/ubuntu"))
            || (image.registry.is_none() && image.tag.is_some_and(|tag| tag.contains("slim")));
        let without_wget = without_curl && !matches!(image.base(), "alpine" | "busybox") && !image.tag.is_some_and(|tag| tag.contains("alpine"));
        let shell_less = input.is_shell_less(stage.index);
        let tool = ["curl", "wget"].into_iter().find(|tool| {
            instruction.body.text.split(|c: char| !c.is_alphanumeric()).any(|word| word == *tool)
                && (shell_less || if *tool == "curl" { without_curl } else { without_wget })
        });
        let Some(tool) = tool else { continue };
        let lineage: Vec<usize> = input.model.lineage(stage.index).map(|stage| stage.index).collect();
        let installed = input.installs().any(|(step, install)| lineage.contains(&step.stage) && install.packages.iter().any(|word| word.literal.is_none() || word.text().contains(tool)));
        let copied = input.model.lineage_instructions(stage.index).into_iter().any(|(_, other)| {
            matches!(other.keyword, Keyword::Copy | Keyword::Add) && other.body.text.contains(tool)
        });
        let scripts = input.steps.iter().filter(|step| lineage.contains(&step.stage)).any(|step| {
            step.calls().any(|call| call.program().ends_with(".sh") || call.program() == "xargs")
        });
        if !installed && !copied && !scripts {
            report.at(instruction.range.clone(), format!("{tool} is not in this image, so the check always fails"));
        }
    }
}
