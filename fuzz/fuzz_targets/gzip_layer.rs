//! A gzip layer, of one member or several.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = casehard_image::fuzzing::read_layers(&[data], casehard_oci::Compression::Gzip);
});
