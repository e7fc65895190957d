//! `end-of-life-base`: the base image's system gets no more security updates.

use crate::build::*;

rule! {
    "end-of-life-base", Dockerfile, High, true,
    "the base image's system gets no more security updates",
    ["tally:ruby/eol-ruby-version"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(today) = input.settings.today.as_deref() else { return };
    for stage in input.model.stages() {
        let (Base::Image(text), Some(word)) = (&stage.base, &stage.image) else { continue };
        let name = ImageName::parse(text);
        let Some(tag) = name.tag else { continue };
        let registry = name.registry.unwrap_or("docker.io");
        let path = name.path.strip_prefix("library/").unwrap_or(name.path);
        // Only names that are known to be the product itself.
        let product = match registry {
            "docker.io" => path,
            "mcr.microsoft.com" if path.starts_with("dotnet/") => path,
            "quay.io" if path.starts_with("centos/") => "centos",
            _ => continue,
        };
        if let Some((release, day)) = crate::end_of_life::ended(product, tag, today) {
            report.at(word.range.clone(), format!("{product} {release} gets no security updates since {day}"));
        } else if let Some((system, day)) = crate::end_of_life::ended_system(tag, today).filter(|_| registry == "docker.io") {
            report.at(word.range.clone(), format!("{text} stands on {system}, which gets no security updates since {day}"));
        }
    }
}
