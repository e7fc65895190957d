//! An archive: the members of the tar, `manifest.json`, `repositories`, `index.json` and what they name.
#![no_main]

use std::io::Write as _;

use casehard_image::{ImageRef, Options, Transport};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(data).unwrap();
    let image = ImageRef { transport: Transport::Detect(file.path().to_owned()), name: None };
    let options = Options { limits: casehard_image::fuzzing::limits(), ..Options::default() };
    if let Ok(image) = casehard_image::open(&image, &options) {
        let _ = casehard_image::read(&image, &());
    }
});
