//! A store that lies: look-ups fail with an error, and never panic.
#![no_main]

use casehard_vuln::{Ecosystem, Store, store::Builder};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(store) = Store::from_bytes(data.to_vec()) else { return };
    let _ = store.status();
    for ecosystem in ["Debian:12", "PyPI", "cpe"] {
        let _ = store.rows(&Ecosystem::parse(ecosystem).unwrap(), "x");
    }
    let _ = store.record("CVE-2024-0001");
    let _ = store.ids_with_alias("CVE-2024-0001");
    let _ = store.exploited("CVE-2024-0001");
    let _ = store.likelihood("CVE-2024-0001");
    let _ = store.cycles("debian");
    let _ = Builder::new("2026-01-01").carry(&store);
});
