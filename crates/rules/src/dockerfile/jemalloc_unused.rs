//! `jemalloc-unused`: jemalloc is installed for Ruby and nothing loads it.

use crate::build::*;

rule! {
    "jemalloc-unused", Dockerfile, Low, true,
    "jemalloc is installed for Ruby and nothing loads it",
    ["tally:ruby/jemalloc-installed-but-not-preloaded"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    // An entrypoint that is a script may load it, and a text that names one of these does something about it.
    let is_ruby = input.shipped_image().is_some_and(|(name, _)| name.is_official("ruby"));
    if !is_ruby || input.shipped_mentions(&["LD_PRELOAD", "MALLOC_CONF", "ld.so.preload", "patchelf", "with-jemalloc"]) {
        return;
    }
    let started = input.started();
    let program = |word: &&str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let starters = ["tini", "dumb-init", "--", "exec"];
    let first = started.iter().find(|word| !starters.contains(&program(word).as_str())).map(program).unwrap_or_default();
    if !matches!(first.as_str(), "bundle" | "bundler" | "rails" | "rake" | "ruby" | "puma" | "sidekiq" | "unicorn" | "rackup" | "thrust" | "falcon") {
        return;
    }
    for (step, install) in input.installs().filter(|(step, install)| input.is_shipped(step.stage) && matches!(install.manager, Manager::Apt | Manager::Apk)) {
        if let Some((name, word)) = install.names().find(|(name, _)| matches!(*name, "libjemalloc1" | "libjemalloc2" | "jemalloc")) {
            let found = report.at(word.range.clone(), format!("{name} is there, but Ruby takes the memory of libc as before"));
            let outer = &input.document.instructions()[step.index];
            if outer.keyword == Keyword::Run && *name != *"libjemalloc1" && input.source(outer.full.clone()).ends_with('\n') {
                found.evidence_fix("load it", vec![insert(outer.full.end, "ENV LD_PRELOAD=libjemalloc.so.2\n")]);
            }
        }
    }
}
