//! `end-of-life-base`: the base image's system gets no more security updates.

use crate::build::*;

rule! {
    "end-of-life-base", Dockerfile, High, true,
    "the base image's system gets no more security updates",
    []
}

/// Image, start of the tag, first day without updates.
const ENDS: [(&str, &str, &str); 52] = [
    ("debian", "8", "2020-07-01"), ("debian", "jessie", "2020-07-01"), ("debian", "9", "2022-07-01"), ("debian", "stretch", "2022-07-01"),
    ("debian", "10", "2024-07-01"), ("debian", "buster", "2024-07-01"), ("debian", "11", "2026-09-01"), ("debian", "bullseye", "2026-09-01"),
    ("ubuntu", "14.04", "2019-05-01"), ("ubuntu", "trusty", "2019-05-01"), ("ubuntu", "16.04", "2021-05-01"), ("ubuntu", "xenial", "2021-05-01"), ("ubuntu", "18.04", "2023-06-01"), ("ubuntu", "bionic", "2023-06-01"),
    ("ubuntu", "20.04", "2025-06-01"), ("ubuntu", "focal", "2025-06-01"), ("alpine", "3.10", "2021-05-02"), ("alpine", "3.11", "2021-11-02"),
    ("alpine", "3.12", "2022-05-02"), ("alpine", "3.13", "2022-11-02"), ("alpine", "3.14", "2023-05-02"), ("alpine", "3.15", "2023-11-02"),
    ("alpine", "3.16", "2024-05-24"), ("alpine", "3.17", "2024-11-23"), ("alpine", "3.18", "2025-05-10"), ("alpine", "3.19", "2025-11-02"),
    ("centos", "5", "2017-04-01"), ("centos", "6", "2020-12-01"), ("centos", "7", "2024-07-01"), ("centos", "8", "2022-01-01"),
    ("python", "2", "2020-01-02"), ("python", "3.4", "2019-03-19"), ("python", "3.5", "2020-10-01"), ("python", "3.6", "2021-12-24"), ("python", "3.7", "2023-06-28"),
    ("python", "3.8", "2024-10-08"), ("python", "3.9", "2025-11-01"),
    ("node", "6", "2019-05-01"), ("node", "8", "2020-01-01"), ("node", "10", "2021-05-01"), ("node", "11", "2019-06-02"), ("node", "12", "2022-05-01"), ("node", "13", "2020-06-02"),
    ("node", "14", "2023-05-01"), ("node", "15", "2021-06-02"), ("node", "16", "2023-09-12"), ("node", "17", "2022-06-02"), ("node", "18", "2025-05-01"),
    ("node", "19", "2023-06-02"), ("node", "21", "2024-06-02"), ("node", "20", "2026-05-01"), ("fedora", "39", "2024-11-27"),
];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(today) = input.settings.today.as_deref() else { return };
    for stage in input.model.stages() {
        let (Base::Image(text), Some(word)) = (&stage.base, &stage.image) else { continue };
        let name = ImageName::parse(text);
        let Some(tag) = name.tag else { continue };
        let official = name.registry.is_none_or(|registry| registry == "docker.io") && matches!(name.path.strip_prefix("library/").unwrap_or(name.path), path if !path.contains('/'));
        let ended = ENDS.iter().find(|(image, release, day)| {
            let rest = tag.strip_prefix(release);
            official && name.base() == *image && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-'])) && *day <= today
        });
        if let Some((image, release, day)) = ended {
            report.at(word.range.clone(), format!("{image} {release} gets no security updates since {day}"));
        }
    }
}
