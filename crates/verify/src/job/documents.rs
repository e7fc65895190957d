//! The documents of a hardening that follow from its data alone; reports are drawn elsewhere.

use casehard_harden::runtime::{compose, kubernetes, seccomp};
use casehard_inventory::sbom::rfc3339;
use casehard_vuln::vex::{Authorship, openvex, suggested};

use super::Done;
use crate::StagingError;

/// Writes `plan.json`, `profile.json`, `verification.json`, `seccomp.json`, `compose.yaml` and `kubernetes.yaml` into
/// the folder of a job that is done; `vex.openvex.json` when vulnerabilities went with their software, and
/// `vex-suggestions.openvex.json` when some are left in what was not seen in use. `name` names the service; `reference`
/// is what the image will be called.
///
/// # Errors
/// When the file system refuses.
pub fn documents(done: &Done, name: &str, reference: &str) -> Result<(), StagingError> {
    let hardening = &done.hardening;
    let runtime = &hardening.plan.runtime;
    let write = |file: &str, text: String| done.staging.write(file, text.as_bytes());
    done.staging.write_json("plan.json", &hardening.plan)?;
    done.staging.write("profile.json", &hardening.profile.to_json())?;
    done.staging.write_json("verification.json", &hardening.verification)?;
    done.staging.write_json("seccomp.json", &seccomp(&runtime.syscalls, runtime.seccomp))?;
    write("compose.yaml", compose(runtime, name, reference, "seccomp.json"))?;
    let localhost = format!("casehard/{name}.json");
    write("kubernetes.yaml", kubernetes(runtime, name, reference, &localhost))?;
    let [facts, suggestions] = vex(done, name);
    for (file, document) in [("vex.openvex.json", facts), ("vex-suggestions.openvex.json", suggestions)] {
        if let Some(document) = document {
            done.staging.write_json(file, &document)?;
        }
    }
    Ok(())
}

/// What hardening took out, as statements for scanners, and what a person may state of what is left; `None` without one,
/// since OpenVEX has no empty documents.
fn vex(done: &Done, name: &str) -> [Option<serde_json::Value>; 2] {
    let hardening = &done.hardening;
    let tooling = format!("casehard/{}", hardening.run.version);
    let authorship = Authorship {
        author: hardening.owner.as_deref().unwrap_or("casehard"),
        timestamp: &rfc3339(done.date),
        image: name,
        digests: &[done.image.digest().to_string()],
        tooling: &tooling,
    };
    let steps = &hardening.verification.steps;
    let watched = steps.iter().filter(|step| !step.held_out).count();
    let ground =
        format!("{watched} of {} steps of the workload were watched on the original image", steps.len());
    [openvex(&done.statements.absent, &authorship), suggested(&done.statements.unused, &ground, &authorship)]
}
