//! `sparse-login-log`: a high user number makes a huge login log.

use crate::build::*;

rule! {
    "sparse-login-log", Dockerfile, Low, true,
    "a high user number makes a huge login log",
    ["hadolint:DL3046", "droast:DF064"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls().filter(|(_, call)| call.program() == "useradd") {
        let high = call.flag_value(&["-u", "--uid"]).and_then(|uid| uid.parse::<u64>().ok()).is_some_and(|uid| uid > 1_000_000);
        if high && !call.has_flag(&["-l", "--no-log-init"]) {
            report.at(call.range(), "the login log gets a place for each number up to this one").safe("make no login log", vec![insert(call.name().range.end, " --no-log-init")]);
        }
    }
}
