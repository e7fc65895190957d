//! `secret-mount-missing`: credentials for a registry go into the step as they are.

use crate::build::*;

rule! {
    "secret-mount-missing", Dockerfile, Medium, true,
    "credentials for a registry go into the step as they are",
    ["tally:require-secret-mounts"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls() {
        if step.mounts.iter().any(|mount| matches!(&*mount.kind, "secret" | "ssh")) {
            continue;
        }
        let words: Vec<&str> = call.arguments().iter().map(casehard_dockerfile::shell::ShellWord::text).collect();
        let expands = call.arguments().iter().any(|word| word.literal.is_none() && word.raw.contains('$'));
        let all = words.join(" ");
        let hit = match call.program() {
            "npm" | "pnpm" | "yarn" => all.starts_with("config set") && (all.contains("_authToken") || all.contains("_password") || all.contains("_auth ")),
            "git" => all.starts_with("config") && all.contains("insteadOf") && all.contains('@'),
            "pip" | "pip3" => all.starts_with("config set") && all.contains("://") && all.contains('@'),
            "composer" => all.contains("http-basic") || all.contains("github-oauth"),
            "docker" | "podman" | "buildah" | "skopeo" | "helm" => all.contains("login") && call.has_flag(&["-p", "--password"]),
            _ => false,
        };
        if hit && expands {
            report.at(call.range(), "a credential is written into this layer; mount it as a secret instead");
        }
    }
}
