//! `old-bundler-flags`: bundle install with flags that Bundler 4 does not have.

use crate::build::*;

rule! {
    "old-bundler-flags", Dockerfile, Low, true,
    "bundle install with flags that Bundler 4 does not have",
    ["tally:ruby/deprecated-bundler-install-flags"]
}

/// The flags, what `bundle config` calls them, and whether a value follows.
const FLAGS: [(&str, &str, bool); 8] = [
    ("--without", "without", true), ("--with", "with", true), ("--path", "path", true), ("--deployment", "deployment", false), ("--frozen", "frozen", false),
    ("--clean", "clean", false), ("--no-prune", "no_prune", false), ("--system", "path.system", false),
];

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (step, call) in input.calls().filter(|(_, call)| call.is_bundle("install")) {
        let arguments = call.arguments();
        let (mut names, mut settings, mut edits, mut known) = (Vec::new(), Vec::new(), Vec::new(), true);
        let mut at = 0;
        while let Some(word) = arguments.get(at) {
            at += 1;
            let (flag, joined) = word.text().split_once('=').map_or((word.text(), None), |(flag, value)| (flag, Some(value)));
            let Some((flag, setting, valued)) = FLAGS.iter().find(|(name, ..)| *name == flag) else { continue };
            let mut values: Vec<&str> = joined.into_iter().collect();
            let from = call.command.words[call.skip + at - 1].range.end;
            while let Some(value) = arguments.get(at).filter(|value| *valued && joined.is_none() && !value.text().starts_with('-')) {
                at += 1;
                values.push(value.text());
            }
            let plain = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | ':' | ' '));
            known &= values.is_empty() != *valued && values.iter().all(plain);
            let end = arguments[at - 1].range.end;
            known &= !input.source(from..end).contains('#');
            edits.push(replace(from..end, ""));
            names.push(*flag);
            // Groups are a list, however they were given.
            let value = if *valued { values.join(":").replace(' ', ":") } else { "true".to_owned() };
            settings.push(format!("bundle config set --local {setting} {value} && "));
        }
        if names.is_empty() {
            continue;
        }
        let found = report.at(call.range(), format!("Bundler 4 does not know {}", names.join(", ")));
        // Ruby 2.7 is the first with a Bundler that is configured so.
        let older = input.image_below(step.stage).map(ImageName::parse).is_some_and(|name| name.is_official("ruby") && name.version().is_some_and(|version| version < (2, 7)));
        if known && !older && call.stands_alone(input, step) && call.command.assignments.is_empty() {
            edits.push(insert(call.command.range.start, settings.concat()));
            found.evidence_fix("configure it before", edits);
        }
    }
}
