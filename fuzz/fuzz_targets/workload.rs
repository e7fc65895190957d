//! A workload, and structure tests: any text is read or has mistakes that stand in it.
#![no_main]

use casehard_profile::workload::{Mistake, parse, structure};

fn stand_in(mistakes: Vec<Mistake>, text: &str) {
    assert!(!mistakes.is_empty());
    for mistake in mistakes {
        assert!(text.get(mistake.range()).is_some(), "{mistake}");
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(mistakes) = parse(text, "fuzz") {
        stand_in(mistakes, text);
    }
    if let Err(mistakes) = structure::parse(text, "fuzz") {
        stand_in(mistakes, text);
    }
});
