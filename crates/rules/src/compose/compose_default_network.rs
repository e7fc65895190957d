//! `compose-default-network`: all services share the default network.

use crate::deployment::*;

rule! {
    "compose-default-network", Compose, Info, false,
    "all services share the default network",
    ["cis:5.30"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    let services: Vec<_> = input.services().collect();
    let alone = services.iter().all(|service| service.get("networks").is_none() && service.get("network_mode").is_none());
    if let [first, _, ..] = services.as_slice()
        && alone
    {
        report.at(first.name_range.clone(), format!("{} services share the default network", services.len()));
    }
}
