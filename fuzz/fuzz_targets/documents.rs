//! Index, manifest and configuration: what is read is written so that it reads back the same.
#![no_main]

use casehard_oci::{ImageConfig, Index, Manifest};
use serde::{Serialize, de::DeserializeOwned};

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(data: &[u8]) {
    if let Ok(document) = serde_json::from_slice::<T>(data) {
        let text = serde_json::to_vec(&document).unwrap();
        assert_eq!(serde_json::from_slice::<T>(&text).unwrap(), document);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    round_trip::<Index>(data);
    round_trip::<Manifest>(data);
    round_trip::<ImageConfig>(data);
});
