//! `image-privileged-port`: a port below 1024 is exposed, and the user is not root.

use crate::audit::*;

rule! {
    "image-privileged-port", Image, Low, true,
    "a port below 1024 is exposed, and the user is not root",
    ["checkov:CKV_DOCKER_1", "kube-linter:privileged-ports"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    if input.uid().is_none_or(|uid| uid == 0) {
        return;
    }
    for port in input.container().exposed_ports.keys() {
        let number = port.split('/').next().and_then(|port| port.split('-').next()?.parse::<u32>().ok());
        if number.is_some_and(|number| number < 1024 && number != 22) {
            report.on(config("ExposedPorts"), format!("user {} may need a privilege to listen on port {port}", input.container().user));
        }
    }
}
