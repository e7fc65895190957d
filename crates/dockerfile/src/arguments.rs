//! The body of an instruction (BuildKit `parser/line_parsers.go`, `parser/split_command.go`).

use std::ops::Range;

use crate::{Arguments, Escape, Flag, Form, Instruction, Keyword, Mapped, Pair, Problem, ProblemKind, Word};

/// Reads an instruction from its logical line. Here-documents are left to the caller.
pub(crate) fn instruction(line: &Mapped, escape: Escape, problems: &mut Vec<Problem>) -> Instruction {
    let text = line.text.as_str();
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    let name_end = text[start..end].find(is_blank).map_or(end, |at| start + at);
    let name = word(line, start..name_end);
    let keyword = Keyword::of(&name.text);
    let after =
        name_end + (text[name_end..end].len() - text[name_end..end].trim_start_matches(is_blank).len());
    let (flags, body_start) = flags(line, after, end);
    let body = line.slice(body_start..end);
    let range = line.range(start..end);
    let arguments = read(keyword, &name.text, &body, escape, problems);
    Instruction {
        keyword,
        name,
        full: range.clone(),
        range,
        comments: Vec::new(),
        inner_comments: Vec::new(),
        flags,
        body,
        arguments,
        heredocs: Vec::new(),
    }
}

fn read(
    keyword: Keyword,
    name: &str,
    body: &Mapped,
    escape: Escape,
    problems: &mut Vec<Problem>,
) -> Arguments {
    let upper = || name.to_ascii_uppercase();
    let whole = body.range(0..body.text.len());
    if keyword == Keyword::Unknown {
        problems.push(Problem { kind: ProblemKind::UnknownInstruction(name.to_owned()), range: whole });
        return Arguments::None;
    }
    let may_be_empty = matches!(keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Run);
    if body.text.trim().is_empty() && !may_be_empty {
        problems.push(Problem { kind: ProblemKind::NoArgument(upper()), range: whole });
        return Arguments::None;
    }
    match keyword {
        Keyword::Env | Keyword::Label => pairs(body, escape, &upper(), problems),
        Keyword::Arg => Arguments::Pairs {
            pairs: split_words(body, escape).into_iter().map(|range| pair(body, range)).collect(),
            legacy: false,
        },
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => {
            Arguments::Command(command(body, &upper(), problems))
        }
        Keyword::Shell => {
            let form = command(body, "SHELL", problems);
            if matches!(form, Form::Shell(_)) {
                problems.push(Problem { kind: ProblemKind::ShellNotJson, range: whole });
            }
            Arguments::Command(form)
        }
        Keyword::Add | Keyword::Copy | Keyword::Volume => match json(body) {
            Ok(words) => Arguments::Words(words),
            Err(_) => Arguments::Words(blank_delimited(body)),
        },
        Keyword::Healthcheck => healthcheck(body, problems),
        Keyword::Onbuild => onbuild(body, escape, problems),
        Keyword::From | Keyword::Expose => Arguments::Words(blank_delimited(body)),
        _ => Arguments::Text(word(body, 0..body.text.len())),
    }
}

fn healthcheck(body: &Mapped, problems: &mut Vec<Problem>) -> Arguments {
    let end = body.text.find(is_blank).unwrap_or(body.text.len());
    let kind = word(body, 0..end);
    let rest_start = body.text.len() - body.text[end..].trim_start().len();
    let rest = body.slice(rest_start..body.text.len());
    let has_command = kind.text.eq_ignore_ascii_case("CMD");
    Arguments::Healthcheck { kind, command: has_command.then(|| command(&rest, "HEALTHCHECK", problems)) }
}

fn onbuild(body: &Mapped, escape: Escape, problems: &mut Vec<Problem>) -> Arguments {
    let inner = instruction(body, escape, problems);
    if matches!(inner.keyword, Keyword::Onbuild | Keyword::From | Keyword::Maintainer) {
        let kind = ProblemKind::BadOnbuild(inner.name.text.to_ascii_uppercase());
        problems.push(Problem { kind, range: inner.range.clone() });
        return Arguments::None;
    }
    Arguments::Onbuild(Box::new(inner))
}

fn command(body: &Mapped, name: &str, problems: &mut Vec<Problem>) -> Form {
    match json(body) {
        Ok(words) => Form::Exec(words),
        Err(NotJson::NotStrings) => {
            let range = body.range(0..body.text.len());
            problems.push(Problem { kind: ProblemKind::JsonNotStrings(name.to_owned()), range });
            Form::Shell(body.clone())
        }
        Err(NotJson::Other) => Form::Shell(body.clone()),
    }
}

/// Whether a body is a JSON array of strings.
pub(crate) fn is_json(body: &Mapped) -> bool {
    json(body).is_ok()
}

enum NotJson {
    NotStrings,
    Other,
}

/// The strings of a JSON array with their places.
fn json(body: &Mapped) -> Result<Vec<Word>, NotJson> {
    let text = body.text.trim();
    if !text.starts_with('[') {
        return Err(NotJson::Other);
    }
    let values: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|_| NotJson::Other)?;
    let mut words = Vec::with_capacity(values.len());
    let bytes = body.text.as_bytes();
    let mut at = 0;
    for value in values {
        let serde_json::Value::String(string) = value else { return Err(NotJson::NotStrings) };
        while bytes.get(at).is_some_and(|byte| *byte != b'"') {
            at += 1;
        }
        let start = at;
        at += 1;
        while bytes.get(at).is_some_and(|byte| *byte != b'"') {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        at += 1;
        words.push(Word { text: string, range: body.range(start..at.min(bytes.len())) });
    }
    Ok(words)
}

fn pairs(body: &Mapped, escape: Escape, name: &str, problems: &mut Vec<Problem>) -> Arguments {
    let words = split_words(body, escape);
    let first = words.first().map_or("", |range| &body.text[range.clone()]);
    if !first.contains('=') {
        let key_end = body.text.find(is_blank).unwrap_or(body.text.len());
        let value_start = body.text.len() - body.text[key_end..].trim_start_matches(is_blank).len();
        let key = word(body, 0..key_end);
        if value_start >= body.text.len() {
            let kind = ProblemKind::NotAPair { instruction: name.to_owned(), word: key.text };
            problems.push(Problem { kind, range: key.range });
            return Arguments::None;
        }
        let value = Some(word(body, value_start..body.text.len()));
        return Arguments::Pairs { pairs: vec![Pair { name: key, value }], legacy: true };
    }
    let mut pairs = Vec::with_capacity(words.len());
    for range in words {
        let found = pair(body, range);
        if found.value.is_none() {
            let kind = ProblemKind::NotAPair { instruction: name.to_owned(), word: found.name.text };
            problems.push(Problem { kind, range: found.name.range });
        } else {
            pairs.push(found);
        }
    }
    Arguments::Pairs { pairs, legacy: false }
}

fn pair(body: &Mapped, range: Range<usize>) -> Pair {
    match body.text[range.clone()].find('=') {
        Some(at) => Pair {
            name: word(body, range.start..range.start + at),
            value: Some(word(body, range.start + at + 1..range.end)),
        },
        None => Pair { name: word(body, range), value: None },
    }
}

/// Words apart by blanks outside quotes; quotes and escapes stay.
pub(crate) fn split_words(body: &Mapped, escape: Escape) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut chars = body.text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && is_blank(c) {
            words.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        if c == escape.char() && quote != Some('\'') {
            chars.next();
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '"' || c == '\'') {
            quote = Some(c);
        }
    }
    words.extend(start.map(|start| start..body.text.len()));
    words
}

fn blank_delimited(body: &Mapped) -> Vec<Word> {
    let base = body.text.as_ptr() as usize;
    body.text
        .split(is_blank)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let start = part.as_ptr() as usize - base;
            word(body, start..start + part.len())
        })
        .collect()
}

/// The flags from `start`, and where the rest begins.
fn flags(line: &Mapped, start: usize, end: usize) -> (Vec<Flag>, usize) {
    let text = &line.text[..end];
    let mut flags = Vec::new();
    let mut at = start;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches(is_blank).len();
        if !text[at..].starts_with("--") {
            return (flags, at);
        }
        let stop = flag_end(text, at);
        if stop == at + 2 {
            let rest = stop + (text[stop..].len() - text[stop..].trim_start_matches(is_blank).len());
            return (flags, rest);
        }
        let (name_end, value) = match text[at..stop].find('=') {
            Some(equals) => (at + equals, Some(word(line, at + equals + 1..stop))),
            None => (stop, None),
        };
        flags.push(Flag { name: text[at + 2..name_end].to_owned(), value, range: line.range(at..stop) });
        at = stop;
    }
}

/// Where the flag that starts at `start` ends: at a blank outside quotes.
fn flag_end(text: &str, start: usize) -> usize {
    let mut quote = None;
    let mut chars = text[start..].char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            (c, None) if is_blank(c) => return start + at,
            ('\\', _) => {
                chars.next();
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            _ => {}
        }
    }
    text.len()
}

fn word(body: &Mapped, range: Range<usize>) -> Word {
    Word { text: body.text[range.clone()].to_owned(), range: body.range(range) }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{b}' | '\u{c}' | '\r' | '\n')
}
