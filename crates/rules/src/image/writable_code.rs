//! `writable-code`: the application may change what it is started from.

use crate::audit::*;

rule! {
    "writable-code", Image, Medium, true,
    "the application may change what it is started from",
    ["cis:4.1"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let argv = input.container().argv();
    let folder = casehard_oci::RootPath::root().join_as_kernel(input.container().working_dir.as_bytes());
    // Files that a program is told to read: `python app.py`, `java -jar /app/app.jar`.
    let named = argv.iter().skip(1).filter_map(|word| input.tree.resolve(&folder.join_as_kernel(word.as_bytes())).entry);
    let named = named.filter(|entry| {
        let name = entry.name();
        [&b".py"[..], b".js", b".mjs", b".cjs", b".jar", b".war", b".rb", b".php", b".sh", b".pl", b".dll"].iter().any(|end| name.ends_with(end))
    });
    let mut seen = Vec::new();
    for entry in input.start.program().into_iter().chain(named.take(16)).filter(|entry| entry.is_file()) {
        if seen.contains(&entry.id()) || input.is_in_volume(&entry.path().to_string()) {
            continue;
        }
        seen.push(entry.id());
        if input.may_replace(entry) {
            report.on(place(entry), format!("{} is started, and the application's user may replace it", entry.path()));
        }
    }
}
