//! `compose-obsolete-version`: the version key means nothing any more.

use crate::deployment::*;

rule! {
    "compose-obsolete-version", Compose, Info, true,
    "the version key means nothing any more",
    ["dclint:no-version-field"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    let Some(entry) = input.compose.root.entry("version") else { return };
    let found = report.at(entry.key_range.clone(), "version means nothing any more");
    let line_start = input.text[..entry.key_range.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = input.text[entry.key_range.start..].find('\n').map_or(input.text.len(), |at| entry.key_range.start + at + 1);
    let whole = input.text[line_start..entry.key_range.start].is_empty() && entry.node.range.end <= line_end;
    let comment = input.text[entry.node.range.end.min(line_end)..line_end].contains('#');
    if whole && !comment && !entry.merged {
        found.safe("delete it", vec![replace(line_start..line_end, "")]);
    }
}
