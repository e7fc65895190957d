//! Parsing words: quotes, parameters, substitutions.

use std::rc::Rc;

use super::{
    ast::{Part, Word},
    parse::{Parser, ScriptError, backquoted, parser, substitution},
};

/// The next word; `None` when none begins here.
pub(super) fn word(parser: &mut Parser<'_>) -> Result<Option<Word>, ScriptError> {
    let start = parser.rest;
    let mut parts = Word::new();
    while let Some(c) = parser.peek() {
        match c {
            ' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
            '\'' => {
                parser.next();
                let end = parser.rest.find('\'').ok_or_else(|| parser.error("a quote is not closed"))?;
                push(&mut parts, &parser.rest[..end], true);
                parser.rest = &parser.rest[end + 1..];
            }
            '"' => {
                parser.next();
                // An empty pair of quotes is a word too.
                push(&mut parts, "", true);
                quoted(parser, &mut parts, Some('"'))?;
            }
            '\\' => {
                parser.next();
                match parser.next() {
                    Some('\n') | None => {}
                    Some(c) => push(&mut parts, c.encode_utf8(&mut [0; 4]), true),
                }
            }
            '$' | '`' => expansion(parser, &mut parts, false)?,
            c => {
                parser.next();
                push(&mut parts, c.encode_utf8(&mut [0; 4]), false);
            }
        }
    }
    Ok((parser.rest.len() < start.len()).then_some(parts))
}

/// The body of a here-document whose mark was not quoted.
pub(super) fn document(text: &str) -> Result<Word, ScriptError> {
    let mut parts = Word::new();
    quoted(&mut parser(text), &mut parts, None)?;
    Ok(parts)
}

/// Text in double quotes up to `end`.
fn quoted(parser: &mut Parser<'_>, parts: &mut Word, end: Option<char>) -> Result<(), ScriptError> {
    loop {
        match parser.peek() {
            None if end.is_none() => return Ok(()),
            None => return Err(parser.error("a quote is not closed")),
            Some(c) if Some(c) == end => {
                parser.next();
                return Ok(());
            }
            Some('\\') => {
                parser.next();
                match parser.next() {
                    Some('\n') | None => {}
                    Some(c @ ('$' | '`' | '\\')) => push(parts, c.encode_utf8(&mut [0; 4]), true),
                    Some('"') if end.is_some() => push(parts, "\"", true),
                    Some(c) => {
                        push(parts, "\\", true);
                        push(parts, c.encode_utf8(&mut [0; 4]), true);
                    }
                }
            }
            Some('$' | '`') => expansion(parser, parts, true)?,
            Some(c) => {
                parser.next();
                push(parts, c.encode_utf8(&mut [0; 4]), true);
            }
        }
    }
}

fn push(parts: &mut Word, more: &str, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted: same }) if *same == quoted => text.push_str(more),
        _ => parts.push(Part::Text { text: more.to_owned(), quoted }),
    }
}

/// What begins with a dollar or a backquote.
fn expansion(parser: &mut Parser<'_>, parts: &mut Word, quoted: bool) -> Result<(), ScriptError> {
    if parser.eat("`") {
        let mut inner = String::new();
        loop {
            match parser.next() {
                None => return Err(parser.error("a backquote is not closed")),
                Some('`') => break,
                Some('\\') => match parser.next() {
                    Some(c @ ('`' | '\\' | '$')) => inner.push(c),
                    Some('"') if quoted => inner.push('"'),
                    Some(c) => inner.extend(['\\', c]),
                    None => {}
                },
                Some(c) => inner.push(c),
            }
        }
        parts.push(Part::Command { script: Rc::new(backquoted(&inner)?), quoted });
        return Ok(());
    }
    parser.next();
    if parser.eat("((") {
        let expression = arithmetic(parser)?;
        parts.push(Part::Arithmetic { expression });
    } else if parser.eat("(") {
        parts.push(Part::Command { script: Rc::new(substitution(parser)?), quoted });
    } else if parser.eat("{") {
        parts.push(braces(parser, quoted)?);
    } else {
        let name = simple_name(parser.rest);
        if name.is_empty() {
            push(parts, "$", quoted);
        } else {
            parser.rest = &parser.rest[name.len()..];
            parts.push(Part::Parameter { name: name.to_owned(), operation: None, quoted });
        }
    }
    Ok(())
}

/// An arithmetic expression up to its `))`.
fn arithmetic(parser: &mut Parser<'_>) -> Result<Word, ScriptError> {
    let mut parts = Word::new();
    let mut open = 0;
    loop {
        match parser.peek() {
            Some(')') if open == 0 && parser.eat("))") => return Ok(parts),
            Some(')') if open > 0 => {
                parser.next();
                push(&mut parts, ")", true);
                open -= 1;
            }
            None | Some(')') => return Err(parser.error("an arithmetic expression is not closed")),
            Some('$' | '`') => expansion(parser, &mut parts, true)?,
            Some('"') => {
                parser.next();
            }
            Some(c) => {
                parser.next();
                open += usize::from(c == '(');
                push(&mut parts, c.encode_utf8(&mut [0; 4]), true);
            }
        }
    }
}

fn simple_name(text: &str) -> &str {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match text.chars().next() {
        Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => &text[..1],
        Some(c) if is_name(c) => &text[..text.find(|c| !is_name(c)).unwrap_or(text.len())],
        _ => "",
    }
}

/// `${...}` after its brace.
fn braces(parser: &mut Parser<'_>, quoted: bool) -> Result<Part, ScriptError> {
    let length = parser.rest.starts_with('#') && !parser.rest.starts_with("#}") && parser.eat("#");
    let end = parser.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(parser.rest.len());
    let end = if end == 0 { simple_name(parser.rest).len() } else { end };
    let (name, rest) = parser.rest.split_at(end);
    parser.rest = rest;
    if length {
        if !parser.eat("}") {
            return Err(parser.error("a parameter is not closed"));
        }
        return Ok(Part::Parameter {
            name: name.to_owned(),
            operation: Some(("#len".into(), Word::new())),
            quoted,
        });
    }
    if parser.eat("}") {
        return Ok(Part::Parameter { name: name.to_owned(), operation: None, quoted });
    }
    const OPERATORS: [&str; 13] = [":-", ":=", ":+", ":?", "-", "=", "+", "?", "##", "#", "%%", "%", "//"];
    let operator = OPERATORS.into_iter().find(|operator| parser.eat(operator));
    let operator =
        operator.or_else(|| parser.eat("/").then_some("/")).or_else(|| parser.eat(":").then_some(":"));
    let Some(operator) = operator else {
        return Err(parser.error("a parameter has an operator that is not known"));
    };
    let mut argument = Word::new();
    loop {
        match parser.peek() {
            None => return Err(parser.error("a parameter is not closed")),
            Some('}') => {
                parser.next();
                break;
            }
            Some('\'') if !quoted => {
                parser.next();
                let end = parser.rest.find('\'').ok_or_else(|| parser.error("a quote is not closed"))?;
                push(&mut argument, &parser.rest[..end], true);
                parser.rest = &parser.rest[end + 1..];
            }
            Some('"') => {
                parser.next();
                super::word::quoted(parser, &mut argument, Some('"'))?;
            }
            Some('\\') => {
                parser.next();
                if let Some(c) = parser.next() {
                    push(&mut argument, c.encode_utf8(&mut [0; 4]), true);
                }
            }
            Some('$' | '`') => expansion(parser, &mut argument, quoted)?,
            Some(c) => {
                parser.next();
                push(&mut argument, c.encode_utf8(&mut [0; 4]), false);
            }
        }
    }
    Ok(Part::Parameter { name: name.to_owned(), operation: Some((operator.to_owned(), argument)), quoted })
}
