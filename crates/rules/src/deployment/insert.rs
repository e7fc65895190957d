//! New lines in YAML, in the file's own indentation.

use std::ops::Range;

use casehard_deploy::yaml::{Entry, Node};
use casehard_finding::Edit;

/// Adds `lines` to a block mapping: after its first entry that is a single line, else before its first entry. `None` when
/// there is no such place.
pub(crate) fn add_entry(text: &str, map: &Node, lines: &[&str]) -> Option<Vec<Edit>> {
    let own = |entry: &&Entry| !entry.merged;
    let alone = map.entries().iter().filter(own).find(|entry| single_line(text, entry));
    let entry = alone.or_else(|| map.entries().iter().find(own))?;
    let line_start = text[..entry.key_range.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..entry.key_range.start];
    // `- name: x` counts as indentation of the same width; anything else is a flow mapping.
    let is_indent = before.chars().all(|c| matches!(c, ' ' | '-'));
    if !is_indent {
        return None;
    }
    let indent = " ".repeat(before.len());
    if alone.is_none() {
        // Nothing is a single line: before the first entry, when that begins its line.
        let addition: String = lines.iter().map(|line| format!("{indent}{line}\n")).collect();
        return (*before == *indent)
            .then(|| vec![Edit { start: line_start, end: line_start, text: addition }]);
    }
    let line_end =
        text[entry.key_range.start..].find('\n').map_or(text.len(), |at| entry.key_range.start + at);
    let end = line_start + text[line_start..line_end].trim_end_matches('\r').len();
    let addition: String = lines.iter().map(|line| format!("\n{indent}{line}")).collect();
    Some(vec![Edit { start: end, end, text: addition }])
}

/// Sets `key: value` in the mapping under `parent`, making the mapping when it is not there.
pub(crate) fn add_nested(text: &str, map: &Node, parent: &str, lines: &[&str]) -> Option<Vec<Edit>> {
    match map.entry(parent) {
        Some(entry) if !entry.node.entries().is_empty() => add_entry(text, &entry.node, lines),
        Some(_) => None,
        None => {
            let mut all = vec![format!("{parent}:")];
            all.extend(lines.iter().map(|line| format!("  {line}")));
            add_entry(text, map, &all.iter().map(String::as_str).collect::<Vec<_>>())
        }
    }
}

fn single_line(text: &str, entry: &Entry) -> bool {
    let range: Range<usize> = entry.key_range.start..entry.node.range.end;
    let is_scalar = entry.node.text().is_some();
    is_scalar
        && range.start < range.end
        && text.get(range).is_some_and(|text| !text.contains('\n') && !text.contains(['|', '>', '&', '*']))
}
