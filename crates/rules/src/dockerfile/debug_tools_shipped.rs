//! `debug-tools-shipped`: tools for debugging and for the network are installed in the shipped stage.

use crate::build::*;

rule! {
    "debug-tools-shipped", Dockerfile, Medium, true,
    "tools for debugging and for the network are installed in the shipped stage",
    ["cis:4.3", "hadolint:DL3001", "tally:php/no-xdebug-in-final-image"]
}

const TOOLS: [&str; 26] = [
    "vim", "vim-tiny", "nano", "emacs", "telnet", "netcat", "netcat-openbsd", "netcat-traditional", "nc", "ncat", "nmap", "tcpdump", "strace", "ltrace", "gdb",
    "openssh-server", "openssh-client", "openssh", "socat", "dnsutils", "bind-tools", "iputils-ping", "net-tools", "lsof", "htop", "wireshark",
];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let started: String = input
        .instructions()
        .filter(|(_, instruction)| matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck))
        .map(|(_, instruction)| instruction.body.text.as_str())
        .collect();
    for (_, install) in input.installs().filter(|(step, _)| input.is_shipped(step.stage)) {
        for (name, word) in install.names().filter(|(name, _)| TOOLS.contains(name)) {
            if !started.contains(name.split('-').next().unwrap_or(name)) {
                report.at(word.range.clone(), format!("{name} is installed in the image that is shipped"));
            }
        }
    }
    // PHP's debugger slows every request down, and lets who reaches it run code.
    for call in input.shipped_steps().flat_map(Step::calls) {
        let adds = matches!(call.program(), "pecl" | "pickle" | "pie" | "docker-php-ext-enable" | "docker-php-ext-install" | "install-php-extensions");
        let is_debugger = |word: &&casehard_dockerfile::shell::ShellWord| word.text() == "xdebug" || word.text().starts_with("xdebug-");
        if let Some(word) = call.arguments().iter().find(is_debugger).filter(|_| adds) {
            report.at(word.range.clone(), "xdebug is put into the image that is shipped");
        }
    }
}
