//! `broken-entrypoint`: what the image starts is not there or cannot run.

use crate::audit::*;

rule! {
    "broken-entrypoint", Image, Critical, true,
    "what the image starts is not there or cannot run",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use crate::audit::Start;
    let folder = &input.container().working_dir;
    if !folder.is_empty() && input.at(folder).is_some_and(|entry| !entry.is_directory()) {
        report.on(config("WorkingDir"), format!("the working directory {folder} is a file, so that no container starts"));
    }
    let argv = input.container().argv();
    if let Some(name) = Start::of_shell(&argv).filter(|name| input.at(name).is_none() && !input.is_in_volume(name)) {
        report.on(config("Cmd"), format!("a shell is told to start {name}, which is not in the image"));
    }
    match &input.start {
        Start::Missing(name) => {
            report.on(config("Entrypoint"), format!("{name} is started, but is not in the image"));
        }
        Start::NotExecutable(entry) => {
            report.on(place(*entry), format!("{} is started, but nobody may execute it (mode {:04o})", entry.path(), entry.mode()));
        }
        Start::NoInterpreter(entry, interpreter) => {
            report.on(place(*entry), format!("{} is run by {interpreter}, which is not in the image", entry.path()));
        }
        Start::WindowsLine(entry) => {
            report.on(place(*entry), format!("the first line of {} ends as on Windows: the kernel looks for a program whose name ends with a carriage return", entry.path()));
        }
        Start::NoProgram(entry) if entry.size() > 0 => {
            report.on(place(*entry), format!("{} is started, but is neither a program nor a script", entry.path()));
        }
        Start::Program(entry) => {
            let Some(elf) = input.inventory.elf(*entry) else { return };
            let expected = match input.image.config().architecture.as_str() {
                "amd64" => Some(62),
                "arm64" => Some(183),
                "386" => Some(3),
                "arm" => Some(40),
                "riscv64" => Some(243),
                "ppc64le" => Some(21),
                "s390x" => Some(22),
                _ => None,
            };
            if expected.is_some_and(|machine| machine != elf.machine) {
                report.on(place(*entry), format!("{} is for another processor (ELF machine {}) than the image ({})", entry.path(), elf.machine, input.image.config().architecture));
            }
        }
        _ => {}
    }
}
