//! A bill of materials of any form: it is read or refused, and what was read can be written and read again.
#![no_main]

use casehard_inventory::sbom::{CycloneDxVersion, Format, Sbom, Stamp};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(sbom) = Sbom::read(data) else { return };
    let stamp = Stamp { created: 0, tool_version: String::new() };
    let forms = [Format::CycloneDx(CycloneDxVersion::V1_6), Format::SpdxJson, Format::SpdxTagValue, Format::Json];
    for form in forms {
        Sbom::read(&sbom.write(form, &stamp)).unwrap();
    }
});
