//! `missing-healthcheck`: no HEALTHCHECK.

use crate::build::*;

rule! {
    "missing-healthcheck", Dockerfile, Low, false,
    "no HEALTHCHECK",
    ["hadolint:DL3057", "checkov:CKV_DOCKER_2", "trivy:DS-0026", "dockle:CIS-DI-0006", "cis:4.6", "droast:DF012", "tally:ruby/healthcheck-rails-up-endpoint"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(last) = input.model.last_stage() else { return };
    let all = input.model.lineage_instructions(last.index);
    let has = |keyword: Keyword| all.iter().any(|(_, instruction)| instruction.keyword == keyword);
    if has(Keyword::Healthcheck) {
        return;
    }
    if has(Keyword::Expose) {
        report.at(input.head(last.from), "the image exposes a port and has no HEALTHCHECK");
    } else if input.starts_ruby_server() {
        report.at(input.head(last.from), "the image starts a server and has no HEALTHCHECK");
    }
}
