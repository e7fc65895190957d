//! `secret-in-context`: a file that is copied from the context holds a secret.

use std::{collections::BTreeSet, ops::Range};

use crate::{Look, build::*};

rule! {
    "secret-in-context", Dockerfile, Critical, true,
    "a file that is copied from the build context holds a secret",
    ["casehard:context-secret"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    each_copied(input, Look::Known, &mut |range, first, more| {
        report.at(range, format!("{}, which this takes, holds on line {}: {}{more}", first.file, first.secret.line, first.secret.what));
    });
}

/// Calls `found` for every source that takes files with secrets of a look: with its place, the first of them, and what
/// is to be said of the others.
pub(super) fn each_copied(input: &Input<'_>, look: Look, found: &mut dyn FnMut(Range<usize>, &ContextSecret, &str)) {
    let Some(context) = input.context.filter(|context| !context.secrets.is_empty()) else { return };
    let ignores = |file: &str| context.ignore.as_ref().is_some_and(|ignore| ignore.ignores(file));
    for (index, instruction) in input.each(Keyword::Copy).chain(input.each(Keyword::Add)) {
        let Some((_, sources)) = instruction.words().split_last() else { continue };
        if instruction.flag("from").is_some() {
            continue;
        }
        let excluded = excluded(instruction);
        for word in sources.iter().filter(|word| !instruction.heredocs.iter().any(|heredoc| heredoc.opener == word.range)) {
            let Value::Known(path) = input.model.value_at(word, index) else { continue };
            let Some(source) = CopySource::new(&path, &excluded) else { continue };
            let taken = context.secrets.iter().filter(|secret| secret.secret.look == look);
            let mut taken = taken.filter(|secret| source.takes(&secret.file) && !ignores(&secret.file));
            let Some(first) = taken.next() else { continue };
            let more = taken.filter(|secret| secret.file != first.file).map(|secret| secret.file.as_str()).collect::<BTreeSet<_>>().len();
            let more = if more > 0 { format!("; {more} more files hold some, too") } else { String::new() };
            found(word.range.clone(), first, &more);
        }
    }
}
