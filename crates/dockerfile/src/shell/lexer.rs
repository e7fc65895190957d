//! Shell text to words and operators.

use std::ops::Range;

/// A word or an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word; the texts of the command substitutions in it.
    Word { range: Range<usize>, literal: Option<String>, nested: Vec<Range<usize>>, quoted: bool },
    /// `;`, `&`, `|`, `&&`, `||`, `(`, `)`, `;;`, or a line end.
    Operator { range: Range<usize>, text: &'static str },
    /// `[n]>` and its kin.
    Redirect { range: Range<usize>, descriptor: Option<u32>, operator: &'static str },
    /// `# …` up to the line end.
    Comment { range: Range<usize> },
}

/// Longest first.
const OPERATORS: [&str; 13] = ["&&", "||", ";;&", ";;", ";&", "|&", "\n", ";", "&", "|", "(", ")", "\0"];
const REDIRECTS: [&str; 11] = ["<<<", "<<-", "&>>", "<<", ">>", ">&", "<&", ">|", "&>", "<", ">"];

/// How deep substitutions are looked into.
const DEPTH: usize = 24;

/// Tokens of `text`, offsets by `base`.
pub(super) fn tokens(text: &str, base: usize) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, base, tokens: Vec::new(), heredocs: Vec::new() };
    lexer.run();
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    base: usize,
    tokens: Vec<Token>,
    /// Here-documents whose bodies start at the next line: name, tabs stripped.
    heredocs: Vec<(String, bool)>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            if matches!(c, ' ' | '\t' | '\r') {
                self.at += 1;
            } else if self.rest().starts_with("\\\n") {
                self.at += 2;
            } else if c == '#' {
                let start = self.at;
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                self.tokens.push(Token::Comment { range: self.base + start..self.base + self.at });
            } else if !(self.redirect() || self.operator()) {
                self.word();
            }
        }
    }

    fn redirect(&mut self) -> bool {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let after = &self.text[self.at + digits..];
        let Some(operator) = REDIRECTS.iter().find(|operator| after.starts_with(**operator)) else {
            return false;
        };
        if (digits > 0 && operator.starts_with('&')) || after.starts_with("<(") || after.starts_with(">(") {
            return false;
        }
        let start = self.at;
        let descriptor = self.rest()[..digits].parse().ok();
        self.at += digits + operator.len();
        self.tokens.push(Token::Redirect {
            range: self.base + start..self.base + self.at,
            descriptor,
            operator,
        });
        if *operator == "<<" || *operator == "<<-" {
            while self.rest().starts_with([' ', '\t']) {
                self.at += 1;
            }
            self.word();
            if let Some(Token::Word { literal, .. }) = self.tokens.last() {
                self.heredocs.push((literal.clone().unwrap_or_default(), *operator == "<<-"));
            }
        }
        true
    }

    fn operator(&mut self) -> bool {
        let Some(operator) = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator)) else {
            return false;
        };
        let start = self.at;
        self.at += operator.len();
        self.tokens.push(Token::Operator { range: self.base + start..self.base + self.at, text: operator });
        if *operator == "\n" {
            self.skip_heredocs();
        }
        true
    }

    fn skip_heredocs(&mut self) {
        for (name, chomp) in std::mem::take(&mut self.heredocs) {
            while !self.rest().is_empty() {
                let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
                let shown = line.trim_end_matches(['\n', '\r']);
                let shown = if chomp { shown.trim_start_matches('\t') } else { shown };
                let ends = shown == name;
                self.at += line.len();
                if ends {
                    break;
                }
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut word = WordReader {
            text: self.text,
            at: self.at,
            literal: Some(String::new()),
            nested: Vec::new(),
            quoted: false,
        };
        word.read();
        // Always move on, whatever stands here.
        let next = self.rest().chars().next().map_or(1, char::len_utf8);
        self.at = word.at.max(start + next).min(self.text.len());
        let nested = word.nested.iter().map(|range| self.base + range.start..self.base + range.end).collect();
        let range = self.base + start..self.base + self.at;
        self.tokens.push(Token::Word { range, literal: word.literal, nested, quoted: word.quoted });
    }
}

/// Reads one word; its literal is lost at the first expansion.
struct WordReader<'a> {
    text: &'a str,
    at: usize,
    literal: Option<String>,
    nested: Vec<Range<usize>>,
    quoted: bool,
}

impl WordReader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn push(&mut self, c: char) {
        if let Some(literal) = &mut self.literal {
            literal.push(c);
        }
    }

    fn read(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | ')' | '\0' => return,
                '<' | '>' if self.text[self.at + 1..].starts_with('(') => {
                    self.at += 1;
                    self.parenthesis();
                }
                '<' | '>' => return,
                // Extended patterns and array assignments keep their parenthesis.
                '(' if self.text[..self.at].ends_with(['=', '@', '?', '*', '+', '!']) => self.parenthesis(),
                '(' => return,
                '\'' => {
                    self.quoted = true;
                    self.at += 1;
                    while let Some(c) = self.take().filter(|c| *c != '\'') {
                        self.push(c);
                    }
                }
                '"' => {
                    self.quoted = true;
                    self.at += 1;
                    self.double();
                }
                '$' => self.dollar(),
                '`' => self.backtick(),
                '\\' => {
                    self.at += 1;
                    if let Some(c) = self.take().filter(|c| *c != '\n') {
                        self.push(c);
                    }
                }
                c => {
                    self.at += c.len_utf8();
                    self.push(c);
                }
            }
        }
    }

    fn double(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    return;
                }
                '$' => self.dollar(),
                '`' => self.backtick(),
                '\\' => {
                    self.at += 1;
                    match self.take() {
                        Some('\n') | None => {}
                        Some(c @ ('"' | '$' | '`' | '\\')) => self.push(c),
                        Some(c) => {
                            self.push('\\');
                            self.push(c);
                        }
                    }
                }
                c => {
                    self.at += c.len_utf8();
                    self.push(c);
                }
            }
        }
    }

    fn dollar(&mut self) {
        self.at += 1;
        match self.peek() {
            Some('(') => self.parenthesis(),
            Some('{') => {
                self.literal = None;
                let mut depth = 0usize;
                while let Some(c) = self.take() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 1 => break,
                        '}' => depth -= 1,
                        '\\' => drop(self.take()),
                        _ => {}
                    }
                }
            }
            Some(c) if c == '_' || c.is_ascii_alphanumeric() => {
                self.literal = None;
                while self.peek().is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
                    self.at += 1;
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '!' | '$') => {
                self.literal = None;
                self.at += 1;
            }
            _ => self.push('$'),
        }
    }

    /// `(…)` up to its end, quotes respected.
    fn parenthesis(&mut self) {
        self.literal = None;
        let start = self.at + 1;
        let (mut depth, mut end) = (0usize, None);
        while let Some(c) = self.take() {
            match c {
                '(' => depth += 1,
                ')' if depth == 1 => {
                    end = Some(self.at - 1);
                    break;
                }
                ')' => depth -= 1,
                '\\' => drop(self.take()),
                '\'' => while self.take().is_some_and(|c| c != '\'') {},
                '"' => {
                    while let Some(c) = self.take().filter(|c| *c != '"') {
                        if c == '\\' {
                            self.take();
                        }
                    }
                }
                _ => {}
            }
        }
        // Without an end it goes to the last character, which may have several bytes.
        let end = end.unwrap_or(self.at).max(start.min(self.text.len()));
        // `$((` is arithmetic.
        if start <= end
            && !self.text[start.min(self.text.len())..].starts_with('(')
            && self.nested.len() < DEPTH
        {
            self.nested.push(start.min(end)..end);
        }
    }

    fn backtick(&mut self) {
        self.literal = None;
        self.at += 1;
        let start = self.at;
        while let Some(c) = self.take() {
            match c {
                '`' => {
                    self.nested.push(start..self.at - 1);
                    return;
                }
                '\\' => drop(self.take()),
                _ => {}
            }
        }
    }
}
