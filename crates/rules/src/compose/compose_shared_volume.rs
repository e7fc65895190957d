//! `compose-shared-volume`: one volume is written by several services.

use crate::deployment::*;

rule! {
    "compose-shared-volume", Compose, Low, false,
    "one volume is written by several services",
    ["kics:volume-shared"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    let mut seen: Vec<(String, String)> = Vec::new();
    for service in input.services() {
        for mount in service.mounts().into_iter().filter(|mount| mount.kind == "volume" && !mount.read_only) {
            let Some(source) = mount.source else { continue };
            match seen.iter().find(|(volume, other)| *volume == source && *other != service.name) {
                Some((_, other)) => {
                    report.at(mount.range, format!("volume {source} is written by services {other} and {}", service.name));
                }
                None => seen.push((source, service.name.clone())),
            }
        }
    }
}
