//! `silent-http-error`: curl takes an error page for the file.

use crate::build::*;

rule! {
    "silent-http-error", Dockerfile, Info, false,
    "curl takes an error page for the file",
    ["droast:DF035"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(_, call)| call.program() == "curl") {
        let writes = call.has_flag(&["-o", "-O", "--output", "--remote-name"]) || call.command.redirects.iter().any(|redirect| redirect.operator.starts_with('>'));
        if writes && !call.has_flag(&["-f", "--fail", "--fail-with-body"]) {
            report.at(call.range(), "an error page is taken for the file").safe("fail on HTTP errors", vec![insert(call.name().range.end, " --fail")]);
        }
    }
}
