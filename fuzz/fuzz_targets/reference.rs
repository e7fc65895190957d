//! Image references: what is read is shown so that it reads back the same.
#![no_main]

use casehard_image::ImageRef;
use casehard_oci::{Digest, Platform, Reference};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<Reference>() {
        assert_eq!(reference.to_string().parse(), Ok(reference));
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
    }
    if let Ok(platform) = text.parse::<Platform>() {
        assert_eq!(platform.to_string(), text);
    }
    let _ = ImageRef::parse(text, |_| false);
    let _ = ImageRef::parse(text, |path| path.as_os_str().len() % 3 == 0);
});
