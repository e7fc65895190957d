//! `unsigned-packages`: signatures of packages are not checked.

use crate::build::*;

rule! {
    "unsigned-packages", Dockerfile, High, true,
    "signatures of packages are not checked",
    ["checkov:CKV2_DOCKER_7", "checkov:CKV2_DOCKER_8", "checkov:CKV2_DOCKER_9", "checkov:CKV2_DOCKER_10", "checkov:CKV2_DOCKER_11", "cis:4.11"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls() {
        let flags: &[&str] = match call.program() {
            "apt-get" | "apt" | "aptitude" => &["--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"],
            "apk" => &["--allow-untrusted"],
            "yum" | "dnf" | "microdnf" | "tdnf" => &["--nogpgcheck", "--no-gpgchecks"],
            "zypper" => &["--no-gpg-checks", "--allow-unsigned-rpm"],
            "rpm" => &["--nosignature", "--nodigest"],
            _ => &[],
        };
        if let Some(word) = call.flag(flags) {
            report.at(word.range.clone(), format!("{} takes packages without checking who made them", word.text()));
        }
        let trusted = call.arguments().iter().find(|word| word.text().contains("[trusted=yes") || word.text().contains("gpgcheck=0"));
        if let Some(word) = trusted {
            report.at(word.range.clone(), "a repository is added whose signatures are not checked");
        }
    }
}
