//! Compose files and Kubernetes manifests: judged, and mended to a fixed point.
#![no_main]

use casehard_finding::{Safety, Subject};
use casehard_rules::{Settings, check_file, mend};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for subject in [Subject::Compose, Subject::Kubernetes] {
        let settings = Settings::default();
        let check = |bytes: &[u8]| check_file(subject, "file.yaml", bytes, None, &settings).findings;
        let once = mend(data, Safety::Safe, subject, &check);
        assert_eq!(mend(&once.bytes, Safety::Safe, subject, &check).bytes, once.bytes);
    }
});
