//! An open document and the findings in it.

use std::{ops::Range, path::PathBuf};

use casehard_finding::{Finding, Fix, Location, Safety, Severity, Subject};
use casehard_rules::{check_file, mend};
use serde_json::{Value, json};

use crate::lint::{Configs, Contexts};

/// An open document.
#[derive(Debug)]
pub struct Document {
    pub uri: String,
    pub path: Option<PathBuf>,
    pub subject: Option<Subject>,
    pub text: String,
    pub findings: Vec<Finding>,
}

/// How columns are counted (*PositionEncodingKind*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
}

impl Document {
    pub fn new(uri: String, language: &str, text: String) -> Self {
        let path = path_of(&uri);
        let name = path.as_ref().map_or_else(|| uri.clone(), |path| path.to_string_lossy().into_owned());
        let by_language = matches!(language, "dockerfile" | "containerfile").then_some(Subject::Dockerfile);
        let subject = casehard_rules::kind(&name, text.as_bytes()).or(by_language);
        Self { uri, path, subject, text, findings: Vec::new() }
    }

    /// Finds what is wrong with the text as it is now.
    pub fn check(&mut self, configs: &Configs, contexts: &Contexts) -> Result<(), crate::Failure> {
        self.findings = self.findings_in(self.text.as_bytes(), configs, contexts)?;
        Ok(())
    }

    fn findings_in(
        &self,
        bytes: &[u8],
        configs: &Configs,
        contexts: &Contexts,
    ) -> Result<Vec<Finding>, crate::Failure> {
        let Some(subject) = self.subject else { return Ok(Vec::new()) };
        let settings = configs.settings(self.path.as_deref())?;
        let is_built = matches!(subject, Subject::Dockerfile | Subject::Dockerignore);
        let context = self.path.as_ref().filter(|_| is_built).map(|path| contexts.of(path, bytes));
        Ok(check_file(subject, &self.uri, bytes, context.as_ref(), &settings).findings)
    }

    /// The diagnostics of what was found.
    pub fn diagnostics(&self, encoding: Encoding) -> Vec<Value> {
        self.findings.iter().filter_map(|finding| self.diagnostic(finding, encoding)).collect()
    }

    pub fn diagnostic(&self, finding: &Finding, encoding: Encoding) -> Option<Value> {
        let severity = match finding.severity {
            Severity::Critical | Severity::High => 1,
            Severity::Medium => 2,
            Severity::Low => 3,
            Severity::Info => 4,
        };
        let range = self.first_line(span(finding)?);
        Some(json!({
            "range": self.range(&range, encoding),
            "severity": severity,
            "code": finding.rule,
            "source": "casehard",
            "message": finding.message,
        }))
    }

    /// A range that ends with the line it starts on: an instruction of forty lines need not be underlined whole.
    fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let end = text.find('\n').map_or(range.end, |at| range.start + at);
        range.start..end.max(range.start)
    }

    /// The edits of a fix.
    pub fn edits(&self, fix: &Fix, encoding: Encoding) -> Vec<Value> {
        let edit = |edit: &casehard_finding::Edit| json!({"range": self.range(&(edit.start..edit.end), encoding), "newText": edit.text});
        fix.edits.iter().map(edit).collect()
    }

    /// The whole text after every safe fix, when that changes it.
    pub fn mended(&self, configs: &Configs, contexts: &Contexts) -> Option<String> {
        let check = |bytes: &[u8]| self.findings_in(bytes, configs, contexts).unwrap_or_default();
        let mended = mend(self.text.as_bytes(), Safety::Safe, self.subject?, &check);
        let text = String::from_utf8(mended.bytes).ok()?;
        (text != self.text).then_some(text)
    }

    /// A range as the protocol writes it.
    pub fn range(&self, range: &Range<usize>, encoding: Encoding) -> Value {
        json!({"start": self.position(range.start, encoding), "end": self.position(range.end, encoding)})
    }

    fn position(&self, offset: usize, encoding: Encoding) -> Value {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let character = match encoding {
            Encoding::Utf8 => offset - line_start,
            Encoding::Utf16 => before[line_start..].encode_utf16().count(),
        };
        json!({"line": before.matches('\n').count(), "character": character})
    }

    /// The byte at a position of the protocol.
    pub fn offset(&self, position: &Value, encoding: Encoding) -> usize {
        let number = |name: &str| position[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let (line, character) = (number("line"), number("character"));
        let start: usize = self.text.split_inclusive('\n').take(line).map(str::len).sum();
        let text = self.text[start..].split('\n').next().unwrap_or_default();
        let mut units = 0;
        for (at, c) in text.char_indices() {
            if units >= character {
                return start + at;
            }
            units += if encoding == Encoding::Utf8 { c.len_utf8() } else { c.len_utf16() };
        }
        start + text.len()
    }
}

/// The bytes of a finding in its file.
pub fn span(finding: &Finding) -> Option<Range<usize>> {
    match &finding.location {
        Location::File { span, .. } => Some(span.start..span.end),
        _ => None,
    }
}

/// The path of a `file:` address, `%XX` resolved.
fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let bytes = rest.as_bytes();
    let mut path = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = rest.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            path.push(byte);
            at += 3;
        } else {
            path.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(path).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_there_and_back_in_both_encodings() {
        let document =
            Document::new("file:///a%20b/Dockerfile".into(), "", "FROM a\n# é😀x\nUSER 1\n".into());
        assert_eq!(document.path.as_deref(), Some(std::path::Path::new("/a b/Dockerfile")));
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for offset in (0..=document.text.len()).filter(|at| document.text.is_char_boundary(*at)) {
                assert_eq!(document.offset(&document.position(offset, encoding), encoding), offset);
            }
        }
        let x = document.text.find('x').unwrap();
        assert_eq!(document.position(x, Encoding::Utf16), json!({"line": 1, "character": 5}));
        assert_eq!(document.position(x, Encoding::Utf8), json!({"line": 1, "character": 8}));
    }
}
