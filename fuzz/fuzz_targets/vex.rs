//! A VEX document: it is read or refused, and its statements can be laid beside a finding.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(statements) = casehard_vuln::vex::read("fuzz", data) else { return };
    assert!(statements.iter().all(|statement| !statement.origin.is_empty()));
});
