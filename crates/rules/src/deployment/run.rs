//! Running the rules about deployment files.

use std::ops::Range;

use casehard_deploy::{
    Compose, Kubernetes,
    yaml::{self, File, Node},
};
use casehard_finding::Finding;

use super::{ComposeInput, KubernetesInput};
use crate::{
    Checked, Settings,
    check::{Run, checks},
    report::Report,
    suppress::{self, Allowance, Reach},
};

/// Runs every rule about Compose files that the settings want.
pub(crate) fn check_compose(file: &str, bytes: &[u8], settings: &Settings) -> Checked {
    let text = String::from_utf8_lossy(bytes);
    let parsed = yaml::read(&text);
    let read = |bytes: &[u8]| yaml::read(&String::from_utf8_lossy(bytes)).documents.into_iter().next();
    let others = |path: &str| read(settings.evidence.files.get(path)?);
    let base = settings.evidence.overridden.as_deref().and_then(read);
    let compose = parsed.documents.first().and_then(|root| Compose::with(root, base.as_ref(), &others));
    let input = compose.map(|compose| ComposeInput { text: &text, compose, evidence: &settings.evidence });
    let run = |run: &Run, report: &mut Report<'_>| {
        if let (Run::Compose(run), Some(input)) = (run, &input) {
            run(input, report);
        }
    };
    let mut checked = check(file, &text, &parsed, settings, "compose-broken", &run, Vec::new());
    // What another file says is not mended here: its place in this file is only what brings it in.
    let brings = input.iter().flat_map(|input| &input.compose.services).flat_map(|service| {
        let extends = service.node.entry("extends").map(|entry| entry.key_range.clone());
        extends.into_iter().chain([service.name_range.clone()])
    });
    let brings: Vec<Range<usize>> = brings.collect();
    for finding in &mut checked.findings {
        let elsewhere = finding.fix.iter().flat_map(|fix| &fix.edits).any(|edit| {
            edit.start < edit.end
                && brings.iter().any(|place| edit.start < place.end && place.start < edit.end)
        });
        if elsewhere {
            finding.fix = None;
        }
    }
    checked
}

/// Runs every rule about Kubernetes manifests that the settings want.
pub(crate) fn check_kubernetes(file: &str, bytes: &[u8], settings: &Settings) -> Checked {
    let text = String::from_utf8_lossy(bytes);
    let parsed = yaml::read(&text);
    let kubernetes = Kubernetes::of(&parsed.documents);
    let annotated = kubernetes.resources.iter().flat_map(|resource| annotations(&resource.node)).collect();
    let input = KubernetesInput {
        text: &text,
        kubernetes,
        evidence: &settings.evidence,
        trusted: &settings.trusted_registries,
    };
    let run = |run: &Run, report: &mut Report<'_>| {
        if let Run::Kubernetes(run) = run {
            run(&input, report);
        }
    };
    check(file, &text, &parsed, settings, "k8s-broken", &run, annotated)
}

fn check(
    file: &str,
    text: &str,
    parsed: &File,
    settings: &Settings,
    broken: &str,
    run: &dyn Fn(&Run, &mut Report<'_>),
    mut allowances: Vec<Allowance>,
) -> Checked {
    let position = |offset| parsed.position(text, offset);
    let mut findings: Vec<Finding> = Vec::new();
    for check in checks().filter(|check| settings.runs(&check.rule)) {
        let severity = settings.severity(&check.rule);
        let mut report =
            Report { rule: &check.rule, severity, file, position: &position, findings: &mut findings };
        if check.rule.name == broken {
            well_formed(parsed, &mut report);
        }
        run(&check.run, &mut report);
    }
    if settings.honour_comments {
        allowances.extend(parsed.comments.iter().filter_map(|comment| commented(text, parsed, comment)));
    } else {
        allowances.clear();
    }
    suppress::finish(findings, &allowances, settings, file, &position)
}

/// Reports what is wrong with the YAML itself.
pub(crate) fn well_formed(parsed: &File, report: &mut Report<'_>) {
    if let Some((why, at)) = &parsed.error {
        report.at(*at..*at, format!("the file cannot be read further: {why}"));
    }
    for range in &parsed.duplicates {
        report.at(range.clone(), "this key is there already; which one counts depends on the reader");
    }
}

/// What a comment allows: beside an entry or above it, that entry with all below it.
fn commented(text: &str, parsed: &File, comment: &Range<usize>) -> Option<Allowance> {
    let (mut allowance, reach) = suppress::allowance(text.get(comment.clone())?.trim())?;
    allowance.comment = comment.clone();
    if reach == Reach::File {
        return Some(allowance);
    }
    let line_start = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
    let mut line = line_start..text[line_start..].find('\n').map_or(text.len(), |at| line_start + at);
    // A comment of its own line is about the next line that is none.
    while text[line.clone()].trim_start().starts_with('#') && line.end < text.len() {
        let start = line.end + 1;
        line = start..text[start..].find('\n').map_or(text.len(), |at| start + at);
    }
    let end = parsed.documents.iter().find_map(|document| end_of_entry(document, &line)).unwrap_or(line.end);
    allowance.scope = Some(line.start..end.max(line.end));
    Some(allowance)
}

/// Where the first entry or item that begins on a line ends.
fn end_of_entry(node: &Node, line: &Range<usize>) -> Option<usize> {
    for entry in node.entries().iter().filter(|entry| !entry.merged) {
        if line.contains(&entry.key_range.start) {
            return Some(entry.node.range.end.max(entry.key_range.end));
        }
        if let Some(end) = end_of_entry(&entry.node, line) {
            return Some(end);
        }
    }
    for item in node.items() {
        if line.contains(&item.range.start) {
            return Some(item.range.end);
        }
        if let Some(end) = end_of_entry(item, line) {
            return Some(end);
        }
    }
    None
}

/// What the annotations of a resource allow: `checkov.io/skip1: CODE=why`, `ignore-check.kube-linter.io/NAME: why`.
fn annotations(resource: &Node) -> Vec<Allowance> {
    let Some(annotations) = resource.at(&["metadata", "annotations"]) else { return Vec::new() };
    let code = |key: &str, value: &str| {
        if key.starts_with("checkov.io/skip") {
            return value.split('=').next().map(|code| code.trim().to_owned());
        }
        key.strip_prefix("ignore-check.kube-linter.io/").map(str::to_owned)
    };
    annotations
        .entries()
        .iter()
        .filter_map(|entry| {
            Some(Allowance {
                codes: vec![code(&entry.key, entry.node.text().unwrap_or_default())?],
                scope: Some(resource.range.clone()),
                comment: entry.key_range.clone(),
                reason: None,
                until: None,
                own: false,
            })
        })
        .collect()
}
