//! `wrong-stop-signal`: STOPSIGNAL that cannot be handled.

use crate::build::*;

rule! {
    "wrong-stop-signal", Dockerfile, Low, true,
    "STOPSIGNAL that cannot be handled",
    ["tally:no-ungraceful-stopsignal"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Stopsignal) {
        let Arguments::Text(word) = &instruction.arguments else { continue };
        let Value::Known(text) = input.model.value_at(word, index) else { continue };
        if matches!(text.to_ascii_uppercase().trim_start_matches("SIG"), "KILL" | "STOP" | "9" | "19") {
            report.at(word.range.clone(), format!("{text} cannot be handled")).evidence_fix("use SIGTERM", vec![replace(word.range.clone(), "SIGTERM")]);
        }
    }
}
