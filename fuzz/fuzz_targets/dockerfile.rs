//! A Dockerfile: printed as it was read, judged, and mended to a fixed point.
#![no_main]

use casehard_dockerfile::Dockerfile;
use casehard_finding::{Safety, Subject};
use casehard_rules::{Settings, check_file, mend};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(Dockerfile::parse(data).print(), text);
    }
    for subject in [Subject::Dockerfile, Subject::Dockerignore] {
        let settings = Settings::default();
        let check = |bytes: &[u8]| check_file(subject, "Dockerfile", bytes, None, &settings).findings;
        let once = mend(data, Safety::Safe, subject, &check);
        assert_eq!(mend(&once.bytes, Safety::Safe, subject, &check).bytes, once.bytes);
    }
});
