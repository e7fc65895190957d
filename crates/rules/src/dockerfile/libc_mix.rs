//! `libc-mix`: a program built for one C library goes into an image with another.

use crate::build::*;

rule! {
    "libc-mix", Dockerfile, High, true,
    "a program built for one C library goes into an image with another",
    ["casehard:libc"]
}

/// Whether a stage builds programs that need the C library of its base.
fn builds_native(input: &Input<'_>, stage: usize) -> bool {
    let lineage: Vec<usize> = input.model.lineage(stage).map(|stage| stage.index).collect();
    let mut builds = false;
    for step in input.steps.iter().filter(|step| lineage.contains(&step.stage)) {
        let state = input.model.state(step.index);
        let text = &step.instruction.body.text;
        let heredoc = step.instruction.heredocs.iter().any(|heredoc| heredoc.content.text.contains("static") || heredoc.content.text.contains("CGO_ENABLED"));
        let variable = state.env.contains_key("CGO_ENABLED") || state.args.contains_key("CGO_ENABLED");
        let is_static = text.contains("CGO_ENABLED") || text.contains("static") || text.contains("musl") || variable || heredoc;
        let target = ["CARGO_BUILD_TARGET", "RUSTFLAGS"].iter().any(|name| state.env.contains_key(*name));
        for call in step.calls() {
            let arguments = || call.arguments().iter().map(casehard_dockerfile::shell::ShellWord::text);
            match call.program() {
                "go" if matches!(call.subcommand(), "build" | "install") => {
                    if is_static {
                        return false;
                    }
                    builds = true;
                }
                "cargo" if matches!(call.subcommand(), "build" | "install") => {
                    if target || is_static || arguments().any(|text| text == "--target") {
                        return false;
                    }
                    builds = true;
                }
                "gcc" | "cc" | "g++" | "clang" if arguments().any(|text| text == "-o") => {
                    if is_static {
                        return false;
                    }
                    builds = true;
                }
                _ => {}
            }
        }
    }
    builds
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for stage in input.model.stages().iter().filter(|stage| input.is_shipped(stage.index)) {
        let Some(below) = input.image_below(stage.index).map(Libc::of) else { continue };
        for (index, instruction) in input.of_stage(stage).filter(|(_, instruction)| instruction.keyword == Keyword::Copy) {
            let Some(word) = instruction.flag("from").and_then(|flag| flag.value.as_ref()) else { continue };
            let Value::Known(name) = input.model.value_at(word, index) else { continue };
            let Some(source) = name.parse().ok().or_else(|| input.model.stage_named(&name)) else { continue };
            let Some(above) = input.image_below(source).map(Libc::of) else { continue };
            let differs = matches!((above, below), (Libc::Glibc, Libc::Musl | Libc::None) | (Libc::Musl, Libc::Glibc | Libc::None));
            if differs && builds_native(input, source) {
                report.at(instruction.range.clone(), format!("stage {name} builds for {}, and this stage has {}", above.name(), below.name()));
            }
        }
    }
}
