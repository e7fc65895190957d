//! `bad-label-name`: the name of a label is not as Docker asks for.

use crate::build::*;

rule! {
    "bad-label-name", Dockerfile, Info, false,
    "the name of a label is not as Docker asks for",
    ["hadolint:DL3048"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, instruction) in input.each(Keyword::Label) {
        for pair in instruction.pairs() {
            let name = pair.name.text.trim_matches(['"', '\'']);
            if name.contains('$') {
                continue;
            }
            let ends = |end: Option<char>| end.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-/_".contains(c));
            let own = ["com.docker.desktop.", "com.docker.extension"].iter().any(|start| name.starts_with(start));
            let reserved = ["com.docker.", "io.docker.", "org.dockerproject."].iter().any(|start| name.starts_with(start)) && !own;
            if reserved {
                report.at(pair.name.range.clone(), format!("names like {name} are kept for Docker itself"));
            } else if !plain || !ends(name.chars().next()) || !ends(name.chars().last()) || name.contains("..") || name.contains("--") {
                report.at(pair.name.range.clone(), format!("{name} is not made of lower-case letters, digits, and single dots and hyphens between them"));
            }
        }
    }
}
