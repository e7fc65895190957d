//! `image-exposed-ssh`: the image exposes the SSH port.

use crate::audit::*;

rule! {
    "image-exposed-ssh", Image, Medium, true,
    "the image exposes the SSH port",
    ["checkov:CKV_DOCKER_1", "cis:5.7"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    if input.container().exposed_ports.keys().any(|port| port.split('/').next() == Some("22")) {
        report.on(config("ExposedPorts"), "the image exposes port 22, where SSH listens");
    }
}
