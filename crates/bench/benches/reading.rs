//! Reading an image: the layers alone, the merged tree, and the tree with what is in it.

use casehard_bench::debian;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Decompress, hash and walk each layer, once.
#[divan::bench(args = [1_000, 10_000])]
fn tree(bencher: Bencher, files: usize) {
    let made = debian(files);
    bencher.bench_local(|| {
        casehard_image::read(black_box(&made.image), &()).map(|(tree, _)| tree.walk().count())
    });
}

#[divan::bench(args = [1_000, 10_000])]
fn tree_and_inventory(bencher: Bencher, files: usize) {
    let made = debian(files);
    bencher.bench_local(|| {
        casehard_inventory::catalog(black_box(&made.image)).map(|(_, found)| found.packages.len())
    });
}

/// Every digest checked, as `casehard validate` does.
#[divan::bench(args = [1_000, 10_000])]
fn validate(bencher: Bencher, files: usize) {
    let made = debian(files);
    bencher.bench_local(|| casehard_image::validate(black_box(&made.image)));
}
