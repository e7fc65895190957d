//! Every document of a hardening that is drawn from its data by a library of its own.

use casehard_evidence::{
    Statement,
    provenance::{Hardened, LOCAL_BUILDER, provenance},
};
use casehard_inventory::sbom::{CycloneDxVersion, Format, Sbom, Select, Stamp};
use casehard_oci::Digest;
use casehard_report::Report;
use casehard_verify::job::Done;

use crate::{Context, Failure, workload::Loaded};

/// File names and bytes of the bills of materials, the reports and the provenance.
pub fn all(done: &Done, loaded: &Loaded, context: &Context) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let stamp = Stamp { created: context.date()?, tool_version: env!("CARGO_PKG_VERSION").to_owned() };
    let sbom = Sbom::of(&done.image, &done.read.tree, &done.read.inventory, &Select::default());
    let report = Report::from(&done.hardening);
    let cyclonedx = sbom.write(Format::CycloneDx(CycloneDxVersion::V1_6), &stamp);
    let spdx = sbom.write(Format::SpdxJson, &stamp);
    let byproducts = [
        ("sbom.cdx.json", Digest::of(&cyclonedx), "application/vnd.cyclonedx+json"),
        ("sbom.spdx.json", Digest::of(&spdx), "application/spdx+json"),
    ];
    let origin = origin(done, loaded, &report, context.source_date_epoch()?, &byproducts);
    let plain = anstream::adapter::strip_str(&casehard_report::text(&report, 100)).to_string();
    let documents = [
        ("report.html", casehard_report::html(&report, Some(&done.hardening.plan)).into_bytes()),
        ("report.json", casehard_report::json(&report).into_bytes()),
        ("report.txt", plain.into_bytes()),
        ("sbom.cdx.json", cyclonedx),
        ("sbom.spdx.json", spdx),
        ("provenance.json", origin.to_text().into_bytes()),
    ];
    Ok(documents.map(|(name, bytes)| (name.to_owned(), bytes)).into())
}

/// Where the result comes from.
fn origin(
    done: &Done,
    loaded: &Loaded,
    report: &Report,
    source_date_epoch: Option<i64>,
    byproducts: &[(&str, Digest, &str)],
) -> Statement {
    let hardening = &done.hardening;
    let base = hardening.base.as_ref();
    let base = base.and_then(|base| Some((base.name.as_deref()?, base.digest.as_deref()?.parse().ok()?)));
    let user = loaded.workload.harden.user.as_deref();
    provenance(&Hardened {
        name: &hardening.image,
        image: hardening.after.digest,
        source: &hardening.image,
        source_digest: hardening.before.digest,
        base,
        level: &report.level,
        user,
        workload: ("casehard.yaml", loaded.digest),
        materials: &[],
        byproducts,
        version: &hardening.run.version,
        started: Some(&report.run.date),
        finished: None,
        source_date_epoch,
        builder: LOCAL_BUILDER,
    })
}
