//! `unused-stage`: nothing is made of this stage.

use crate::build::*;

rule! {
    "unused-stage", Dockerfile, Info, false,
    "nothing is made of this stage",
    ["tally:no-unreachable-stages"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let stages = input.model.stages();
    let Some(last) = stages.len().checked_sub(1) else { return };
    let mut used = vec![false; stages.len()];
    let mut waiting = vec![last];
    let words = input.stage_words();
    while let Some(at) = waiting.pop() {
        if std::mem::replace(&mut used[at], true) {
            continue;
        }
        if let Base::Stage(below) = stages[at].base {
            waiting.push(below);
        }
        for (_, word) in words.iter().filter(|(index, _)| stages[at].instructions.contains(index)) {
            waiting.extend(word.text.parse::<usize>().ok().filter(|number| *number < at).or_else(|| input.model.stage_named(&word.text)));
        }
    }
    for stage in stages.iter().filter(|stage| !used[stage.index]) {
        report.at(input.head(stage.from), "nothing that is shipped is made of this stage");
    }
}
