//! Casehard's own JSON for findings, version 1.

use serde_json::{Value, json};

use super::Shown;

/// `{"version": 1, "files": [{"file", "findings": [...]}]}`.
pub fn render(shown: &[Shown<'_>]) -> String {
    let files: Vec<Value> =
        shown.iter().map(|file| json!({ "file": file.file, "findings": file.findings })).collect();
    format!("{:#}\n", json!({ "version": 1, "files": files }))
}
