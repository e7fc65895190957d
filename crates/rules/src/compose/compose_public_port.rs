//! `compose-public-port`: a port is published on every address of the host.

use crate::deployment::*;

rule! {
    "compose-public-port", Compose, Medium, true,
    "a port is published on every address of the host",
    ["cis:5.14", "dclint:no-unbound-port-interfaces"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for port in service.ports() {
            let open = port.address.as_deref().is_none_or(|address| matches!(address, "0.0.0.0" | "::" | "[::]" | ""));
            let Some(published) = port.published.as_deref().filter(|_| open) else { continue };
            let found = report.at(port.range.clone(), format!("port {published} of service {} is open to everybody who reaches the host", service.name));
            let written = &input.text[port.range.clone()];
            let quote = if written.starts_with(['"', '\'']) { 1 } else { 0 };
            if port.short && port.address.is_none() && !written.contains('\n') {
                let at = port.range.start + quote;
                let edits = if quote == 1 {
                    vec![casehard_finding::Edit { start: at, end: at, text: "127.0.0.1:".to_owned() }]
                } else {
                    vec![replace(port.range.clone(), format!("\"127.0.0.1:{written}\""))]
                };
                found.evidence_fix("listen on this machine only", edits);
            }
        }
    }
}
