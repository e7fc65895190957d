//! Where what was rendered is written.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    path::Path,
};

use casehard_finding::{Finding, Location, Span};
use casehard_rules::resources;

use super::{Tool, plain, template};

/// Where the parts of a rendered text come from.
#[derive(Debug, Default)]
pub struct Rendering {
    /// Parts of the rendered text, in order, with the index of their origin.
    parts: Vec<(Range<usize>, usize)>,
    /// Name and text.
    origins: Vec<(String, String)>,
}

/// What was found in one origin.
pub struct Placed {
    pub name: String,
    pub text: String,
    pub findings: Vec<Finding>,
}

impl Rendering {
    /// `files` are those that a kustomization takes; templates of a chart are named in the rendered text.
    pub fn new(text: &str, folder: &Path, tool: Tool, files: BTreeMap<String, String>) -> Self {
        match tool {
            Tool::Helm => Self::of_chart(text, folder),
            Tool::Kustomize => Self::of_kustomization(text, folder, files),
        }
    }

    /// Helm puts `# Source: chart/templates/name.yaml` before every document.
    fn of_chart(text: &str, folder: &Path) -> Self {
        let mut found = Self::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if let Some(source) = line.strip_prefix("# Source: ") {
                let inside = source.trim().split_once('/').map_or("", |(_, inside)| inside);
                let path = plain(folder, inside);
                let name = path.display().to_string();
                let known = found.origins.iter().position(|origin| origin.0 == name);
                let origin = known.unwrap_or_else(|| {
                    found.origins.push((name, template(&path)));
                    found.origins.len() - 1
                });
                if let Some(last) = found.parts.last_mut() {
                    last.0.end = at;
                }
                found.parts.push((at..text.len(), origin));
            }
            at += line.len();
        }
        found
    }

    /// A resource is known by its kind and name; Kustomize may put something before and behind a name.
    fn of_kustomization(text: &str, folder: &Path, files: BTreeMap<String, String>) -> Self {
        let main = plain(folder, "kustomization.yaml").display().to_string();
        let mut origins: Vec<(String, String)> = files.into_iter().collect();
        let written: Vec<_> = origins.iter().map(|(_, text)| resources(text.as_bytes())).collect();
        let main_at = origins.len();
        origins.push((main.clone(), template(Path::new(&main))));
        let parts = resources(text.as_bytes()).into_iter().map(|(kind, name, range)| {
            let fits = |exact: bool| {
                written.iter().position(|all| {
                    all.iter().any(|(other, base, _)| {
                        *other == kind
                            && if exact {
                                *base == name
                            } else {
                                !base.is_empty() && name.contains(base.as_str())
                            }
                    })
                })
            };
            (range, fits(true).or_else(|| fits(false)).unwrap_or(main_at))
        });
        Self { parts: parts.collect(), origins }
    }

    /// Puts findings where their lines are written. A line that its origin has exactly once is that line; otherwise the
    /// nearest one above it that is.
    pub fn place(&self, rendered: &str, findings: Vec<Finding>) -> Vec<Placed> {
        let lines: Vec<HashMap<&str, Option<Range<usize>>>> =
            self.origins.iter().map(|(_, text)| once(text)).collect();
        let mut placed: Vec<Placed> = self
            .origins
            .iter()
            .map(|(name, text)| Placed { name: name.clone(), text: text.clone(), findings: Vec::new() })
            .collect();
        for mut finding in findings {
            let Location::File { span, .. } = &finding.location else { continue };
            let part = self.parts.iter().find(|(range, _)| range.contains(&span.start)).or(self.parts.last());
            let Some((range, origin)) = part else { continue };
            let above = &rendered[range.start..line_end(rendered, span.start).max(range.start)];
            let range = above.lines().rev().find_map(|line| lines[*origin].get(line.trim())?.clone());
            let (name, text) = &self.origins[*origin];
            finding.location =
                Location::File { file: name.clone(), span: span_of(text, range.unwrap_or(0..0)) };
            finding.fix = None;
            if !placed[*origin].findings.contains(&finding) {
                placed[*origin].findings.push(finding);
            }
        }
        placed.retain(|origin| !origin.findings.is_empty());
        placed
    }
}

/// The end of the line that `at` is in.
fn line_end(text: &str, at: usize) -> usize {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// The lines of a text without blanks around them; `None` for those that it has several times.
fn once(text: &str) -> HashMap<&str, Option<Range<usize>>> {
    let mut lines = HashMap::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let trimmed = line.trim();
        // What is on every other line says nothing.
        if trimmed.len() > 2 && trimmed != "---" {
            lines
                .entry(trimmed)
                .and_modify(|seen| *seen = None)
                .or_insert(Some(start..start + trimmed.len()));
        }
    }
    lines
}

fn span_of(text: &str, range: Range<usize>) -> Span {
    let before = &text[..range.start];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Span { start: range.start, end: range.end, line: number(line), column: number(column) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_where_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("templates")).unwrap();
        let template = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: {{ .Values.name }}\n      securityContext:\n        privileged: true\n";
        std::fs::write(folder.path().join("templates/pod.yaml"), template).unwrap();
        let rendered = "---\n# Source: app/templates/pod.yaml\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: web\n      securityContext:\n        privileged: true\n";
        let rendering = Rendering::of_chart(rendered, folder.path());
        let finding = |at: usize| Finding {
            rule: "r".to_owned(),
            severity: casehard_finding::Severity::High,
            message: "m".to_owned(),
            location: Location::File {
                file: "x".to_owned(),
                span: Span { start: at, end: at + 1, line: 1, column: 1 },
            },
            evidence: Vec::new(),
            fix: None,
        };
        let at = |text: &str| rendered.find(text).unwrap();
        let placed = rendering.place(rendered, vec![finding(at("privileged")), finding(at("name: web"))]);
        let lines: Vec<u32> = placed[0]
            .findings
            .iter()
            .map(|finding| match &finding.location {
                Location::File { span, .. } => span.line,
                _ => 0,
            })
            .collect();
        // The name is a variable there, so the line above it stands for it.
        assert_eq!(lines, [7, 4]);
        assert!(placed[0].name.ends_with("templates/pod.yaml"));
    }

    #[test]
    fn resources_are_known_by_kind_and_name() {
        let base = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
        let rendered = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: dev-web\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
        let files = BTreeMap::from([("base/pod.yaml".to_owned(), base.to_owned())]);
        let rendering = Rendering::of_kustomization(rendered, Path::new("none"), files);
        let origins: Vec<&str> =
            rendering.parts.iter().map(|(_, origin)| rendering.origins[*origin].0.as_str()).collect();
        assert_eq!(origins, ["base/pod.yaml", "none/kustomization.yaml"]);
    }
}
