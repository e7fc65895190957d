//! `unchecked-download`: a downloaded program is not checked.

use crate::build::*;

rule! {
    "unchecked-download", Dockerfile, Medium, true,
    "a downloaded program is not checked",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for step in &input.steps {
        let checks = step.calls().any(|call| {
            let program = call.program();
            program.ends_with("sum") || matches!(program, "gpg" | "gpgv" | "cosign" | "minisign" | "openssl" | "rpmkeys" | "signify" | "slsa-verifier")
        });
        if checks {
            continue;
        }
        for call in step.calls().filter(|call| matches!(call.program(), "curl" | "wget")) {
            let redirect = call.command.redirects.iter().find(|redirect| redirect.operator == ">").map(|redirect| redirect.target.text());
            let place = call.flag_value(&["-o", "-O", "--output", "--output-document"]).filter(|value| !value.starts_with("http")).or(redirect);
            let Some(place) = place.filter(|place| place.len() > 1 && !place.starts_with("/dev/")) else { continue };
            let executed = step.calls().any(|other| {
                let names = other.arguments().iter().any(|word| word.text() == place || place.ends_with(&format!("/{}", word.text())));
                (other.program() == "chmod" && names && other.arguments().iter().any(|word| word.text().contains('x') || word.text().contains(['7', '5'])))
                    || ((is_shell(other.program()) || matches!(other.program(), "dpkg" | "rpm")) && names)
                    || other.command.words.first().is_some_and(|word| word.text() == place)
            });
            if executed {
                report.at(call.range(), format!("{place} is downloaded and run without a check of its digest"));
            }
        }
    }
}
