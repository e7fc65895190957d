//! A document of any feed: it is read or refused, and what was read makes a sound store.
#![no_main]

use casehard_vuln::{Store, import::import_document, store::Builder};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut builder = Builder::new("2026-01-01");
    for name in ["feed.json", "feed.yaml", "CVE-2024-0001", "updateinfo.xml", "epss.csv"] {
        import_document(&mut builder, name, data, "2026-01-01");
    }
    let store = Store::from_bytes(builder.finish().unwrap()).unwrap();
    store.verify().unwrap();
    store.status().unwrap();
});
