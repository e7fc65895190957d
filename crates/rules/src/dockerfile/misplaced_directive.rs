//! `misplaced-directive`: a parser directive where it is only a comment.

use crate::build::*;

rule! {
    "misplaced-directive", Dockerfile, Medium, true,
    "a parser directive where it is only a comment",
    ["tally:syntax-directive-typo"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    use casehard_dockerfile::ItemKind;
    for item in input.document.items().iter().filter(|item| item.kind == ItemKind::Comment) {
        let text = input.source(item.range.clone());
        let comment = text.trim().trim_start_matches('#').trim();
        let Some((name, value)) = comment.split_once('=') else { continue };
        let value = value.trim();
        let meant = match name.trim() {
            "escape" => matches!(value, "`" | "\\"),
            "syntax" => value.contains('/') && !value.contains(' '),
            "check" => value.starts_with("skip=") || value.starts_with("error="),
            _ => false,
        };
        if meant {
            report.at(item.range.start..item.range.start + text.trim_end().len(), format!("{} is a directive only at the very top of the file", name.trim()));
        }
    }
}
