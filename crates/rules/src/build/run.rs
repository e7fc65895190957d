//! Running the rules about Dockerfiles.

use casehard_dockerfile::{Dockerfile, ItemKind, Keyword};
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
            }
            _ => {}
        }
    }
    found
}
