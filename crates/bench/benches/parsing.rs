//! Documents: Dockerfiles, workloads, profiles.

use casehard_bench::profile;
use casehard_dockerfile::Dockerfile;
use casehard_profile::{Profile, workload};
use divan::{Bencher, black_box, counter::BytesCount};

fn main() {
    divan::main();
}

#[divan::bench(args = [10, 1_000])]
fn dockerfile(bencher: Bencher, stages: usize) {
    let stage = "FROM debian:12 AS build\nARG VERSION=1\nENV A=b C=$VERSION\nRUN apt-get update && \\\n    apt-get install -y curl=\"${VERSION}\"\nCOPY --chown=1:1 . /srv\nUSER 10001\nCMD [\"/srv/app\"]\n";
    let text = stage.repeat(stages);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| Dockerfile::parse(black_box(text.as_bytes())));
}

#[divan::bench(args = [10, 1_000])]
fn workload_file(bencher: Bencher, steps: usize) {
    let step = "  - { name: a step, http: \"http://127.0.0.1:80/\", expect: { status: 200, body: { contains: works } } }\n";
    let text = format!("image: oci:image\nsteps:\n{}", step.repeat(steps));
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| workload::parse(black_box(&text), "casehard.yaml").map(|read| read.steps.len()));
}

#[divan::bench(args = [10_000, 100_000])]
fn profile_document(bencher: Bencher, files: usize) {
    let bytes = profile(files).to_json();
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| Profile::from_json(black_box(&bytes)));
}
