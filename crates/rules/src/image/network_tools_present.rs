//! `network-tools-present`: the image has tools for the network and for debugging.

use crate::audit::*;

rule! {
    "network-tools-present", Image, Low, true,
    "the image has tools for the network and for debugging",
    ["cis:4.3"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let tools = ["curl", "wget", "nc", "ncat", "netcat", "socat", "telnet", "ssh", "scp", "ftp", "nmap", "tcpdump", "strace", "ltrace", "gdb", "dig", "nslookup"];
    let found = input.program_named(&tools);
    if let Some(first) = found.first() {
        let mut names: Vec<String> = found.iter().map(|entry| String::from_utf8_lossy(entry.name()).into_owned()).collect();
        names.sort();
        names.dedup();
        report.on(place(*first), format!("tools for the network and for debugging are in the image: {}", names.join(", ")));
    }
}
