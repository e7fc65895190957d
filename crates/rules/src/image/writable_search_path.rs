//! `writable-search-path`: the application's user may change where programs are looked for.

use crate::audit::*;

rule! {
    "writable-search-path", Image, High, true,
    "the application's user may change where programs are looked for",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for path in input.search_path() {
        if path.is_empty() || path == "." || !path.starts_with('/') {
            report.on(config("Env"), format!("PATH has {path:?}: programs are looked for in the current directory"));
            continue;
        }
        let Some(entry) = input.at(path).filter(|entry| entry.is_directory()) else { continue };
        let mode = entry.mode();
        if input.may_replace(entry) || (mode & 0o002 != 0 && mode & 0o1000 == 0) {
            report.on(place(entry), format!("{path} is in PATH and may be written by the application's user"));
        }
    }
}
