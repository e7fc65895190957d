//! `end-of-life-system`: the distribution of the image gets no more security updates.

use crate::audit::*;

rule! {
    "end-of-life-system", Image, High, true,
    "the distribution of the image gets no more security updates",
    ["cis:4.4"]
}

/// Names of `os-release(5)` that differ from those of images.
const NAMES: [(&str, &str); 5] =
    [("rocky", "rockylinux"), ("amzn", "amazonlinux"), ("ol", "oraclelinux"), ("opensuse-leap", "opensuse/leap"), ("rhel", "ubi")];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let (Some(today), Some(system)) = (input.settings.today.as_deref(), &input.inventory.os_release) else { return };
    let product = NAMES.iter().find(|(id, _)| *id == system.id).map_or(system.id.as_str(), |(_, product)| product);
    if let Some((release, day)) = crate::end_of_life::ended(product, &system.version_id, today) {
        report.on(field("/etc/os-release"), format!("{} {release} gets no security updates since {day}", system.id));
    }
}
