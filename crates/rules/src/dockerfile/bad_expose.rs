//! `bad-expose`: EXPOSE is not of the form it takes.

use crate::build::*;

rule! {
    "bad-expose", Dockerfile, Low, true,
    "EXPOSE is not of the form it takes",
    ["buildkit:ExposeInvalidFormat", "buildkit:ExposeProtoCasing", "droast:DF078"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Expose) {
        for word in instruction.words() {
            let Value::Known(text) = input.model.value_at(word, index) else { continue };
            if text.contains(':') {
                report.at(word.range.clone(), format!("{text} maps a port; EXPOSE only names the port of the container"));
            } else if let Some((_, protocol)) = text.split_once('/').filter(|(_, protocol)| protocol.bytes().any(|byte| byte.is_ascii_uppercase())) {
                let lower = word.text.to_ascii_lowercase();
                let found = report.at(word.range.clone(), format!("{protocol} is not written in lower case"));
                if !word.text.contains('$') {
                    found.safe("write it in lower case", vec![replace(word.range.clone(), lower)]);
                }
            }
        }
    }
}
