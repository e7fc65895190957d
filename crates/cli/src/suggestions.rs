//! Suggested VEX statements, from a profile and a scan.

use std::path::Path;

use casehard_inventory::sbom::rfc3339;
use casehard_profile::Profile;
use casehard_vuln::{
    Material, Scan,
    vex::{Authorship, suggested, suggestions},
};

use crate::{Context, Failure, bill::Bill, output_file};

/// What wrote a document.
pub const TOOLING: &str = concat!("casehard/", env!("CARGO_PKG_VERSION"));

/// Writes suggestions on the findings of `scan` whose packages `profile` did not see in use. It must be a profile of the
/// image that was scanned: what another image did not use says nothing of this one.
pub fn suggest(
    path: &Path,
    profile: &Profile,
    (scanned, material): (&Bill, &Material),
    scan: &Scan,
    context: &Context,
) -> Result<(), Failure> {
    let config = scanned.config.ok_or_else(|| Failure::usage("--suggest-vex is about images"))?;
    profile.fits(&config).map_err(|misfit| {
        Failure::cannot("failed to suggest statements", &misfit)
            .hint("profile the image that is scanned; of a hardened image, `casehard harden` has written them beside it")
    })?;
    let suggestions = suggestions(scan);
    let authorship = Authorship {
        author: "casehard",
        timestamp: &rfc3339(context.date()?),
        image: name(&material.image.names),
        digests: &material.image.digests,
        tooling: TOOLING,
    };
    let Some(document) = suggested(&suggestions, &ground(profile), &authorship) else {
        context.say(
            "nothing is suggested: each package with a finding was seen in use, or its files are not known",
        );
        return Ok(());
    };
    output_file::write(path, format!("{document:#}\n"))?;
    context.say(format_args!(
        "{} statements are suggested in {}: accept what holds with `casehard vex accept`",
        suggestions.len(),
        path.display()
    ));
    Ok(())
}

/// The last part of the image's repository.
fn name(names: &[String]) -> &str {
    let name = names.first().map_or("image", String::as_str);
    let name = name.split('@').next().unwrap_or(name);
    let name = name.rsplit('/').next().unwrap_or(name);
    name.split(':').next().filter(|name| !name.is_empty()).unwrap_or("image")
}

/// What was watched, so that who accepts can tell whether it was enough.
fn ground(profile: &Profile) -> String {
    let of = |subject: &casehard_profile::Subject| {
        format!("the workload {} ran, watched, on the image {}", subject.workload, subject.manifest)
    };
    let runs: Vec<String> = profile.subjects.iter().map(of).collect();
    let unseen = match profile.blind.len() {
        0 => String::new(),
        unseen => format!(" ({unseen} things could not be seen: `casehard profile show` names them)"),
    };
    format!("{}{unseen}", runs.join(", and "))
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn an_image_is_called_as_its_repository() {
        for (given, expected) in [
            ("registry.example:5000/team/app:1.2", "app"),
            ("app@sha256:ab", "app"),
            ("", "image"),
            ("a/b", "b"),
        ] {
            assert_eq!(name(&[given.to_owned()]), expected);
        }
        assert_eq!(name(&[]), "image");
    }
}
