//! Shell patterns (POSIX.1-2024, 2.14) and basic regular expressions (9.3), as regular expressions of the `regex` crate.

use casehard_oci::RootPath;
use regex::{Regex, RegexBuilder};

use crate::root::Root;

/// A piece of a pattern; what is quoted stands for itself.
pub(super) type Pieces<'a> = &'a [(String, bool)];

/// A shell pattern as a regular expression without anchors.
fn translate(pieces: Pieces<'_>, shortest: bool) -> String {
    let mut expression = String::new();
    for (text, quoted) in pieces {
        if *quoted {
            expression.push_str(&regex::escape(text));
            continue;
        }
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '*' => expression.push_str(if shortest { "(?s:.*?)" } else { "(?s:.*)" }),
                '?' => expression.push_str("(?s:.)"),
                '[' => match bracket(rest) {
                    Some((class, tail)) => {
                        expression.push_str(&class);
                        rest = tail;
                    }
                    None => expression.push_str("\\["),
                },
                c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
    }
    expression
}

/// A bracket expression after its `[`, as a class, and what follows it.
fn bracket(text: &str) -> Option<(String, &str)> {
    let negated = text.starts_with(['!', '^']);
    let body = if negated { &text[1..] } else { text };
    // A closing bracket right at the start is a member.
    let mut end = usize::from(body.starts_with(']'));
    loop {
        let next = body[end..].find([']', '['])? + end;
        if body[next..].starts_with("[:") {
            end = body[next..].find(":]")? + next + 2;
        } else if body[next..].starts_with('[') {
            end = next + 1;
        } else {
            end = next;
            break;
        }
    }
    let mut class = String::from(if negated { "[^" } else { "[" });
    let mut rest = &body[..end];
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("[:") {
            let close = rest.find(":]")? + 2;
            class.push_str(&rest[..close]);
            rest = &rest[close..];
            continue;
        }
        match c {
            '-' => class.push('-'),
            c if c.is_alphanumeric() => class.push(c),
            c => class.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
        rest = &rest[c.len_utf8()..];
    }
    // A dash at an end stands for itself.
    let class = class.replace("[-", "[\\-").replace("[^-", "[^\\-");
    let class = class.strip_suffix('-').map_or(class.clone(), |start| format!("{start}\\-"));
    Some((format!("{class}]"), &body[end + 1..]))
}

fn compile(expression: &str) -> Option<Regex> {
    RegexBuilder::new(expression).size_limit(1 << 20).build().ok()
}

/// Whether a whole text is of a pattern.
pub(super) fn matches(pieces: Pieces<'_>, text: &str) -> bool {
    compile(&format!("^(?:{})$", translate(pieces, false))).is_some_and(|pattern| pattern.is_match(text))
}

/// A text without its shortest or longest start, or end, of a pattern.
pub(super) fn strip(pieces: Pieces<'_>, text: &str, operator: &str) -> String {
    let shortest = operator.len() == 1;
    let expression = translate(pieces, shortest);
    if operator.starts_with('#') {
        let found = compile(&format!("^(?:{expression})")).and_then(|pattern| pattern.find(text));
        return found.map_or(text, |found| &text[found.end()..]).to_owned();
    }
    let whole = compile(&format!("^(?:{})$", translate(pieces, false)));
    let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if shortest {
        starts.reverse();
    }
    let fits = |at: &&usize| whole.as_ref().is_some_and(|pattern| pattern.is_match(&text[**at..]));
    starts.iter().find(fits).map_or(text, |at| &text[..*at]).to_owned()
}

/// A text with the first match, or all, replaced.
pub(super) fn replace(pieces: Pieces<'_>, text: &str, with: &str, all: bool) -> String {
    let Some(pattern) = compile(&translate(pieces, false)) else { return text.to_owned() };
    let with = regex::NoExpand(with);
    if all { pattern.replace_all(text, with) } else { pattern.replace(text, with) }.into_owned()
}

/// The entries of a directory whose names are of the pattern that a path ends in.
pub(crate) fn matching(root: &Root, path: &str) -> Vec<RootPath> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("/", path));
    let pieces = [(name.to_owned(), false)];
    let fits = |path: &RootPath| {
        path.file_name()
            .and_then(|name| std::str::from_utf8(name).ok())
            .is_some_and(|name| matches(&pieces, name))
    };
    let folder = RootPath::root().join_as_kernel(folder.as_bytes());
    root.children(&folder).into_iter().map(|(path, _)| path).filter(fits).collect()
}

/// A basic (or extended) regular expression.
pub(super) fn regular(expression: &str, extended: bool, ignore_case: bool) -> Option<Regex> {
    let translated = if extended { expression.to_owned() } else { from_basic(expression) };
    RegexBuilder::new(&translated).case_insensitive(ignore_case).size_limit(1 << 20).build().ok()
}

/// In basic expressions braces, parentheses and bars are plain and become special by a backslash.
fn from_basic(expression: &str) -> String {
    let mut translated = String::new();
    let mut rest = expression;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let Some(next) = rest.chars().next() else { break };
                rest = &rest[next.len_utf8()..];
                match next {
                    '(' | ')' | '{' | '}' | '|' | '+' | '?' => translated.push(next),
                    '<' => translated.push_str("\\b"),
                    '>' => translated.push_str("\\b"),
                    next if next.is_alphanumeric() => translated.extend(['\\', next]),
                    next => translated.push_str(&regex::escape(next.encode_utf8(&mut [0; 4]))),
                }
            }
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => translated.extend(['\\', c]),
            '*' if translated.is_empty() || translated.ends_with("(") || translated == "^" => {
                translated.push_str("\\*");
            }
            '[' => match bracket(rest) {
                Some((class, tail)) => {
                    translated.push_str(&class);
                    rest = tail;
                }
                None => translated.push_str("\\["),
            },
            c => translated.push(c),
        }
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<(String, bool)> {
        vec![(text.to_owned(), false)]
    }

    #[test]
    fn shell_patterns() {
        for (pattern, text, fits) in [
            ("*", "a/b", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[!a-c]x", "dx", true),
            ("[!a-c]x", "bx", false),
            ("[]x]", "]", true),
            ("[[:space:]]", " ", true),
            ("a.c", "abc", false),
            ("[", "[", true),
            ("abort-*|x", "abort-upgrade", false),
        ] {
            assert_eq!(matches(&plain(pattern), text), fits, "{pattern} {text}");
        }
        assert!(!matches(&[("*".into(), true)], "a"));
    }

    #[test]
    fn stripping_and_replacing() {
        let text = "/usr/share/x.tar.gz";
        for (operator, pattern, left) in [
            ("#", "*/", "usr/share/x.tar.gz"),
            ("##", "*/", "x.tar.gz"),
            ("%", ".*", "/usr/share/x.tar"),
            ("%%", ".*", "/usr/share/x"),
            ("%", "none", text),
        ] {
            assert_eq!(strip(&plain(pattern), text, operator), left);
        }
        assert_eq!(replace(&plain("a"), "banana", "$0", true), "b$0n$0n$0");
    }

    #[test]
    fn basic_expressions() {
        for (expression, text, fits) in [
            ("^[[:space:]]*2[[:space:]]*", "   2 a", true),
            ("a\\(b\\)*c", "abbc", true),
            ("a(b)", "a(b)", true),
            ("x\\+", "xx", true),
            ("^x+$", "x+", true),
            ("*a", "*a", true),
            ("a\\{2\\}", "aa", true),
        ] {
            assert_eq!(regular(expression, false, false).unwrap().is_match(text), fits, "{expression}");
        }
    }
}
