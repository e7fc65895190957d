//! `self-referring-env`: ENV uses a variable that the same instruction sets.

use crate::build::*;

rule! {
    "self-referring-env", Dockerfile, High, true,
    "ENV uses a variable that the same instruction sets",
    ["hadolint:DL3044"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Env) {
        let pairs = instruction.pairs();
        for (at, pair) in pairs.iter().enumerate().skip(1) {
            let Some(value) = &pair.value else { continue };
            for earlier in &pairs[..at] {
                let name = &earlier.name.text;
                let known = input.model.state(index).env.contains_key(name) || input.model.state(index).args.contains_key(name) || name == "PATH";
                let uses = std::cell::Cell::new(false);
                casehard_dockerfile::expand(&value.text, input.document.escape(), &|used| {
                    uses.set(uses.get() || used == name);
                    casehard_dockerfile::Lookup::Unknown
                }, &mut |_| {});
                if uses.get() && !known && earlier.name.text != pair.name.text {
                    report.at(value.range.clone(), format!("{name} is set by the same instruction and does not have its new value yet"));
                }
            }
        }
    }
}
