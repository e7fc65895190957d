//! `unfollowed-redirect`: curl does not follow an address that has moved.

use crate::build::*;

rule! {
    "unfollowed-redirect", Dockerfile, Info, false,
    "curl does not follow an address that has moved",
    ["tally:curl-should-follow-redirects"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(_, call)| call.program() == "curl") {
        let writes = call.has_flag(&["-o", "-O", "--output", "--remote-name", "--remote-name-all"]);
        let follows = call.arguments().iter().any(|word| {
            let text = word.text();
            text.starts_with("--location") || (text.starts_with('-') && !text.starts_with("--") && text.contains('L')) || text.starts_with("http://localhost") || text.starts_with("http://127.")
        });
        if writes && !follows {
            report.at(call.range(), "when this address has moved, what says so is taken for the file").evidence_fix("follow it", vec![insert(call.name().range.end, " --location")]);
        }
    }
}
