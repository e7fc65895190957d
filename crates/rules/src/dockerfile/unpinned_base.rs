//! `unpinned-base`: the base image is not pinned by digest.

use crate::build::*;

rule! {
    "unpinned-base", Dockerfile, Low, false,
    "the base image is not pinned by digest",
    ["semgrep:dockerfile-source-not-pinned", "sonar:S6497"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let bases = input.model.stages().iter().filter_map(|stage| match (&stage.base, &stage.image) {
        (Base::Image(text), Some(word)) => Some((text.clone(), word.clone())),
        _ => None,
    });
    // Images that are copied or mounted from are as much a part of the result.
    let others = input.stage_words().into_iter().filter_map(|(index, word)| {
        let Value::Known(text) = input.model.value_at(&word, index) else { return None };
        input.model.names_image(&text).then_some((text, word))
    });
    for (text, word) in bases.chain(others) {
        let name = ImageName::parse(&text);
        if name.digest.is_none() && name.tag.is_some_and(|tag| tag != "latest") {
            let found = report.at(word.range.clone(), format!("{text} has no digest, so its bytes may change"));
            // The tag stays, for people and for the tools that look for newer ones.
            if let Some(digest) = input.settings.evidence.digests.get(&text).filter(|_| word.text == text) {
                let title = format!("pin {text} to {}", digest.get(..19).unwrap_or(digest));
                found.evidence_fix(title, vec![insert(word.range.end, format!("@{digest}"))]);
            }
        }
    }
}
