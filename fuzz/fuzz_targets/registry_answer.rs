//! What a daemon answers (HTTP, chunks), and what stands in the headers of a registry's answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| casehard_image::fuzzing::read_answer(data));
