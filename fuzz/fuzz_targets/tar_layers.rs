//! Plain layers: the tar walk, and laying layers on each other. Layers are parted by a marker.
#![no_main]

use casehard_oci::Compression;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    const MARKER: &[u8] = b"\n--LAYER\n";
    let mut layers = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(MARKER.len()).position(|window| window == MARKER) {
        layers.push(&rest[..at]);
        rest = &rest[at + MARKER.len()..];
    }
    layers.push(rest);
    let _ = casehard_image::fuzzing::read_layers(&layers, Compression::None);
});
