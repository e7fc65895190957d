//! `untidy-line`: a line ends in blanks, or the last one does not end.

use crate::build::*;

rule! {
    "untidy-line", Dockerfile, Info, false,
    "a line ends in blanks, or the last one does not end",
    ["tally:eol-last", "tally:no-trailing-spaces"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let text = input.document.text();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let bare = body.trim_end_matches([' ', '\t']);
        let range = start + bare.len()..start + body.len();
        // In a here-document blanks are content.
        let is_content = input.document.instructions().iter().any(|instruction| !instruction.inner().heredocs.is_empty() && instruction.range.start <= range.start && range.end <= instruction.range.end);
        if !range.is_empty() && !is_content {
            report.at(range.clone(), "blanks at the end of the line").safe("delete them", vec![replace(range, "")]);
        }
        start += line.len();
    }
    let open = input.document.instructions().last().is_some_and(|instruction| !instruction.inner().heredocs.is_empty());
    if !text.is_empty() && !text.ends_with('\n') && !open {
        report.at(text.len()..text.len(), "the last line does not end").safe("end it", vec![insert(text.len(), "\n")]);
    }
}
