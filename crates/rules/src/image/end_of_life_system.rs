//! `end-of-life-system`: the distribution of the image gets no more security updates.

use crate::audit::*;

rule! {
    "end-of-life-system", Image, High, true,
    "the distribution of the image gets no more security updates",
    ["cis:4.4"]
}

/// Distribution, release, first day without updates.
const ENDS: [(&str, &str, &str); 26] = [
    ("debian", "8", "2020-07-01"), ("debian", "9", "2022-07-01"), ("debian", "10", "2024-07-01"), ("debian", "11", "2026-09-01"), ("debian", "12", "2028-07-01"),
    ("ubuntu", "14.04", "2019-05-01"), ("ubuntu", "16.04", "2021-05-01"), ("ubuntu", "18.04", "2023-06-01"), ("ubuntu", "20.04", "2025-06-01"), ("ubuntu", "22.04", "2027-06-01"),
    ("alpine", "3.12", "2022-05-02"), ("alpine", "3.13", "2022-11-02"), ("alpine", "3.14", "2023-05-02"), ("alpine", "3.15", "2023-11-02"), ("alpine", "3.16", "2024-05-24"),
    ("alpine", "3.17", "2024-11-23"), ("alpine", "3.18", "2025-05-10"), ("alpine", "3.19", "2025-11-02"), ("alpine", "3.20", "2026-04-02"), ("alpine", "3.21", "2026-11-02"),
    ("centos", "6", "2020-12-01"), ("centos", "7", "2024-07-01"), ("centos", "8", "2022-01-01"), ("fedora", "39", "2024-11-27"), ("fedora", "40", "2025-05-14"), ("fedora", "41", "2025-12-16"),
];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let (Some(today), Some(system)) = (input.settings.today.as_deref(), &input.inventory.os_release) else { return };
    let ended = ENDS.iter().find(|(id, release, day)| {
        let rest = system.version_id.strip_prefix(release);
        system.id == *id && rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('.'))) && *day <= today
    });
    if let Some((id, release, day)) = ended {
        report.on(field("/etc/os-release"), format!("{id} {release} gets no security updates since {day}"));
    }
}
