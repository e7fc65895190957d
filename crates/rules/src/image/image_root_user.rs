//! `image-root-user`: the image runs as root.

use crate::audit::*;

rule! {
    "image-root-user", Image, High, true,
    "the image runs as root",
    ["dockle:CIS-DI-0001", "trivy:DS-0002", "cis:4.1"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let user = &input.container().user;
    if input.uid() == Some(0) {
        let message = if user.is_empty() { "no user is set, so the application runs as root".to_owned() } else { format!("user {user} is root") };
        report.on(config("User"), message);
    }
}
