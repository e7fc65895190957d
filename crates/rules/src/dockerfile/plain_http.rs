//! `plain-http`: a download without encryption.

use crate::build::*;

rule! {
    "plain-http", Dockerfile, Medium, true,
    "a download without encryption",
    []
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let is_local = |host: &str| matches!(host.split([':', '/']).next().unwrap_or_default(), "localhost" | "127.0.0.1" | "0.0.0.0" | "") || host.starts_with("[::1]");
    for step in &input.steps {
        if step.calls().any(|call| call.program().ends_with("sum") || call.program() == "gpg") {
            continue;
        }
        for call in step.calls().filter(|call| matches!(call.program(), "curl" | "wget")) {
            for word in call.arguments() {
                let Some(host) = word.text().strip_prefix("http://") else { continue };
                if !is_local(host) && word.literal.is_some() {
                    report.at(word.range.clone(), "what is downloaded can be read and changed on its way");
                }
            }
        }
    }
}
