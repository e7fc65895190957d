//! `.dockerignore` files (moby `patternmatcher` and `ignorefile`).

use std::ops::Range;

/// A `.dockerignore` file.
#[derive(Debug, Clone, Default)]
pub struct IgnoreFile {
    /// Its patterns in their order.
    pub patterns: Vec<IgnorePattern>,
    /// Lines that are no pattern.
    pub problems: Vec<(Range<usize>, PatternError)>,
}

/// One pattern.
#[derive(Debug, Clone)]
pub struct IgnorePattern {
    /// The line without blanks around it, `!` included.
    pub text: String,
    /// Whether it takes back (`!`).
    pub negated: bool,
    /// The cleaned path pattern.
    pub pattern: String,
    /// Its bytes in the file.
    pub range: Range<usize>,
    tokens: Vec<Token>,
}

/// Why a line is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// `!` alone.
    #[error("\"!\" takes nothing back")]
    LoneNegation,
    /// `[` without `]`, or an empty class.
    #[error("character class is not closed")]
    OpenClass,
    /// `\` at the end.
    #[error("\"\\\" escapes nothing")]
    TrailingEscape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Star,
    /// `**` at the end: anything.
    Rest,
    /// `**/`: nothing (both tokens are passed over), or what follows.
    Maybe,
    /// Any directories with a slash at the end.
    Directories,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl IgnoreFile {
    /// Reads a file. Lines that are no pattern are left out and reported.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut start = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let at = start;
            start += line.len();
            let line = if number == 0 { line.trim_start_matches('\u{feff}') } else { line };
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let trimmed = line.trim();
            let from = at
                + (text[at..start].len() - text[at..start].trim_start_matches('\u{feff}').trim_start().len());
            let range = from..from + trimmed.len();
            match IgnorePattern::new(trimmed, range.clone()) {
                Ok(pattern) => file.patterns.push(pattern),
                Err(error) => file.problems.push((range, error)),
            }
        }
        file
    }

    /// Whether a path of the context (relative, with `/`) is left out: itself, or a directory above it.
    #[must_use]
    pub fn ignores(&self, path: &str) -> bool {
        let mut ignored = false;
        for pattern in &self.patterns {
            if pattern.negated == ignored && pattern.matches_or_above(path) {
                ignored = !pattern.negated;
            }
        }
        ignored
    }
}

impl IgnorePattern {
    fn new(line: &str, range: Range<usize>) -> Result<Self, PatternError> {
        let (negated, rest) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest.trim()));
        if negated && rest.is_empty() {
            return Err(PatternError::LoneNegation);
        }
        let pattern = clean(rest);
        let tokens = tokens(&pattern)?;
        Ok(Self { text: line.to_owned(), negated, pattern, range, tokens })
    }

    /// Whether it matches a path or a directory above it.
    #[must_use]
    pub fn matches_or_above(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut above = ends.map(|end| &path[..end]);
        above.any(|path| !path.is_empty() && self.matches(path))
    }

    /// Whether it matches a path itself. Takes time in proportion to pattern times path.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let count = self.tokens.len();
        let mut now = vec![false; count + 1];
        now[0] = true;
        self.skip_empty(&mut now);
        for c in path.chars() {
            let mut next = vec![false; count + 1];
            for (at, token) in self.tokens.iter().enumerate().filter(|(at, _)| now[*at]) {
                match token {
                    Token::Char(wanted) => next[at + 1] |= *wanted == c,
                    Token::One => next[at + 1] |= c != '/',
                    Token::Star => next[at] |= c != '/',
                    Token::Rest => next[at] = true,
                    Token::Maybe => {}
                    Token::Directories => {
                        next[at] = true;
                        next[at + 1] |= c == '/';
                    }
                    Token::Class { negated, ranges } => {
                        let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
                        next[at + 1] |= inside != *negated && c != '/';
                    }
                }
            }
            self.skip_empty(&mut next);
            now = next;
        }
        now[count]
    }

    fn skip_empty(&self, states: &mut [bool]) {
        for (at, token) in self.tokens.iter().enumerate() {
            if states[at] && matches!(token, Token::Star | Token::Rest | Token::Maybe) {
                states[at + 1] = true;
            }
            if states[at] && *token == Token::Maybe {
                states[at + 2] = true;
            }
        }
    }
}

/// `filepath.Clean`, and no leading slash.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if pattern.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn tokens(pattern: &str) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.peek() == Some(&'*') => {
                while chars.peek() == Some(&'*') {
                    chars.next();
                }
                chars.next_if_eq(&'/');
                if chars.peek().is_some() {
                    tokens.extend([Token::Maybe, Token::Directories]);
                } else {
                    tokens.push(Token::Rest);
                }
            }
            '*' => tokens.push(Token::Star),
            '?' => tokens.push(Token::One),
            '[' => tokens.push(class(&mut chars)?),
            '\\' => tokens.push(Token::Char(chars.next().ok_or(PatternError::TrailingEscape)?)),
            c => tokens.push(Token::Char(c)),
        }
    }
    Ok(tokens)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, PatternError> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let low = match chars.next().ok_or(PatternError::OpenClass)? {
            ']' if ranges.is_empty() => return Err(PatternError::OpenClass),
            ']' => return Ok(Token::Class { negated, ranges }),
            '\\' => chars.next().ok_or(PatternError::TrailingEscape)?,
            c => c,
        };
        let high = if chars.next_if_eq(&'-').is_some() {
            match chars.next().ok_or(PatternError::OpenClass)? {
                '\\' => chars.next().ok_or(PatternError::TrailingEscape)?,
                c => c,
            }
        } else {
            low
        };
        ranges.push((low, high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_mobys_do() {
        let cases: &[(&str, &str, bool)] = &[
            ("*", "a", true),
            ("*", "a/b", true),
            ("a", "a/b", true),
            ("a", "b/a", false),
            ("**/a", "a", true),
            ("**/a", "x/y/a", true),
            ("**/a", "xa", false),
            ("*.md", "x.md", true),
            ("*.md", "d/x.md", false),
            ("**/*.md", "d/e/x.md", true),
            ("d/**", "d/e/f", true),
            ("d/**", "e/d", false),
            ("/a/", "a", true),
            ("./a", "a", true),
            ("a/../b", "b", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("?", "/", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("**/.env*", "app/.env.local", true),
            ("abc.def", "abcxdef", false),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(IgnoreFile::parse(pattern).ignores(path), *expected, "{pattern} {path}");
        }
    }

    #[test]
    fn later_lines_take_back_and_broken_ones_are_told() {
        let file = IgnoreFile::parse("# c\n*\n!a\n  a/secret \n!\n[x\n");
        assert!(file.ignores("b") && !file.ignores("a/x") && file.ignores("a/secret"));
        let errors: Vec<_> = file.problems.iter().map(|problem| problem.1).collect();
        assert_eq!(errors, [PatternError::LoneNegation, PatternError::OpenClass]);
    }

    #[test]
    fn hostile_patterns_end() {
        let file = IgnoreFile::parse(&"*a".repeat(200));
        assert!(!file.ignores(&"a".repeat(150)));
    }
}
