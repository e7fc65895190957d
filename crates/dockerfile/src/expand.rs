//! Variables in the words of instructions (BuildKit `frontend/dockerfile/shell/lex.go`), with *unknown* as a value.

use crate::Escape;

/// What a word comes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// This text.
    Known(String),
    /// It depends on what only the build or the base image can tell.
    Unknown,
}

impl Value {
    /// The text, when it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unknown => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}

/// What a variable is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Set to this.
    Set(String),
    /// Not set.
    Unset,
    /// Nobody knows.
    Unknown,
}

/// How deep `${a:-${b:-…}}` is followed.
const DEPTH: usize = 16;

/// Takes quotes and escapes away and puts variables in. `undefined` is told the name of each variable that is used
/// plainly and not set.
pub fn expand(
    word: &str,
    escape: Escape,
    lookup: &dyn Fn(&str) -> Lookup,
    undefined: &mut dyn FnMut(&str),
) -> Value {
    let mut lexer =
        Lexer { rest: word.chars().peekable(), escape: escape.char(), lookup, undefined, unknown: false };
    let text = lexer.text(None, 0);
    if lexer.unknown { Value::Unknown } else { Value::Known(text) }
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    escape: char,
    lookup: &'a dyn Fn(&str) -> Lookup,
    undefined: &'a mut dyn FnMut(&str),
    unknown: bool,
}

impl Lexer<'_> {
    /// Text up to `stop`, which is taken.
    fn text(&mut self, stop: Option<char>, depth: usize) -> String {
        let mut out = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                c if Some(c) == stop => break,
                '\'' => out.extend(self.rest.by_ref().take_while(|c| *c != '\'')),
                '"' => self.double_quoted(&mut out, depth),
                '$' => out.push_str(&self.dollar(depth)),
                c if c == self.escape => out.extend(self.rest.next()),
                c => out.push(c),
            }
        }
        out
    }

    fn double_quoted(&mut self, out: &mut String, depth: usize) {
        while let Some(c) = self.rest.next() {
            match c {
                '"' => return,
                '$' => out.push_str(&self.dollar(depth)),
                c if c == self.escape => match self.rest.next() {
                    Some(next) if next == '"' || next == '$' || next == self.escape => out.push(next),
                    Some(next) => out.extend([c, next]),
                    None => out.push(c),
                },
                c => out.push(c),
            }
        }
    }

    fn dollar(&mut self, depth: usize) -> String {
        if self.rest.peek() != Some(&'{') {
            let name = self.name();
            return if name.is_empty() { "$".to_owned() } else { self.plain(&name) };
        }
        self.rest.next();
        let name = self.name();
        let mut colon = false;
        let mut operator = self.rest.next();
        if operator == Some(':') {
            colon = true;
            operator = self.rest.next();
        }
        match operator {
            Some('}') | None => self.plain(&name),
            _ if depth >= DEPTH => {
                self.unknown = true;
                String::new()
            }
            Some(kind @ ('-' | '+' | '?')) => self.conditional(&name, kind, colon, depth),
            _ => {
                // Pattern removal and replacement: taken up to the brace; the result is known only when unset.
                self.text(Some('}'), depth + 1);
                match (self.lookup)(&name) {
                    Lookup::Unset => {}
                    _ => self.unknown = true,
                }
                String::new()
            }
        }
    }

    fn conditional(&mut self, name: &str, kind: char, colon: bool, depth: usize) -> String {
        let before = self.unknown;
        let alternative = self.text(Some('}'), depth + 1);
        let alternative_unknown = std::mem::replace(&mut self.unknown, before) != before;
        let set = match (self.lookup)(name) {
            Lookup::Unknown => {
                self.unknown = true;
                return String::new();
            }
            Lookup::Set(text) if !(colon && text.is_empty()) => Some(text),
            _ => None,
        };
        let takes_alternative = (kind == '+') == set.is_some();
        match (kind, set) {
            ('+', None) => String::new(),
            ('?', None) => {
                self.unknown = true;
                String::new()
            }
            (_, Some(text)) if !takes_alternative || kind == '?' => text,
            _ => {
                self.unknown |= alternative_unknown;
                alternative
            }
        }
    }

    fn plain(&mut self, name: &str) -> String {
        match (self.lookup)(name) {
            Lookup::Set(text) => text,
            Lookup::Unset => {
                (self.undefined)(name);
                String::new()
            }
            Lookup::Unknown => {
                self.unknown = true;
                String::new()
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.rest.peek().copied() {
            let special = name.is_empty() && "@*#?-!0123456789$".contains(c);
            if special {
                self.rest.next();
                name.push(c);
                if c.is_ascii_digit() {
                    continue;
                }
                break;
            }
            if !(c == '_' || c.is_ascii_alphanumeric()) || (name.is_empty() && c.is_ascii_digit()) {
                break;
            }
            name.push(c);
            self.rest.next();
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_to_what_buildkit_makes_of_them() {
        let lookup = |name: &str| match name {
            "A" => Lookup::Set("a".into()),
            "E" => Lookup::Set(String::new()),
            "U" => Lookup::Unknown,
            _ => Lookup::Unset,
        };
        let cases: &[(&str, Option<&str>)] = &[
            ("x$A", Some("xa")),
            ("${A}b", Some("ab")),
            ("'$A'", Some("$A")),
            (r#""$A""#, Some("a")),
            (r"\$A", Some("$A")),
            ("${N:-d}", Some("d")),
            ("${E:-d}", Some("d")),
            ("${E-d}", Some("")),
            ("${A:+y}", Some("y")),
            ("${N:+y}", Some("")),
            ("${N:-${A}}", Some("a")),
            ("${N:-$U}", None),
            ("${A:-$U}", Some("a")),
            ("$U", None),
            ("${N:?no}", None),
            ("${A%a}", None),
            ("$", Some("$")),
        ];
        for (word, expected) in cases {
            let value = expand(word, Escape::Backslash, &lookup, &mut |_| {});
            assert_eq!(value.known(), *expected, "{word}");
        }
        let mut names = Vec::new();
        expand("$N ${M:-x} $A", Escape::Backslash, &lookup, &mut |name| names.push(name.to_owned()));
        assert_eq!(names, ["N"]);
        assert_eq!(expand(r"C:\x`$A", Escape::Backtick, &lookup, &mut |_| {}).known(), Some(r"C:\x$A"));
    }
}
