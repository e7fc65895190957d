//! From what was read and seen to a plan, and merging profiles.

use casehard_bench::{debian, profile};
use casehard_harden::{Ground, Level, Policy, Tools, plan};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

#[divan::bench(args = [1_000, 10_000])]
fn package_level(bencher: Bencher, files: usize) {
    planned(bencher, files, Level::Package);
}

#[divan::bench(args = [1_000, 10_000])]
fn file_level(bencher: Bencher, files: usize) {
    planned(bencher, files, Level::File);
}

fn planned(bencher: Bencher, files: usize, level: Level) {
    let made = debian(files);
    let (tree, inventory, tools) = Tools::read(&made.image).unwrap_or_else(|error| panic!("{error}"));
    let (profile, policy) = (profile(files), Policy { level, ..Policy::default() });
    bencher.bench_local(|| {
        plan(black_box(Ground {
            image: &made.image,
            tree: &tree,
            inventory: &inventory,
            tools: &tools,
            profile: &profile,
            policy: &policy,
        }))
    });
}

#[divan::bench(args = [10_000, 100_000])]
fn merge(bencher: Bencher, files: usize) {
    let (one, two) = (profile(files), profile(files * 2));
    bencher.with_inputs(|| (one.clone(), two.clone())).bench_local_values(|(mut one, two)| {
        one.merge(two);
        one
    });
}
