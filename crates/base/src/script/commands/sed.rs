//! `sed` (POSIX.1-2024) as far as maintainer scripts use it: `s`, `d`, `p`, `q`, `a`, `i`, `c` with addresses.

use regex::Regex;

use super::Options;
use crate::script::{
    pattern::regular,
    shell::{Shell, Streams},
};

struct Edit {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
    /// Whether a range is open.
    open: bool,
}

enum Address {
    Line(usize),
    Last,
    Match(Regex),
}

enum Action {
    Substitute { pattern: Regex, with: String, all: bool, print: bool },
    Delete,
    Print,
    Quit,
    Append(String),
    Insert(String),
    Change(String),
}

pub(super) fn run(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    // `-i.bak` has its value attached, and alone it has none.
    let words: Vec<String> = words
        .iter()
        .map(|word| if word.starts_with("-i") { "-i".to_owned() } else { word.clone() })
        .collect();
    let options = Options::read(&words, &["e", "expression", "f"]);
    let mut files = options.operands.clone();
    let mut programs: Vec<String> = options
        .flags
        .iter()
        .filter(|(flag, _)| flag == "e" || flag == "expression")
        .filter_map(|(_, value)| value.clone())
        .collect();
    if programs.is_empty() {
        if files.is_empty() {
            return 1;
        }
        programs.push(files.remove(0));
    }
    let extended = options.has(&["E", "r", "regexp-extended"]);
    let mut edits = Vec::new();
    for program in &programs {
        if parse(program, extended, &mut edits).is_none() {
            shell.report(format!("sed {program}"));
            return 0;
        }
    }
    let quiet = options.has(&["n", "quiet", "silent"]);
    if options.has(&["i", "in-place"]) {
        for file in &files {
            let path = shell.path(file);
            let Some(text) = shell.machine.text(&path) else { return 2 };
            let text = apply(&mut edits, &text, quiet);
            shell.machine.write(&path, text.into_bytes());
        }
        return 0;
    }
    match super::text::input(shell, &files, streams) {
        Some(text) => {
            streams.print(apply(&mut edits, &text, quiet));
            0
        }
        None => 2,
    }
}

fn apply(edits: &mut [Edit], text: &str, quiet: bool) -> String {
    let mut output = String::new();
    let all: Vec<&str> = text.lines().collect();
    for (number, line) in all.iter().enumerate() {
        let is_last = number + 1 == all.len();
        let mut line = (*line).to_owned();
        let mut after = String::new();
        let (mut deleted, mut quit) = (false, false);
        for edit in edits.iter_mut() {
            if !edit.selects(number + 1, is_last, &line) {
                continue;
            }
            match &edit.action {
                Action::Substitute { pattern, with, all, print } => {
                    let limit = usize::from(!*all);
                    let replaced = pattern.replacen(&line, limit, with.as_str()).into_owned();
                    if *print && replaced != line {
                        output.push_str(&replaced);
                        output.push('\n');
                    }
                    line = replaced;
                }
                Action::Delete => deleted = true,
                Action::Print => {
                    output.push_str(&line);
                    output.push('\n');
                }
                Action::Quit => quit = true,
                Action::Append(text) => after.push_str(text),
                Action::Insert(text) => output.push_str(text),
                Action::Change(text) => {
                    output.push_str(text);
                    deleted = true;
                }
            }
            if deleted || quit {
                break;
            }
        }
        if !deleted && !quiet {
            output.push_str(&line);
            output.push('\n');
        }
        output.push_str(&after);
        if quit {
            break;
        }
    }
    output
}

impl Edit {
    fn selects(&mut self, number: usize, is_last: bool, line: &str) -> bool {
        let fits = |address: &Address| match address {
            Address::Line(wanted) => *wanted == number,
            Address::Last => is_last,
            Address::Match(pattern) => pattern.is_match(line),
        };
        let selected = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => fits(from),
            (Some(from), Some(to)) => {
                if self.open {
                    self.open = !fits(to);
                    true
                } else {
                    let begins = fits(from);
                    // A line number that has passed ends the range at once.
                    self.open = begins && !matches!(to, Address::Line(line) if *line <= number);
                    begins
                }
            }
        };
        selected != self.negated
    }
}

fn parse(program: &str, extended: bool, edits: &mut Vec<Edit>) -> Option<()> {
    let mut rest = program;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', ';']);
        if rest.is_empty() {
            return Some(());
        }
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        let from = address(&mut rest, extended)?;
        let mut to = None;
        if from.is_some() && rest.starts_with(',') {
            rest = &rest[1..];
            to = address(&mut rest, extended)?;
        }
        rest = rest.trim_start();
        let negated = rest.starts_with('!');
        rest = rest.trim_start_matches(['!', ' ']);
        let action = rest.chars().next()?;
        rest = &rest[action.len_utf8()..];
        let action = match action {
            's' => substitution(&mut rest, extended)?,
            'd' => Action::Delete,
            'p' => Action::Print,
            'q' => Action::Quit,
            'a' | 'i' | 'c' => {
                let text = rest.trim_start_matches(['\\', ' ', '\t', '\n']).to_owned() + "\n";
                rest = "";
                match action {
                    'a' => Action::Append(text),
                    'i' => Action::Insert(text),
                    _ => Action::Change(text),
                }
            }
            _ => return None,
        };
        edits.push(Edit { from, to, negated, action, open: false });
    }
}

#[expect(clippy::option_option, reason = "no address, and a broken one")]
fn address(rest: &mut &str, extended: bool) -> Option<Option<Address>> {
    let text = rest.trim_start();
    if let Some(tail) = text.strip_prefix('$') {
        *rest = tail;
        return Some(Some(Address::Last));
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if digits > 0 {
        *rest = &text[digits..];
        return Some(Some(Address::Line(text[..digits].parse().ok()?)));
    }
    let text = text.strip_prefix('\\').unwrap_or(text);
    if text.starts_with('/') || text.len() < rest.trim_start().len() {
        let delimiter = text.chars().next()?;
        let (pattern, tail) = delimited(&text[delimiter.len_utf8()..], delimiter)?;
        *rest = tail.trim_start_matches('I');
        return Some(Some(Address::Match(regular(&pattern, extended, tail.starts_with('I'))?)));
    }
    Some(None)
}

/// The text up to an unescaped delimiter, which loses its backslash inside.
fn delimited(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut result = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => match characters.next()?.1 {
                next if next == delimiter => result.push(next),
                next => result.extend(['\\', next]),
            },
            c if c == delimiter => return Some((result, &text[at + c.len_utf8()..])),
            // A delimiter inside brackets is plain.
            '[' if is_class(&text[at..], delimiter) => {
                result.push(c);
                let length = text[at..].find(']').unwrap_or(0);
                for (place, c) in characters.by_ref() {
                    result.push(c);
                    if place >= at + length {
                        break;
                    }
                }
            }
            c => result.push(c),
        }
    }
    None
}

/// Whether a bracket begins a class that holds the delimiter, as in `s/[/]/-/`.
fn is_class(text: &str, delimiter: char) -> bool {
    let inside = text[1..].strip_prefix('^').unwrap_or(&text[1..]);
    inside.starts_with(delimiter) && inside[delimiter.len_utf8()..].starts_with(']')
}

fn substitution(rest: &mut &str, extended: bool) -> Option<Action> {
    let delimiter = rest.chars().next()?;
    let (pattern, tail) = delimited(&rest[delimiter.len_utf8()..], delimiter)?;
    let (with, tail) = delimited(tail, delimiter)?;
    let flags = tail.find(|c: char| !"gpIi0123456789".contains(c)).unwrap_or(tail.len());
    let (flags, tail) = tail.split_at(flags);
    *rest = tail;
    Some(Action::Substitute {
        pattern: regular(&pattern, extended, flags.contains(['I', 'i']))?,
        with: replacement(&with),
        all: flags.contains('g'),
        print: flags.contains('p'),
    })
}

/// `\1` and `&` as the `regex` crate writes them.
fn replacement(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '&' => result.push_str("${0}"),
            '$' => result.push_str("$$"),
            '\\' => match characters.next() {
                Some(digit) if digit.is_ascii_digit() => result.push_str(&format!("${{{digit}}}")),
                Some('n') => result.push('\n'),
                Some('t') => result.push('\t'),
                Some('$') => result.push_str("$$"),
                Some(c) => result.push(c),
                None => {}
            },
            c => result.push(c),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scripts_write() {
        for (program, extended, input, output) in [
            ("s/^[[:space:]]*//", false, "  a\n", "a\n"),
            ("s/^ssl =.*/ssl = on/", false, "x\nssl = off\n", "x\nssl = on\n"),
            ("s|a/b|c|g", false, "a/b a/b\n", "c c\n"),
            ("/^#/d", false, "#x\ny\n", "y\n"),
            ("2,3d", false, "1\n2\n3\n4\n", "1\n4\n"),
            ("/a/,/c/d", false, "0\na\nb\nc\nd\n", "0\nd\n"),
            ("s/\\(a*\\)b/[\\1]&/", false, "aab\n", "[aa]aab\n"),
            ("s/(a+)b/<\\1>/", true, "aab\n", "<aa>\n"),
            ("$d", false, "1\n2\n", "1\n"),
            ("s/ .*//;s/x/$y/", false, "x z\n", "$y\n"),
            ("/b/!d", false, "a\nb\n", "b\n"),
            ("s/[/]/-/", false, "a/b\n", "a-b\n"),
        ] {
            let mut edits = Vec::new();
            parse(program, extended, &mut edits).unwrap_or_else(|| panic!("{program}"));
            assert_eq!(apply(&mut edits, input, false), output, "{program}");
        }
        let mut edits = Vec::new();
        parse("s/^Vendor: *\\([^ ]\\+\\) */\\1/p", false, &mut edits).unwrap();
        assert_eq!(apply(&mut edits, "a\nVendor: Debian\n", true), "Debian\n");
        assert!(parse("y/a/b/", false, &mut Vec::new()).is_none());
    }
}
