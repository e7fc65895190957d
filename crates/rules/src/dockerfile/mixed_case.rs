//! `mixed-case`: instructions are not written in one case.

use crate::build::*;

rule! {
    "mixed-case", Dockerfile, Info, false,
    "instructions are not written in one case",
    ["buildkit:ConsistentInstructionCasing", "buildkit:FromAsCasing", "droast:DF076", "droast:DF079"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let all = input.document.instructions();
    let upper = all.iter().filter(|instruction| instruction.name.text.bytes().all(|byte| byte.is_ascii_uppercase())).count();
    let want = |text: &str| if upper * 2 >= all.len() { text.to_ascii_uppercase() } else { text.to_ascii_lowercase() };
    for instruction in all.iter().filter(|instruction| instruction.keyword != Keyword::Unknown) {
        let as_word = instruction.words().get(1).filter(|word| instruction.keyword == Keyword::From && word.text.eq_ignore_ascii_case("as"));
        for word in [Some(&instruction.name), as_word].into_iter().flatten() {
            let better = want(&word.text);
            if better != word.text && input.source(word.range.clone()) == word.text {
                report.at(word.range.clone(), format!("{} stands among words in another case", word.text)).safe(format!("write {better}"), vec![replace(word.range.clone(), better)]);
            }
        }
    }
}
