//! `superfluous-label`: a label is set that the configuration does not list.

use crate::build::*;

rule! {
    "superfluous-label", Dockerfile, Info, true,
    "a label is set that the configuration does not list",
    ["hadolint:DL3050"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    if !input.settings.strict_labels {
        return;
    }
    for (_, instruction) in input.each(Keyword::Label) {
        for pair in instruction.pairs() {
            let name = pair.name.text.trim_matches(['"', '\'']);
            if !name.contains('$') && !input.settings.labels.contains_key(name) {
                report.at(pair.name.range.clone(), format!("{name} is no label of the configuration"));
            }
        }
    }
}
