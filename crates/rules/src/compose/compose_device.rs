//! `compose-device`: a service gets a device of the host.

use crate::deployment::*;

rule! {
    "compose-device", Compose, Medium, true,
    "a service gets a device of the host",
    ["cis:5.18"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        for (device, range) in service.texts("devices") {
            let found = report.at(range, format!("service {} gets {device}", service.name));
            if ["/dev/sd", "/dev/nvme", "/dev/mem", "/dev/kmem", "/dev/vd", "/dev/dm-"].iter().any(|start| device.starts_with(start)) {
                found.severity(casehard_finding::Severity::High);
            }
        }
    }
}
