//! `library-preload`: a library is loaded into every program.

use crate::audit::*;

rule! {
    "library-preload", Image, Medium, true,
    "a library is loaded into every program",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for name in ["LD_PRELOAD", "LD_AUDIT"] {
        if let Some(value) = input.container().env(name).filter(|value| !value.is_empty()) {
            report.on(config("Env"), format!("{name} loads {value} into every program"));
        }
    }
    if let Some(value) = input.container().env("LD_LIBRARY_PATH").filter(|value| !value.is_empty() && value.split([':', ';']).any(|part| !part.starts_with('/') && !part.starts_with("$ORIGIN"))) {
        report.on(config("Env"), format!("LD_LIBRARY_PATH {value} has a relative directory or an empty part, which is the current directory"));
    }
    if input.text("/etc/ld.so.preload").is_some_and(|text| text.iter().any(|byte| !byte.is_ascii_whitespace())) {
        report.on(field("/etc/ld.so.preload"), "/etc/ld.so.preload loads libraries into every program");
    }
}
