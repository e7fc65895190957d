//! `yjit-off`: Ruby runs without its compiler.

use crate::build::*;

rule! {
    "yjit-off", Dockerfile, Info, false,
    "Ruby runs without its compiler",
    ["tally:ruby/yjit-not-enabled-on-supported-runtime"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some((name, word)) = input.shipped_image() else { return };
    let supported = name.is_official("ruby") && name.version().is_some_and(|version| version >= (3, 3));
    let serves = input.starts_ruby_server() || input.started().iter().any(|word| word.ends_with("sidekiq"));
    if supported && serves && !input.shipped_mentions(&["yjit", "YJIT", "zjit", "ZJIT", "--jit"]) {
        report.at(word.range.clone(), "YJIT is there and nothing switches it on");
    }
}
