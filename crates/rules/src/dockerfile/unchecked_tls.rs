//! `unchecked-tls`: certificates of servers are not checked.

use crate::build::*;

rule! {
    "unchecked-tls", Dockerfile, High, true,
    "certificates of servers are not checked",
    ["checkov:CKV2_DOCKER_2", "checkov:CKV2_DOCKER_3", "checkov:CKV2_DOCKER_4", "checkov:CKV2_DOCKER_5", "checkov:CKV2_DOCKER_6", "checkov:CKV2_DOCKER_12", "checkov:CKV2_DOCKER_13", "checkov:CKV2_DOCKER_14", "checkov:CKV2_DOCKER_15", "checkov:CKV2_DOCKER_16"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (_, call) in input.calls() {
        let flags: &[&str] = match call.program() {
            "curl" => &["-k", "--insecure"],
            "wget" => &["--no-check-certificate"],
            name if name.starts_with("pip") || name.starts_with("python") => &["--trusted-host"],
            _ => &[],
        };
        if let Some(word) = call.flag(flags) {
            report.at(word.range.clone(), format!("{} does not check who serves this", call.program()));
        }
        let texts: Vec<&str> = call.arguments().iter().map(casehard_dockerfile::shell::ShellWord::text).collect();
        let joined = texts.join(" ");
        let configured = match call.program() {
            "npm" | "yarn" | "pnpm" => joined.contains("strict-ssl false") || joined.contains("strict-ssl=false"),
            "git" => joined.contains("http.sslVerify false") || joined.contains("http.sslVerify=false"),
            _ => false,
        };
        if configured {
            report.at(call.range(), format!("{} is told not to check certificates", call.program()));
        }
        for word in &call.command.assignments {
            switched_off(word.raw.split_once('='), word.range.clone(), report);
        }
    }
    for (_, instruction) in input.each(Keyword::Env).chain(input.each(Keyword::Arg)) {
        for pair in instruction.pairs() {
            let Some(value) = &pair.value else { continue };
            switched_off(Some((&pair.name.text, &value.text)), pair.name.range.start..value.range.end, report);
        }
    }
}

fn switched_off(pair: Option<(&str, &str)>, range: std::ops::Range<usize>, report: &mut Report<'_>) {
    let Some((name, value)) = pair else { return };
    let value = value.trim_matches(['"', '\'']);
    let off = matches!((name, value), ("NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY", "0") | ("NPM_CONFIG_STRICT_SSL" | "npm_config_strict_ssl", "false"))
        || (name == "GIT_SSL_NO_VERIFY" && !matches!(value, "" | "0" | "false"));
    if off {
        report.at(range, format!("{name} switches the check of certificates off"));
    }
}
