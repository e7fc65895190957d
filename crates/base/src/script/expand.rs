//! Expanding words (POSIX.1-2024, 2.6).

use std::{cell::RefCell, rc::Rc};

use casehard_oci::RootPath;

use super::{
    ast::{Part, Word},
    pattern,
    shell::{Shell, Streams},
};

/// A field in the making: pieces, with whether they are quoted.
type Field = Vec<(String, bool)>;

impl Shell<'_, '_> {
    /// The fields that words expand to, split and with patterns replaced by what they match.
    pub(super) fn fields(&mut self, words: &[Word], streams: &Streams) -> Vec<String> {
        let mut all = Vec::new();
        for word in words {
            for field in self.split(word, streams) {
                self.expand_pattern(field, &mut all);
            }
        }
        all
    }

    /// The one text a word expands to, neither split nor matched.
    pub(super) fn text_of(&mut self, word: &Word, streams: &Streams) -> String {
        self.pieces(word, streams).into_iter().map(|(text, _)| text).collect()
    }

    /// The one field a word expands to, knowing what is quoted: a pattern.
    pub(super) fn pieces(&mut self, word: &Word, streams: &Streams) -> Field {
        word.iter()
            .map(|part| match part {
                Part::Text { text, quoted } => (text.clone(), *quoted),
                Part::Parameter { quoted, .. } | Part::Command { quoted, .. } => {
                    (self.value(part, streams), *quoted)
                }
                Part::Arithmetic { .. } => (self.value(part, streams), true),
            })
            .collect()
    }

    fn split(&mut self, word: &Word, streams: &Streams) -> Vec<Field> {
        let separators = self.variables.get("IFS").cloned().unwrap_or_else(|| " \t\n".to_owned());
        let mut fields: Vec<Field> = Vec::new();
        let mut current: Option<Field> = None;
        for part in word {
            match part {
                Part::Text { text, quoted } => current.get_or_insert_default().push((text.clone(), *quoted)),
                Part::Parameter { name, operation: None, quoted: true } if name == "@" => {
                    for (number, value) in self.positional.clone().into_iter().enumerate() {
                        if number > 0 {
                            fields.extend(current.take());
                        }
                        current.get_or_insert_default().push((value, true));
                    }
                }
                Part::Parameter { operation: Some((operator, argument)), name, quoted: false }
                    if matches!(operator.as_str(), ":-" | "-" | ":+" | "+")
                        && self.takes_argument(name, operator) =>
                {
                    // The argument's own quotes decide how it is split.
                    let mut inner = self.split(argument, streams).into_iter();
                    if let Some(first) = inner.next() {
                        current.get_or_insert_default().extend(first);
                    }
                    for field in inner {
                        fields.extend(current.replace(field));
                    }
                }
                Part::Parameter { quoted: false, .. } | Part::Command { quoted: false, .. } => {
                    let value = self.value(part, streams);
                    let is_separator = |c: char| separators.contains(c);
                    let mut rest = value.as_str();
                    loop {
                        let end = rest.find(is_separator).unwrap_or(rest.len());
                        if end > 0 {
                            current.get_or_insert_default().push((rest[..end].to_owned(), false));
                        }
                        if end == rest.len() {
                            break;
                        }
                        fields.extend(current.take());
                        rest = &rest[end + 1..];
                    }
                }
                _ => {
                    let value = self.value(part, streams);
                    current.get_or_insert_default().push((value, true));
                }
            }
        }
        fields.extend(current);
        fields
    }

    fn takes_argument(&self, name: &str, operator: &str) -> bool {
        let value = self.parameter(name);
        let is_set = value.as_ref().is_some_and(|value| !(operator.starts_with(':') && value.is_empty()));
        is_set == operator.ends_with('+')
    }

    /// The value of a parameter, when it is set.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        match name {
            "#" => Some(self.positional.len().to_string()),
            "?" => Some(self.status.to_string()),
            "@" | "*" => Some(self.positional.join(" ")),
            "$" | "!" => Some("1".to_owned()),
            "-" => Some("e".to_owned()),
            "0" => Some("maintainer-script".to_owned()),
            name => match name.parse::<usize>() {
                Ok(number) => self.positional.get(number - 1).cloned(),
                Err(_) => self.variables.get(name).cloned(),
            },
        }
    }

    fn value(&mut self, part: &Part, streams: &Streams) -> String {
        match part {
            Part::Text { text, .. } => text.clone(),
            Part::Parameter { name, operation: None, .. } => self.parameter(name).unwrap_or_default(),
            Part::Parameter { name, operation: Some((operator, argument)), .. } => {
                self.operate(name, operator, argument, streams)
            }
            Part::Command { script, .. } => {
                let output = Rc::new(RefCell::new(Vec::new()));
                let mut inner = Streams::new(Vec::new(), &output);
                inner.input = streams.input.clone();
                let before = (self.variables.clone(), self.positional.clone(), self.directory.clone());
                if self.enter() {
                    self.list(script, &inner);
                }
                self.depth -= 1;
                (self.variables, self.positional, self.directory) = before;
                let bytes = output.borrow();
                String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()
            }
            Part::Arithmetic { expression } => {
                let text = self.text_of(expression, streams);
                self.arithmetic(&text).to_string()
            }
        }
    }

    fn operate(&mut self, name: &str, operator: &str, argument: &Word, streams: &Streams) -> String {
        let value = self.parameter(name);
        match operator {
            "#len" => value.unwrap_or_default().chars().count().to_string(),
            ":-" | "-" | ":+" | "+" | ":?" | "?" => {
                if self.takes_argument(name, operator) {
                    self.text_of(argument, streams)
                } else if operator.ends_with('+') {
                    String::new()
                } else {
                    value.unwrap_or_default()
                }
            }
            ":=" | "=" => {
                if self.takes_argument(name, operator) {
                    let text = self.text_of(argument, streams);
                    self.variables.insert(name.to_owned(), text.clone());
                    return text;
                }
                value.unwrap_or_default()
            }
            "#" | "##" | "%" | "%%" => {
                let pieces = self.pieces(argument, streams);
                pattern::strip(&pieces, &value.unwrap_or_default(), operator)
            }
            "/" | "//" => {
                let pieces = self.pieces(argument, streams);
                let (pattern, with) = split_replacement(pieces);
                pattern::replace(&pattern, &value.unwrap_or_default(), &with, operator == "//")
            }
            ":" => {
                let text = self.text_of(argument, streams);
                let (start, length) = text.split_once(':').unwrap_or((&text, ""));
                let start = usize::try_from(self.arithmetic(start)).unwrap_or(0);
                let length = if length.is_empty() {
                    usize::MAX
                } else {
                    usize::try_from(self.arithmetic(length)).unwrap_or(0)
                };
                value.unwrap_or_default().chars().skip(start).take(length).collect()
            }
            _ => value.unwrap_or_default(),
        }
    }

    /// Replaces a field with what it matches, when it is a pattern that matches something.
    fn expand_pattern(&self, field: Field, all: &mut Vec<String>) {
        let is_pattern = field.iter().any(|(text, quoted)| !quoted && text.contains(['*', '?', '[']));
        let literal: String = field.iter().map(|(text, _)| text.as_str()).collect();
        if !is_pattern {
            all.push(literal);
            return;
        }
        // Components of the path, each a field of its own.
        let mut components: Vec<Field> = vec![Vec::new()];
        for (text, quoted) in &field {
            for (number, piece) in text.split('/').enumerate() {
                if number > 0 {
                    components.push(Vec::new());
                }
                if !piece.is_empty() {
                    components.last_mut().expect("there is one").push((piece.to_owned(), *quoted));
                }
            }
        }
        let start = if literal.starts_with('/') { RootPath::root() } else { self.directory.clone() };
        let mut found = vec![(start, if literal.starts_with('/') { "/".to_owned() } else { String::new() })];
        for (number, component) in
            components.iter().enumerate().filter(|(_, component)| !component.is_empty())
        {
            let is_last = number + 1 == components.len();
            found = self.step(&found, component, is_last);
        }
        if found.is_empty() {
            all.push(literal);
        } else {
            all.extend(found.into_iter().map(|(_, text)| text));
        }
    }

    fn step(
        &self,
        found: &[(RootPath, String)],
        component: &Field,
        is_last: bool,
    ) -> Vec<(RootPath, String)> {
        let join = |text: &str, name: &str| {
            if text.is_empty() || text.ends_with('/') {
                format!("{text}{name}")
            } else {
                format!("{text}/{name}")
            }
        };
        let plain: String = component.iter().map(|(text, _)| text.as_str()).collect();
        let is_pattern = component.iter().any(|(text, quoted)| !quoted && text.contains(['*', '?', '[']));
        let mut next = Vec::new();
        for (path, text) in found {
            if !is_pattern {
                let path = path.child(plain.as_bytes());
                if self.machine.root.get(&path, !is_last).is_some() {
                    next.push((path, join(text, &plain)));
                }
                continue;
            }
            for (child, _) in self.machine.root.children(path) {
                let Some(name) = child.file_name().and_then(|name| std::str::from_utf8(name).ok()) else {
                    continue;
                };
                if (!name.starts_with('.') || plain.starts_with('.')) && pattern::matches(component, name) {
                    next.push((path.child(name.as_bytes()), join(text, name)));
                }
            }
        }
        next
    }

    /// An arithmetic expression: whole numbers, names, `+ - * / %`, comparisons, `&&`, `||`, `!`, parentheses.
    pub(super) fn arithmetic(&self, text: &str) -> i64 {
        let mut reader = Reader { shell: self, rest: text.trim(), depth: 0 };
        reader.level(0)
    }
}

fn split_replacement(pieces: Field) -> (Field, String) {
    let mut pattern = Field::new();
    let mut with = None::<String>;
    for (text, quoted) in pieces {
        match &mut with {
            Some(with) => with.push_str(&text),
            None => match text.split_once('/').filter(|_| !quoted) {
                Some((before, after)) => {
                    pattern.push((before.to_owned(), false));
                    with = Some(after.to_owned());
                }
                None => pattern.push((text, quoted)),
            },
        }
    }
    (pattern, with.unwrap_or_default())
}

struct Reader<'s, 'm, 'a> {
    shell: &'s Shell<'m, 'a>,
    rest: &'s str,
    depth: usize,
}

impl Reader<'_, '_, '_> {
    /// Operators by how tightly they bind, loosest first.
    const LEVELS: [&'static [&'static str]; 6] =
        [&["||"], &["&&"], &["==", "!="], &["<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

    fn level(&mut self, level: usize) -> i64 {
        let Some(operators) = Self::LEVELS.get(level) else { return self.atom() };
        let mut left = self.level(level + 1);
        loop {
            self.rest = self.rest.trim_start();
            let Some(operator) = operators.iter().find(|operator| self.rest.starts_with(**operator)) else {
                return left;
            };
            self.rest = &self.rest[operator.len()..];
            let right = self.level(level + 1);
            left = match *operator {
                "||" => i64::from(left != 0 || right != 0),
                "&&" => i64::from(left != 0 && right != 0),
                "==" => i64::from(left == right),
                "!=" => i64::from(left != right),
                "<=" => i64::from(left <= right),
                ">=" => i64::from(left >= right),
                "<" => i64::from(left < right),
                ">" => i64::from(left > right),
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                "/" => left.checked_div(right).unwrap_or(0),
                _ => left.checked_rem(right).unwrap_or(0),
            };
        }
    }

    fn atom(&mut self) -> i64 {
        self.depth += 1;
        self.rest = self.rest.trim_start();
        let value = match self.rest.chars().next() {
            _ if self.depth > 50 => 0,
            Some('(') => {
                self.rest = &self.rest[1..];
                let value = self.level(0);
                self.rest = self.rest.trim_start().strip_prefix(')').unwrap_or(self.rest);
                value
            }
            Some('!') => {
                self.rest = &self.rest[1..];
                i64::from(self.atom() == 0)
            }
            Some('-') => {
                self.rest = &self.rest[1..];
                self.atom().wrapping_neg()
            }
            _ => {
                let end = self
                    .rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                let value = if word.starts_with(|c: char| c.is_ascii_digit()) {
                    Some(word.to_owned())
                } else {
                    self.shell.parameter(word).filter(|_| !word.is_empty())
                };
                value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
            }
        };
        self.depth -= 1;
        value
    }
}
