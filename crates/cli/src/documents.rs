//! Every document of a hardening that is drawn from its data by a library of its own.

use casehard_evidence::provenance::{Hardened, LOCAL_BUILDER, provenance};
use casehard_inventory::sbom::{CycloneDxVersion, Format, Sbom, Select, Stamp};
use casehard_oci::Digest;
use casehard_report::{Report, html, json, text};
use casehard_verify::job::Done;

use crate::{Context, Failure, workload::Loaded};

/// File names and bytes of the bills of materials, the reports and the provenance of the image called `name`.
pub fn all(
    done: &Done,
    name: &str,
    loaded: &Loaded,
    context: &Context,
) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    let stamp = Stamp { created: done.date, tool_version: env!("CARGO_PKG_VERSION").to_owned() };
    let mut sbom = Sbom::of(&done.image, &done.read.tree, &done.read.inventory, &Select::default());
    // Where the image stands while it is made is nobody's business.
    sbom.subject.name = name.to_owned();
    let report = Report::from(&done.hardening);
    let plain = anstream::adapter::strip_str(&text(&report, 100)).to_string();
    let mut files = vec![
        ("report.json", json(&report).into_bytes()),
        ("report.txt", plain.into_bytes()),
        ("report.html", html(&report, Some(&done.hardening.plan)).into_bytes()),
        ("sbom.cdx.json", sbom.write(Format::CycloneDx(CycloneDxVersion::V1_6), &stamp)),
        ("sbom.spdx.json", sbom.write(Format::SpdxJson, &stamp)),
    ];
    files.push(("provenance.json", statement(done, name, &files, loaded, context)?));
    Ok(files)
}

fn statement(
    done: &Done,
    name: &str,
    files: &[(&'static str, Vec<u8>)],
    loaded: &Loaded,
    context: &Context,
) -> Result<Vec<u8>, Failure> {
    let byproducts: Vec<(&str, Digest, &str)> = files
        .iter()
        // The reports state when they were made; what provenance names has the same bytes each time.
        .filter(|(file, _)| file.starts_with("sbom"))
        .map(|(file, bytes)| (*file, Digest::of(bytes), "application/json"))
        .collect();
    let hardening = &done.hardening;
    let base = hardening
        .base
        .as_ref()
        .and_then(|base| Some((base.name.as_deref()?, base.digest.as_ref()?.parse().ok()?)));
    let statement = provenance(&Hardened {
        name,
        image: hardening.after.digest,
        source: &hardening.image,
        source_digest: hardening.before.digest,
        base,
        level: hardening.plan.level.as_str(),
        user: loaded.workload.harden.user.as_deref(),
        workload: ("casehard.yaml", loaded.digest),
        materials: &[],
        byproducts: &byproducts,
        version: env!("CARGO_PKG_VERSION"),
        started: None,
        finished: None,
        source_date_epoch: context.source_date_epoch()?,
        builder: LOCAL_BUILDER,
    });
    let mut bytes = serde_json::to_vec_pretty(&statement)
        .map_err(|error| Failure::cannot("failed to write the provenance", &error))?;
    bytes.push(b'\n');
    Ok(bytes)
}
