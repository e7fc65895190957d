# What CI runs.
ready:
    .ci/run

# Tests only.
test:
    cargo test --workspace --locked

# Tests that need root, other engines or minutes.
slow:
    CASEHARD_SLOW=1 cargo test --workspace --locked

# The main job on the example.
demo:
    cargo run --release --locked -p casehard -- harden -w examples/web/casehard.yaml -o hardened
