//! Findings with the lines they stand on.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};
use casehard_finding::{Finding, Severity};

use super::{Shown, place, severity_name, span};

/// Every finding as a compiler shows it.
pub fn render(shown: &[Shown<'_>]) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Unicode);
    let mut out = String::new();
    for file in shown {
        for finding in file.findings {
            one(&renderer, file, finding, &mut out);
        }
    }
    out
}

fn level(severity: Severity) -> Level<'static> {
    let level = match severity {
        Severity::Info => Level::NOTE,
        Severity::Low | Severity::Medium => Level::WARNING,
        Severity::High | Severity::Critical => Level::ERROR,
    };
    level.with_name(Some(severity_name(severity)))
}

fn one(renderer: &Renderer, file: &Shown<'_>, finding: &Finding, out: &mut String) {
    let title = level(finding.severity).primary_title(finding.message.as_str()).id(finding.rule.as_str());
    let mut group = match span(finding) {
        Some(span) if !file.text.is_empty() => {
            let (start, end) = (
                span.start.min(file.text.len()),
                span.end.clamp(span.start, file.text.len().max(span.start)),
            );
            let from = file.text[..floor(&file.text, start)].rfind('\n').map_or(0, |at| at + 1);
            // A long instruction is shown by its first line.
            let end = file.text[floor(&file.text, start)..floor(&file.text, end)]
                .find('\n')
                .map_or(end, |at| start + at);
            let end = floor(&file.text, end);
            let stop = file.text[end..].find('\n').map_or(file.text.len(), |at| end + at);
            let snippet = Snippet::source(&file.text[from..stop])
                .line_start(span.line as usize)
                .path(file.file)
                .annotation(AnnotationKind::Primary.span(floor(&file.text, start) - from..end - from));
            title.element(snippet)
        }
        _ => title.element(Level::NOTE.message(format!("at {}", place(file.file, finding)))),
    };
    for text in &finding.evidence {
        group = group.element(Level::NOTE.message(text.as_str()));
    }
    if let Some(fix) = &finding.fix {
        let how = if fix.safety == casehard_finding::Safety::Safe { "--fix" } else { "--fix=evidence" };
        group = group.element(Level::HELP.message(format!("{how} can mend it: {}", fix.title)));
    }
    let _ = writeln!(out, "{}\n", renderer.render(&[group]));
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
