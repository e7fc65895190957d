//! `compose-repeated-port`: two services publish the same port of the host.

use crate::deployment::*;

rule! {
    "compose-repeated-port", Compose, Medium, true,
    "two services publish the same port of the host",
    ["dclint:no-duplicate-exported-ports"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    let mut seen: Vec<(String, String, &str)> = Vec::new();
    for service in input.services().filter(|service| service.get("profiles").is_none()) {
        for port in service.ports() {
            let Some(published) = port.published.filter(|port| port.parse::<u16>().is_ok_and(|port| port > 0)) else { continue };
            let is_udp = input.text.get(port.range.clone()).is_some_and(|text| text.contains("udp"));
            let published = format!("{published}/{}", if is_udp { "udp" } else { "tcp" });
            let address = port.address.unwrap_or_default();
            let any = |address: &str| matches!(address, "" | "0.0.0.0" | "::" | "[::]");
            match seen.iter().find(|(other, at, name)| *other == published && *name != service.name && (*at == address || any(at) || any(&address))) {
                Some((_, _, other)) => {
                    report.at(port.range, format!("services {other} and {} both publish port {published} of the host", service.name));
                }
                None => seen.push((published, address, &service.name)),
            }
        }
    }
}
