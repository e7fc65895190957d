//! A profile: what is read is written so that it reads back the same, and its text holds no control character.
#![no_main]

use casehard_profile::{Listing, Profile};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(profile) = Profile::from_json(data) else { return };
    assert_eq!(Profile::from_json(&profile.to_json()).unwrap(), profile);
    for every_path in [false, true] {
        let text = profile.to_text(&Listing { every_path, ..Listing::default() });
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
});
