//! `opcache-missing`: PHP compiles every file anew for each request.

use crate::build::*;

rule! {
    "opcache-missing", Dockerfile, Info, false,
    "PHP compiles every file anew for each request",
    ["tally:php/enable-opcache-in-production"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    if !input.document.text().contains("php") || input.shipped_mentions(&["opcache", "OPCACHE", "install-php-extensions"]) {
        return;
    }
    // The official images switch it on from 8.2 on.
    if let Some((name, word)) = input.shipped_image() {
        let serves = name.tag.is_some_and(|tag| tag.contains("fpm") || tag.contains("apache"));
        if name.is_official("php") && serves && name.version().is_some_and(|version| version < (8, 2)) {
            report.at(word.range.clone(), "this image has OPcache and does not switch it on");
        }
    }
    // Alpine's packages of the server do without it; Debian's want it. From PHP 8.5 on it is a part of PHP.
    for (_, install) in input.installs().filter(|(step, install)| input.is_shipped(step.stage) && install.manager == Manager::Apk) {
        for (name, word) in install.names() {
            let number = name.strip_prefix("php").and_then(|rest| rest.strip_suffix("-fpm")).and_then(|digits| digits.parse::<u32>().ok());
            if let Some(number) = number.filter(|number| (7..85).contains(number)) {
                report.at(word.range.clone(), format!("php{number}-opcache does not come with it"));
            }
        }
    }
}
