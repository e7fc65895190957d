//! A file that says which packages are there, hostile: every cataloger on it, and what files need.
#![no_main]

use casehard_inventory::{CATALOGERS, Depth, File, FileFacts, Pieces, Reads};
use casehard_oci::RootPath;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for cataloger in CATALOGERS {
        let paths = match cataloger.reads {
            Reads::Paths(patterns) => patterns,
            Reads::Elf(_) => &["bin/x"],
        };
        for pattern in paths {
            let path = RootPath::root().join_as_kernel(pattern.replace('*', "x-1.0").as_bytes());
            (cataloger.parse)(&File { path: &path, mode: 0o755, bytes: data }, &mut Pieces::default());
        }
    }
    for name in ["bin/x", "a.py", "a.js", "a.pl", "a.rb", "package.json", "etc/ld.so.cache"] {
        let _ = FileFacts::read(&RootPath::root().join_as_kernel(name.as_bytes()), data, Depth::default());
    }
});
