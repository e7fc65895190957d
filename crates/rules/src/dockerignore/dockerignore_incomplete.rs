//! `dockerignore-incomplete`: files whose names say secret are sent to the builder.

use crate::build::*;

rule! {
    "dockerignore-incomplete", Dockerignore, High, true,
    "files whose names say secret are sent to the builder",
    ["droast:DF007"]
}

fn check(input: &IgnoreInput<'_>, report: &mut Report<'_>) {
    let Some(context) = input.context else { return };
    let sent: Vec<&str> = context.files.iter().map(String::as_str).filter(|file| !input.file.ignores(file)).collect();
    let secret: Vec<&str> = sent.iter().copied().filter(|file| crate::secret::is_secret_file(file).is_some()).collect();
    if let Some(first) = secret.first() {
        let more = if secret.len() > 1 { format!(" and {} more", secret.len() - 1) } else { String::new() };
        report.at(0..0, format!("{first}{more} is sent to the builder, and its name says secret"));
    }
    if sent.iter().any(|file| file.starts_with(".git/")) {
        report.at(0..0, ".git with the whole history of the source is sent to the builder").severity(casehard_finding::Severity::Medium);
    }
}
