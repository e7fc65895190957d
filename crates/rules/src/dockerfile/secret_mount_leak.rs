//! `secret-mount-leak`: a mounted secret is written into the layer.

use crate::build::*;

rule! {
    "secret-mount-leak", Dockerfile, High, true,
    "a mounted secret is written into the layer",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        for mount in step.mounts.iter().filter(|mount| mount.kind == "secret") {
            let place = mount.target.clone().or_else(|| mount.id.as_ref().map(|id| format!("/run/secrets/{id}")));
            let Some(place) = place else { continue };
            for call in step.calls() {
                let names = call.arguments().iter().position(|word| word.text() == place);
                let copies = matches!(call.program(), "cp" | "install" | "mv") && names.is_some_and(|at| at + 1 < call.arguments().len());
                let writes = call.command.redirects.iter().any(|redirect| {
                    matches!(redirect.operator, ">" | ">>") && !redirect.target.text().starts_with("/dev/") && !step.mounts_over(redirect.target.text())
                });
                if copies || (names.is_some() && matches!(call.program(), "cat" | "base64" | "head" | "tail") && writes) {
                    report.at(call.range(), format!("the secret at {place} is written to a file that stays in the image"));
                }
            }
        }
    }
}
