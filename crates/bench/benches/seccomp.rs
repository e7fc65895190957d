//! The seccomp profile: made of what was seen, and assembled into the kernel's program.

use std::collections::BTreeSet;

use casehard_harden::{Breadth, runtime::seccomp};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

fn seen() -> BTreeSet<String> {
    ["accept4", "bind", "epoll_wait", "listen", "openat", "sendfile", "socket", "unlink"]
        .map(str::to_owned)
        .into()
}

#[divan::bench]
fn made(bencher: Bencher) {
    let seen = seen();
    bencher.bench_local(|| seccomp(black_box(&seen), Breadth::Rules));
}

#[divan::bench]
fn assembled(bencher: Bencher) {
    let text = serde_json::to_vec(&seccomp(&seen(), Breadth::Rules)).unwrap_or_default();
    bencher.bench_local(|| {
        casehard_engine::seccomp::compile(black_box(&text), &[]).map(|program| program.len())
    });
}
