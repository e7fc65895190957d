//! Paths inside an image: none leaves the root, and the text form is exact.
#![no_main]

use casehard_oci::RootPath;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(path) = RootPath::parse(data) {
        assert!(path.components().all(|name| !name.is_empty() && name != b".." && name != b"."));
        assert_eq!(path.to_string().parse::<RootPath>().unwrap(), path);
        assert_eq!(RootPath::parse(path.as_bytes()).unwrap(), path);
        let joined = path.join_as_kernel(data);
        assert!(joined.components().all(|name| !name.is_empty() && name != b".." && name != b"."));
        assert!(path.ancestors().all(|above| path.starts_with(&above)));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = text.parse::<RootPath>();
    }
});
