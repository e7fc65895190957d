//! Here-documents on an instruction's line (BuildKit `parser.go`, `heredocsFromLine`, and `shell/lex.go`).

use std::{iter::Peekable, ops::Range, str::CharIndices};

use crate::{Form, Heredoc, Instruction, Keyword, Mapped, arguments};

/// Expansions inside each other; a line that goes deeper opens no here-document.
const DEEPEST: usize = 64;

/// The here-documents that the line of `instruction` opens, contents still empty.
pub(crate) fn openers(instruction: &Instruction, line: &Mapped) -> Vec<Heredoc> {
    let inner = instruction.inner();
    let takes = matches!(inner.keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
    let is_json = matches!(inner.command(), Some(Form::Exec(_)))
        || (inner.keyword != Keyword::Run && arguments::is_json(&inner.body));
    if !takes || is_json || !line.text.contains("<<") {
        return Vec::new();
    }
    // A line whose quotes or expansions do not close opens none: BuildKit leaves it to the shell.
    words(&line.text)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|range| {
            let (name, chomp, quoted) = opener(&line.text[range.clone()])?;
            Some(Heredoc {
                name,
                opener: line.range(range),
                expand: !quoted,
                chomp,
                content: Mapped::default(),
                range: 0..0,
            })
        })
        .collect()
}

/// Name, whether tabs are stripped, whether the name is quoted: of a word `[n]<<[-]NAME`.
pub(crate) fn opener(word: &str) -> Option<(String, bool, bool)> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, chomp) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let rest = rest.trim_start();
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let mut name = String::new();
    let mut quoted = false;
    let mut quote = None;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                quoted = true;
                name.extend(chars.next());
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => (quoted, quote) = (true, Some(c)),
            (c, None) if c.is_whitespace() => return None,
            (c, _) => name.push(c),
        }
    }
    (quote.is_none() && !name.is_empty()).then_some((name, chomp, quoted))
}

/// The words of a line, quotes kept; `None` when something in it does not close. BuildKit lexes with a backslash as
/// escape character here, whatever the directive says.
fn words(line: &str) -> Option<Vec<Range<usize>>> {
    let mut lexer = Lexer { rest: line.char_indices().peekable() };
    let mut words = Vec::new();
    let mut start = None;
    while let Some((at, c)) = lexer.rest.peek().copied() {
        if c.is_whitespace() {
            lexer.rest.next();
            words.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        lexer.step(0)?;
    }
    words.extend(start.map(|start| start..line.len()));
    Some(words)
}

struct Lexer<'a> {
    rest: Peekable<CharIndices<'a>>,
}

impl Lexer<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, c)| *c)
    }

    fn next(&mut self) -> Option<char> {
        self.rest.next().map(|(_, c)| c)
    }

    /// Passes over one character with what belongs to it; `None` when it does not close.
    fn step(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            '\\' => drop(self.next()),
            '\'' => while self.next()? != '\'' {},
            '"' => self.double(depth)?,
            '$' => self.dollar(depth)?,
            '<' if self.peek() == Some('<') => {
                self.next();
                // Blanks may stand between `<<` and the name.
                while matches!(self.peek(), Some(' ' | '\t' | '\r')) {
                    self.next();
                }
            }
            _ => {}
        }
        Some(())
    }

    fn double(&mut self, depth: usize) -> Option<()> {
        loop {
            match self.next()? {
                '"' => return Some(()),
                '\\' => drop(self.next()),
                '$' => self.dollar(depth)?,
                _ => {}
            }
        }
    }

    fn dollar(&mut self, depth: usize) -> Option<()> {
        if self.peek() != Some('{') {
            self.name();
            return Some(());
        }
        self.next();
        if depth >= DEEPEST || matches!(self.peek()?, '{' | '}' | ':') {
            return None;
        }
        self.name();
        match self.next()? {
            '}' => return Some(()),
            ':' if matches!(self.next()?, '#' | '%') => return None,
            ':' | '+' | '-' | '?' | '#' | '%' => {}
            '/' => {
                if self.peek() == Some('/') {
                    self.next();
                }
                self.until('/', depth + 1)?;
            }
            // `${x,,}`, `${!x}` and what else only a shell knows.
            _ => return None,
        }
        self.until('}', depth + 1)
    }

    fn until(&mut self, stop: char, depth: usize) -> Option<()> {
        while self.peek()? != stop {
            self.step(depth)?;
        }
        self.next();
        Some(())
    }

    fn name(&mut self) {
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    self.next();
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => drop(self.next()),
            _ => {
                while self.peek().is_some_and(|c| c == '_' || c.is_alphanumeric()) {
                    self.next();
                }
            }
        }
    }
}
