//! `missing-loader`: a program that is copied is loaded by something that the image does not have.

use crate::build::*;

rule! {
    "missing-loader", Dockerfile, High, true,
    "a copied program is loaded by something that the image does not have",
    ["casehard:shared-lib-missing"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(context) = input.context.filter(|context| !context.programs.is_empty()) else { return };
    let ignores = |file: &str| context.ignore.as_ref().is_some_and(|ignore| ignore.ignores(file));
    for stage in input.model.stages().iter().filter(|stage| input.is_shipped(stage.index)) {
        let Some(image) = input.image_below(stage.index) else { continue };
        let libc = Libc::of(image);
        if libc == Libc::Unknown || brings_libraries(input, stage.index) {
            continue;
        }
        for (index, instruction) in input.of_stage(stage).filter(|(_, instruction)| matches!(instruction.keyword, Keyword::Copy | Keyword::Add)) {
            let Some((_, sources)) = instruction.words().split_last() else { continue };
            if instruction.flag("from").is_some() {
                continue;
            }
            let excluded = excluded(instruction);
            for word in sources {
                let Value::Known(path) = input.model.value_at(word, index) else { continue };
                let Some(source) = CopySource::new(&path, &excluded) else { continue };
                let mut taken = context.programs.iter().filter(|program| source.takes(&program.file) && !ignores(&program.file));
                let Some(program) = taken.find(|program| lacks(libc, &program.interpreter)) else { continue };
                let libraries = if libc == Libc::None && !program.needed.is_empty() {
                    format!(", and needs {}", program.needed.join(", "))
                } else {
                    String::new()
                };
                report.at(word.range.clone(), format!("{} is loaded by {}{libraries}; {image} has {}", program.file, program.interpreter, libc.name()));
            }
        }
    }
}

/// Whether an image with this C library lacks a loader.
fn lacks(libc: Libc, interpreter: &str) -> bool {
    let name = interpreter.rsplit('/').next().unwrap_or(interpreter);
    let of_musl = name.starts_with("ld-musl");
    match libc {
        Libc::None => true,
        Libc::Musl => !of_musl && name.starts_with("ld"),
        Libc::Glibc => of_musl,
        Libc::Unknown => false,
    }
}

/// Whether the stage may have loaders that its base does not have: copied, unpacked or installed.
fn brings_libraries(input: &Input<'_>, stage: usize) -> bool {
    let lineage: Vec<usize> = input.model.lineage(stage).map(|stage| stage.index).collect();
    let copied = input.model.lineage(stage).flat_map(|stage| input.of_stage(stage)).any(|(_, instruction)| {
        let brings = |text: &str| {
            let name = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            name.is_empty() || name.starts_with("ld-") || name.contains(".so") || matches!(name, "lib" | "lib64" | "usr" | "rootfs") || is_archive(text) || text.contains("/lib") || text.contains('$')
        };
        matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
            // From another stage any path may hold them; from the context, what its name says.
            && instruction.words().iter().any(|word| brings(&word.text) && (instruction.flag("from").is_some() || !word.text.trim_matches(['.', '/']).is_empty()))
    });
    let installed = input.steps.iter().filter(|step| lineage.contains(&step.stage)).any(|step| {
        let text = &step.instruction.body.text;
        ["gcompat", "libc6-compat", "glibc", "musl", "ld-linux"].iter().any(|word| text.contains(word))
    });
    copied || installed
}
