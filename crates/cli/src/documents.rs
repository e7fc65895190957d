//! Every document of a hardening that is drawn from its data by a library of its own.

use casehard_inventory::sbom::{CycloneDxVersion, Format, Sbom, Select, Stamp};
use casehard_verify::job::Done;

use crate::{Context, Failure, workload::Loaded};

/// File names and bytes of the bills of materials and the reports.
pub fn all(done: &Done, _loaded: &Loaded, context: &Context) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let stamp = Stamp { created: context.date()?, tool_version: env!("CARGO_PKG_VERSION").to_owned() };
    let sbom = Sbom::of(&done.image, &done.read.tree, &done.read.inventory, &Select::default());
    let report = casehard_report::Report::from(&done.hardening);
    Ok(vec![
        ("report.html".to_owned(), casehard_report::html(&report, Some(&done.hardening.plan)).into_bytes()),
        ("report.json".to_owned(), casehard_report::json(&report).into_bytes()),
        (
            "report.txt".to_owned(),
            anstream::adapter::strip_str(&casehard_report::text(&report, 100)).to_string().into_bytes(),
        ),
        ("sbom.cdx.json".to_owned(), sbom.write(Format::CycloneDx(CycloneDxVersion::V1_6), &stamp)),
        ("sbom.spdx.json".to_owned(), sbom.write(Format::SpdxJson, &stamp)),
    ])
}
