//! `secret-literal`: a token, a key or a password is written in the file.

use crate::build::*;

rule! {
    "secret-literal", Dockerfile, Critical, true,
    "a token, a key or a password is written in the file",
    ["tally:secrets-in-code", "droast:DF013"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for hit in crate::secret::find(input.document.text().as_bytes()) {
        report.at(hit.range, format!("this looks like a {}", hit.what));
    }
}
