//! What is attached to an image: VEX statements, and bills of materials that say more than its files show.

use std::collections::BTreeSet;

use casehard_evidence::{Envelope, Statement};
use casehard_image::Extent;
use casehard_inventory::sbom::{Component, Sbom};
use casehard_oci::{Digest, Platform};
use casehard_vuln::vex;
use serde_json::Value;

use crate::{Context, Failure, bill::Bill};

/// Larger documents are not read.
const LARGEST: u64 = 64 << 20;

/// Reads what is attached to the image called `name`. Components that are stated there and nowhere else are added to its
/// bill; the statements are given back. Nobody's signature is checked, and that is said.
pub fn attached(
    name: &str,
    platform: Option<&Platform>,
    bill: &mut Bill,
    context: &Context,
) -> Result<Vec<vex::Statement>, Failure> {
    let Some(digest) = bill.read.as_ref().and(bill.sbom.subject.digest.parse::<Digest>().ok()) else {
        return Err(Failure::usage("--attached is about images: nothing is attached to a bill of materials"));
    };
    let graph = context.open_all(name, platform, Extent { platforms: true, referrers: true })?;
    let documents = graph.attached(&digest, LARGEST).map_err(|error| {
        Failure::cannot(format_args!("failed to read what is attached to {name}"), &error)
    })?;
    let (mut statements, mut added, mut read) = (Vec::new(), 0, 0);
    for (at, bytes) in documents.iter().enumerate() {
        let Some(document) = document(bytes, &digest) else { continue };
        let said = vex::read(&format!("attached document {}", at + 1), &document).unwrap_or_default();
        let stated = Sbom::read(&document).map(|stated| add(&mut bill.sbom, stated));
        read += usize::from(!said.is_empty() || stated.is_ok());
        added += stated.unwrap_or_default();
        statements.extend(said);
    }
    context.say(format_args!(
        "{read} of {} attached documents are used: {} statements, {added} components that no file shows; no signature was checked",
        documents.len(),
        statements.len()
    ));
    Ok(statements)
}

/// The document that some bytes are or hold: in an envelope, in a bundle with one, in a statement about this image.
fn document(bytes: &[u8], digest: &Digest) -> Option<Vec<u8>> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    if let Some(inner) = value.get("dsseEnvelope") {
        return document(&serde_json::to_vec(inner).ok()?, digest);
    }
    if value.get("payloadType").is_some() {
        return document(&Envelope::parse(bytes).ok()?.payload().ok()?, digest);
    }
    if value.get("predicateType").is_none() {
        return Some(bytes.to_vec());
    }
    let statement = Statement::parse(bytes).ok().filter(|statement| statement.is_about(digest))?;
    // Some tools put the document as text under `Data`.
    match statement.predicate.get("Data").and_then(Value::as_str) {
        Some(text) => Some(text.as_bytes().to_vec()),
        None => serde_json::to_vec(&statement.predicate).ok(),
    }
}

/// Adds the components of `stated` that `bill` does not have; returns how many.
fn add(bill: &mut Sbom, stated: Sbom) -> usize {
    let bare = |component: &Component| component.purl.split('?').next().unwrap_or_default().to_owned();
    let mut known: BTreeSet<String> = bill.components.iter().map(bare).collect();
    let mut ids: BTreeSet<String> = bill.components.iter().map(|component| component.id.clone()).collect();
    let before = bill.components.len();
    for mut component in stated.components {
        if component.purl.is_empty() || !known.insert(bare(&component)) {
            continue;
        }
        while !ids.insert(component.id.clone()) {
            component.id.push_str("#attached");
        }
        component.found_by = "attached".to_owned();
        (component.part_of, component.depends_on) = (None, Vec::new());
        bill.components.push(component);
    }
    bill.components.len() - before
}
