//! Running the rules about `.dockerignore` files.

use casehard_dockerfile::IgnoreFile;
use casehard_finding::Finding;

use super::BuildContext;
use crate::{
    Checked, Settings,
    check::{Run, checks},
    report::Report,
    suppress::{self, Reach},
};

/// A `.dockerignore` file with everything that its rules look at.
pub(crate) struct IgnoreInput<'a> {
    pub(crate) file: IgnoreFile,
    pub(crate) context: Option<&'a BuildContext>,
}

/// Runs every rule about `.dockerignore` files that the settings want.
pub(crate) fn check_ignore(
    name: &str,
    bytes: &[u8],
    context: Option<&BuildContext>,
    settings: &Settings,
) -> Checked {
    let text = String::from_utf8_lossy(bytes);
    let input = IgnoreInput { file: IgnoreFile::parse(&text), context };
    let position = |offset: usize| {
        let before = text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    };
    let mut findings: Vec<Finding> = Vec::new();
    for check in checks().filter(|check| settings.runs(&check.rule)) {
        let Run::Dockerignore(run) = check.run else { continue };
        let severity = settings.severity(&check.rule);
        run(
            &input,
            &mut Report {
                rule: &check.rule,
                severity,
                file: name,
                position: &position,
                findings: &mut findings,
            },
        );
    }
    let mut allowances = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with('#')
            && settings.honour_comments
            && let Some((mut allowance, reach)) = suppress::allowance(line.trim())
        {
            allowance.comment = at..at + line.trim_end().len();
            let next = at + line.len();
            let end = text[next..].find('\n').map_or(text.len(), |end| next + end);
            allowance.scope = (reach == Reach::Place).then_some(next..end.max(next + 1));
            allowances.push(allowance);
        }
        at += line.len();
    }
    suppress::finish(findings, &allowances, settings, name, &position)
}
