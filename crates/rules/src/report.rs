//! Where rules put what they find.

use std::{fmt::Display, ops::Range};

use casehard_finding::{Edit, Finding, Fix, Location, Rule, Safety, Severity, Span};

/// Where a rule puts what it finds.
pub(crate) struct Report<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    pub(crate) file: &'a str,
    pub(crate) position: &'a dyn Fn(usize) -> (u32, u32),
    pub(crate) findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    /// A finding at bytes of the file.
    pub(crate) fn at(&mut self, range: Range<usize>, message: impl Display) -> Found<'_> {
        let (line, column) = (self.position)(range.start);
        let span = Span { start: range.start, end: range.end.max(range.start), line, column };
        let location = Location::File { file: self.file.to_owned(), span };
        self.on(location, message)
    }

    /// A finding anywhere.
    pub(crate) fn on(&mut self, location: Location, message: impl Display) -> Found<'_> {
        self.findings.push(Finding {
            rule: self.rule.name.to_owned(),
            severity: self.severity,
            message: casehard_oci::escape(message.to_string().as_bytes()).to_string(),
            location,
            evidence: Vec::new(),
            fix: None,
        });
        let last = self.findings.len() - 1;
        Found(&mut self.findings[last])
    }
}

/// A finding that was just reported, for what belongs to it.
pub(crate) struct Found<'a>(&'a mut Finding);

impl Found<'_> {
    /// A fix that cannot change anything else.
    pub(crate) fn safe(self, title: impl Display, edits: Vec<Edit>) -> Self {
        self.fix(title, Safety::Safe, edits)
    }

    /// A fix that needs to be shown right.
    pub(crate) fn evidence_fix(self, title: impl Display, edits: Vec<Edit>) -> Self {
        self.fix(title, Safety::Evidence, edits)
    }

    /// Another severity than the rule's own, where the case is clearer or weaker.
    pub(crate) const fn severity(self, severity: Severity) -> Self {
        self.0.severity = severity;
        self
    }

    fn fix(self, title: impl Display, safety: Safety, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|edit| (edit.start, edit.end));
        self.0.fix = Some(Fix { title: title.to_string(), safety, edits });
        self
    }
}

/// Puts `text` in place of bytes.
pub(crate) fn replace(range: Range<usize>, text: impl Into<String>) -> Edit {
    Edit { start: range.start, end: range.end, text: text.into() }
}

/// Puts `text` before a byte.
pub(crate) fn insert(at: usize, text: impl Into<String>) -> Edit {
    Edit { start: at, end: at, text: text.into() }
}
