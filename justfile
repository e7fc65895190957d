# What CI runs.
ready:
    .ci/run

# Tests only.
test:
    cargo test --workspace --locked

# Tests that need root, other engines or minutes.
slow:
    CASEHARD_SLOW=1 cargo test --workspace --locked

# End-to-end tests alone.
e2e:
    cargo test -p casehard-e2e --locked

# Benchmarks of the parts; docs/benchmarks.md says more.
bench:
    cargo bench -p casehard-bench --locked

# The main job on the example.
demo:
    cargo run --release --locked -p casehard -- harden -w examples/web/casehard.yaml -o hardened
