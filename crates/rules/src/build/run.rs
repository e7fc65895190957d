//! Running the rules about Dockerfiles.

use casehard_dockerfile::{Dockerfile, Heredoc, ItemKind, Keyword};
use casehard_finding::Finding;

use super::{BuildContext, Input};
use crate::{
    Checked, Settings,
    check::{Run, checks},
    report::Report,
    suppress::{self, Allowance, Reach},
};

/// Runs every rule about Dockerfiles that the settings want.
pub(crate) fn check(
    file: &str,
    bytes: &[u8],
    context: Option<&BuildContext>,
    settings: &Settings,
) -> Checked {
    let document = Dockerfile::parse(bytes);
    let input = Input::new(&document, context, settings);
    let position = |offset| document.position(offset);
    let mut findings: Vec<Finding> = Vec::new();
    for check in checks().filter(|check| settings.runs(&check.rule)) {
        let Run::Dockerfile(run) = check.run else { continue };
        let mut report = Report {
            rule: &check.rule,
            severity: settings.severity(&check.rule),
            file,
            position: &position,
            findings: &mut findings,
        };
        run(&input, &mut report);
    }
    let allowances = if settings.honour_comments { allowances(&document) } else { Vec::new() };
    suppress::finish(findings, &allowances, settings, file, &position)
}

/// The allowances that the comments of a Dockerfile give, with their scopes.
fn allowances(document: &Dockerfile) -> Vec<Allowance> {
    let mut found = Vec::new();
    for directive in document.directives().iter().filter(|directive| directive.name == "check") {
        found.push(Allowance {
            codes: suppress::check_directive(&directive.value.text),
            scope: None,
            comment: directive.value.range.clone(),
            reason: None,
            until: None,
            own: false,
        });
    }
    let mut waiting: Vec<Allowance> = Vec::new();
    let text = document.text();
    for item in document.items() {
        match item.kind {
            ItemKind::Comment => {
                let comment = text[item.range.clone()].trim();
                let Some((mut allowance, reach)) = suppress::allowance(comment) else { continue };
                allowance.comment =
                    item.range.start..item.range.start + text[item.range.clone()].trim_end().len();
                if reach == Reach::File { found.push(allowance) } else { waiting.push(allowance) }
            }
            ItemKind::Instruction(index) => {
                let instruction = &document.instructions()[index];
                // Above FROM our own form holds for the stage; the other tools' forms for the instruction.
                let stage_end = document.instructions()[index + 1..]
                    .iter()
                    .find(|next| next.keyword == Keyword::From)
                    .map_or(text.len(), |next| next.full.start);
                for mut allowance in waiting.drain(..) {
                    let whole_stage = allowance.own && instruction.keyword == Keyword::From;
                    let end = if whole_stage { stage_end } else { instruction.full.end };
                    allowance.scope = Some(instruction.full.start..end);
                    found.push(allowance);
                }
                for range in &instruction.inner_comments {
                    if let Some((mut allowance, reach)) = suppress::allowance(text[range.clone()].trim()) {
                        allowance.comment = range.clone();
                        allowance.scope = (reach == Reach::Place).then(|| instruction.full.clone());
                        found.push(allowance);
                    }
                }
                found.extend(instruction.heredocs.iter().flat_map(script_allowances));
            }
            _ => {}
        }
    }
    found
}

/// The allowances of comments in a here-document: each holds for the command below it.
fn script_allowances(heredoc: &Heredoc) -> Vec<Allowance> {
    let (mut found, mut at): (Vec<Allowance>, usize) = (Vec::new(), 0);
    // Those that wait for a command, and where the first of them began.
    let mut waiting = 0;
    for line in heredoc.content.text.split_inclusive('\n') {
        let range = heredoc.content.range(at..at + line.trim_end().len());
        let before = line.len() - line.trim_start().len();
        if let Some((mut allowance, _)) =
            Some(line.trim()).filter(|line| line.starts_with('#')).and_then(suppress::allowance)
        {
            allowance.comment = heredoc.content.range(at + before..at + line.trim_end().len());
            allowance.scope = Some(range);
            found.push(allowance);
            waiting += 1;
        } else {
            let first = found.len() - waiting;
            for scope in found[first..].iter_mut().filter_map(|allowance| allowance.scope.as_mut()) {
                scope.end = scope.end.max(range.end);
            }
            if !line.trim_end().ends_with('\\') && !line.trim().is_empty() {
                waiting = 0;
            }
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::{Settings, check_dockerfile};

    #[test]
    fn comments_in_scripts_hold_for_the_command_below() {
        let text = |comment: &str| {
            format!(
                "FROM debian:12\nRUN <<EOF\nset -e\n{comment}\nif [[ -f \\\n /a ]]; then b; fi\necho -e x\nEOF\n"
            )
        };
        let settings = Settings { only: vec!["bash-in-sh".to_owned()], ..Settings::new() };
        let lines = |comment: &str| -> Vec<String> {
            let found = check_dockerfile("Dockerfile", text(comment).as_bytes(), None, &settings).findings;
            found.into_iter().map(|finding| finding.message).collect()
        };
        assert_eq!(lines("true").len(), 2);
        assert_eq!(lines("# shellcheck disable=SC3010"), ["echo -e is of bash, and sh runs this step"]);
        assert_eq!(lines("# hadolint ignore=SC3037"), lines("# shellcheck shell=sh disable=SC2039"));
    }
}
