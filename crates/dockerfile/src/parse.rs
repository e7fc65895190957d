//! Lines to instructions (BuildKit `frontend/dockerfile/parser`, the behaviour of `parser.go` and `directives.go`).

use std::ops::Range;

use crate::{
    Directive, Dockerfile, Escape, Instruction, Item, ItemKind, Keyword, Mapped, Problem, ProblemKind, Word,
    arguments, heredoc, validate,
};

impl Dockerfile {
    /// Reads a Dockerfile. What is broken becomes a problem, the rest is read all the same.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let text = readable(bytes);
        let mut lines: Vec<usize> = vec![0];
        lines.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        let document = Self {
            text: String::new(),
            lines,
            items: Vec::new(),
            instructions: Vec::new(),
            directives: Vec::new(),
            escape: Escape::default(),
            problems: Vec::new(),
        };
        let mut reader =
            Reader { text: &text, at: 0, document, comments: Vec::new(), directives_done: false };
        reader.read();
        let mut document = reader.document;
        document.check_order();
        document.text = text;
        document
    }

    fn check_order(&mut self) {
        let mut from = false;
        for instruction in &self.instructions {
            match instruction.keyword {
                Keyword::From => from = true,
                Keyword::Arg | Keyword::Unknown => {}
                _ if from => {}
                _ => self.problems.push(Problem {
                    kind: ProblemKind::BeforeFrom(instruction.name.text.to_ascii_uppercase()),
                    range: instruction.range.clone(),
                }),
            }
        }
        if !from {
            self.problems.push(Problem { kind: ProblemKind::NoFrom, range: 0..0 });
        }
    }
}

/// Text of the same length, each byte that is no UTF-8 as `?`.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    document: Dockerfile,
    comments: Vec<Range<usize>>,
    directives_done: bool,
}

impl Reader<'_> {
    fn read(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
            self.document.items.push(Item { range: 0..self.at, kind: ItemKind::ByteOrderMark });
        }
        while let Some(line) = self.next_line() {
            let content = trim_newline(&self.text[line.clone()]);
            let trimmed = content.trim_start_matches([' ', '\t', '\u{b}', '\u{c}', '\r']);
            if let Some(item) = self.directive(content, &line) {
                self.document.items.push(Item { range: line, kind: item });
            } else if trimmed.starts_with('#') {
                self.comments.push(line.start + (content.len() - trimmed.len())..line.start + content.len());
                self.document.items.push(Item { range: line, kind: ItemKind::Comment });
            } else if trimmed.is_empty() {
                self.comments.clear();
                self.document.items.push(Item { range: line, kind: ItemKind::Blank });
            } else {
                self.instruction(&line, content.len() - trimmed.len());
            }
        }
    }

    /// The next line with its end, or nothing at the end of the file.
    fn next_line(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let rest = &self.text[start..];
        if rest.is_empty() {
            return None;
        }
        self.at = rest.find('\n').map_or(self.text.len(), |end| start + end + 1);
        Some(start..self.at)
    }

    /// `# name=value` in the leading comment block.
    fn directive(&mut self, content: &str, line: &Range<usize>) -> Option<ItemKind> {
        if self.directives_done {
            return None;
        }
        let Some((name, value)) = split_directive(content) else {
            self.directives_done = true;
            return None;
        };
        if !matches!(name.as_str(), "syntax" | "escape" | "check") {
            return None;
        }
        let value = Word {
            text: content[value.clone()].to_owned(),
            range: line.start + value.start..line.start + value.end,
        };
        if self.document.directives.iter().any(|directive| directive.name == name) {
            let kind = ProblemKind::DuplicateDirective(name);
            self.document.problems.push(Problem { kind, range: line.start..value.range.end });
            return None;
        }
        if name == "escape" {
            match value.text.as_str() {
                "\\" => self.document.escape = Escape::Backslash,
                "`" => self.document.escape = Escape::Backtick,
                other => {
                    let kind = ProblemKind::BadEscape(other.to_owned());
                    self.document.problems.push(Problem { kind, range: value.range.clone() });
                }
            }
        }
        self.document.directives.push(Directive { name, value });
        Some(ItemKind::Directive(self.document.directives.len() - 1))
    }

    fn instruction(&mut self, first: &Range<usize>, indent: usize) {
        let escape = self.document.escape.char();
        let mut logical = Mapped::default();
        let mut inner_comments = Vec::new();
        let content = trim_newline(&self.text[first.clone()]);
        let (piece, mut open) = continuation(&content[indent..], escape);
        logical.push(piece, first.start + indent);
        let mut last_end = first.start + content.len();
        while open {
            let Some(line) = self.next_line() else { break };
            let content = trim_newline(&self.text[line.clone()]);
            let trimmed = content.trim_start();
            if trimmed.starts_with('#') {
                inner_comments
                    .push(line.end - self.text[line.clone()].trim_start().len()..line.start + content.len());
                continue;
            }
            if trimmed.is_empty() {
                let kind = ProblemKind::BlankContinuation;
                self.document.problems.push(Problem { kind, range: line });
                continue;
            }
            let (piece, more) = continuation(content, escape);
            logical.push(piece, line.start);
            last_end = line.start + content.len();
            open = more;
        }
        if logical.text.trim().is_empty() {
            // A lone continuation character at the end of the file.
            let kind = ProblemKind::UnknownInstruction(escape.to_string());
            self.document.problems.push(Problem { kind, range: first.start..first.start + content.len() });
            self.document.items.push(Item { range: first.start..self.at, kind: ItemKind::Blank });
            return;
        }
        let mut problems = Vec::new();
        let mut instruction = arguments::instruction(&logical, self.document.escape, &mut problems);
        instruction.comments = std::mem::take(&mut self.comments);
        instruction.inner_comments = inner_comments;
        instruction.range.end = last_end.max(instruction.range.start);
        self.heredocs(&mut instruction, &logical, &mut problems);
        validate::instruction(&instruction, &mut problems);
        instruction.full = first.start..self.at;
        self.document.problems.append(&mut problems);
        self.document.instructions.push(instruction);
        let kind = ItemKind::Instruction(self.document.instructions.len() - 1);
        self.document.items.push(Item { range: first.start..self.at, kind });
    }

    fn heredocs(&mut self, instruction: &mut Instruction, logical: &Mapped, problems: &mut Vec<Problem>) {
        let mut heredocs = heredoc::openers(instruction, logical);
        for heredoc in &mut heredocs {
            let start = self.at;
            let mut content = Mapped::whole("", start);
            let mut ended = false;
            while let Some(line) = self.next_line() {
                let raw = &self.text[line.clone()];
                let skipped = if heredoc.chomp { raw.len() - raw.trim_start_matches('\t').len() } else { 0 };
                if trim_newline(&raw[skipped..]) == heredoc.name {
                    ended = true;
                    break;
                }
                content.push(&raw[skipped..], line.start + skipped);
            }
            if !ended {
                let kind = ProblemKind::UnterminatedHeredoc(heredoc.name.clone());
                problems.push(Problem { kind, range: heredoc.opener.clone() });
            }
            heredoc.content = content;
            heredoc.range = start..self.at;
        }
        let target = match &mut instruction.arguments {
            crate::Arguments::Onbuild(inner) => inner,
            _ => instruction,
        };
        target.heredocs = heredocs;
    }
}

/// The line without its end.
fn trim_newline(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

/// The line without its continuation character, and whether it had one: an escape character that no other precedes,
/// then nothing but blanks.
fn continuation(line: &str, escape: char) -> (&str, bool) {
    let body = line.trim_end_matches([' ', '\t']);
    match body.strip_suffix(escape) {
        Some(rest) if !rest.ends_with(escape) => (rest, true),
        _ => (line, false),
    }
}

/// Name in lower case and the place of the value of `# name = value`.
fn split_directive(line: &str) -> Option<(String, Range<usize>)> {
    let rest = line.strip_prefix('#')?.trim_start();
    let name = rest.split_once('=')?.0.trim_end();
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric());
    let start = line.len() - rest.split_once('=')?.1.trim_start().len();
    let end = line.trim_end().len();
    (plain && start < end).then(|| (name.to_ascii_lowercase(), start..end))
}
