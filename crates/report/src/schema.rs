//! Holds the published schema to the types that are written and read.

use std::{fs, path::Path};

use crate::Report;

#[test]
fn the_published_schema_is_that_of_the_report() {
    let mut schema = schemars::schema_for!(Report).to_value();
    schema["title"] = "report.json".into();
    let now = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/report.schema.json");
    if option_env!("CASEHARD_WRITE_DOCS").is_some() {
        fs::write(&file, &now).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == now,
        "docs/schemas/report.schema.json is not what is written: write it with \
         CASEHARD_WRITE_DOCS=1 cargo test -p casehard-report schema"
    );
}
