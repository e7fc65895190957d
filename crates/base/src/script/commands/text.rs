//! Filters of text.

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};

use super::{Known, Options, plain};
use crate::{
    root::Kind,
    script::{
        pattern::regular,
        shell::{Shell, Streams},
    },
};

pub(super) const COMMANDS: &[Known] = &[
    plain("cat", |shell, words, streams| each(shell, words, streams, ToOwned::to_owned)),
    plain("head", |shell, words, streams| ends(shell, words, streams, true)),
    plain("tail", |shell, words, streams| ends(shell, words, streams, false)),
    plain("grep", |shell, words, streams| grep(shell, words, streams, "")),
    plain("egrep", |shell, words, streams| grep(shell, words, streams, "E")),
    plain("fgrep", |shell, words, streams| grep(shell, words, streams, "F")),
    plain("sed", super::sed::run),
    plain("cut", cut),
    plain("tr", tr),
    plain("sort", sort),
    plain("uniq", uniq),
    plain("wc", wc),
    plain("rev", |shell, words, streams| {
        each(shell, words, streams, |text| lines(text, |line| line.chars().rev().collect()))
    }),
    plain("tac", |shell, words, streams| {
        each(shell, words, streams, |text| text.lines().rev().map(|line| format!("{line}\n")).collect())
    }),
    plain("awk", awk),
    plain("mawk", awk),
    plain("gawk", awk),
    plain("tee", tee),
    plain("basename", basename),
    plain("dirname", dirname),
    plain("md5sum", md5sum),
    plain("cmp", cmp),
    plain("diff", cmp),
    plain("seq", seq),
    plain("fold", |shell, words, streams| each(shell, words, streams, ToOwned::to_owned)),
    plain("fmt", |shell, words, streams| each(shell, words, streams, ToOwned::to_owned)),
];

/// The text of the named files, or of the standard input; `None` when a file is absent.
pub(super) fn input(shell: &Shell<'_, '_>, files: &[String], streams: &Streams) -> Option<String> {
    if files.is_empty() {
        return Some(String::from_utf8_lossy(&streams.rest()).into_owned());
    }
    let mut all = String::new();
    for file in files {
        if file == "-" {
            all.push_str(&String::from_utf8_lossy(&streams.rest()));
        } else {
            all.push_str(&shell.machine.text(&shell.path(file))?);
        }
    }
    Some(all)
}

fn each(shell: &Shell<'_, '_>, words: &[String], streams: &Streams, change: impl Fn(&str) -> String) -> i32 {
    let options = Options::read(words, &["w"]);
    match input(shell, &options.operands, streams) {
        Some(text) => {
            streams.print(change(&text));
            0
        }
        None => 1,
    }
}

fn lines(text: &str, change: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| change(line) + "\n").collect()
}

fn ends(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams, first: bool) -> i32 {
    // `-5` is an old form of `-n 5`.
    let words: Vec<String> = words
        .iter()
        .flat_map(|word| match word.strip_prefix('-') {
            Some(digits) if digits.parse::<usize>().is_ok() => vec!["-n".to_owned(), digits.to_owned()],
            _ => vec![word.clone()],
        })
        .collect();
    let options = Options::read(&words, &["n", "c", "lines", "bytes"]);
    let Some(text) = input(shell, &options.operands, streams) else { return 1 };
    if let Some(count) = options.value(&["c", "bytes"]).and_then(|count| count.parse::<usize>().ok()) {
        let bytes = text.as_bytes();
        let kept = count.min(bytes.len());
        streams.print(if first { &bytes[..kept] } else { &bytes[bytes.len() - kept..] });
        return 0;
    }
    let count = options.value(&["n", "lines"]).unwrap_or("10");
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let kept = match (first, count.strip_prefix('+')) {
        (false, Some(from)) => &all[from.parse::<usize>().unwrap_or(1).saturating_sub(1).min(all.len())..],
        _ => {
            let count = count.parse().unwrap_or(10).min(all.len());
            if first { &all[..count] } else { &all[all.len() - count..] }
        }
    };
    streams.print(kept.concat());
    0
}

fn grep(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams, mode: &str) -> i32 {
    let options = Options::read(words, &["e", "f", "m", "A", "B", "C", "regexp"]);
    let mut files = options.operands.clone();
    let pattern = match options.value(&["e", "regexp"]) {
        Some(pattern) => pattern.to_owned(),
        None if files.is_empty() => return 2,
        None => files.remove(0),
    };
    let mut expression = if mode == "F" || options.has(&["F", "fixed-strings"]) {
        regex::escape(&pattern)
    } else {
        pattern.clone()
    };
    let fixed = mode == "F" || options.has(&["F", "fixed-strings"]);
    let extended = fixed || mode == "E" || options.has(&["E", "P", "extended-regexp"]);
    // Alternatives of a pattern stand on lines of their own.
    expression = expression.replace('\n', if extended { "|" } else { "\\|" });
    let Some(mut expression) = regular(&expression, extended, options.has(&["i", "ignore-case"])) else {
        return 2;
    };
    for (flags, form) in [(["w", "word-regexp"], r"\b(?:PATTERN)\b"), (["x", "line-regexp"], "^(?:PATTERN)$")]
    {
        if options.has(&flags) {
            let wrapped = form.replace("PATTERN", expression.as_str());
            let Some(wrapped) = regular(&wrapped, true, options.has(&["i", "ignore-case"])) else { return 2 };
            expression = wrapped;
        }
    }
    if options.has(&["r", "R", "recursive"]) {
        files = files
            .iter()
            .flat_map(|file| {
                let path = shell.path(file);
                let found = shell
                    .machine
                    .root
                    .below(&path)
                    .filter(|(_, node)| matches!(node.kind, Kind::File { .. }));
                found.filter_map(|(path, _)| path.to_utf8()).collect::<Vec<_>>()
            })
            .collect();
    }
    let quiet = options.has(&["q", "quiet", "silent"]);
    let mut count = 0;
    let named: Vec<Option<&String>> =
        if files.is_empty() { vec![None] } else { files.iter().map(Some).collect() };
    for file in &named {
        let text = match file {
            Some(file) => shell.machine.text(&shell.path(file)),
            None => input(shell, &[], streams),
        };
        let text = text.unwrap_or_default();
        let found =
            text.lines().filter(|line| expression.is_match(line) != options.has(&["v", "invert-match"]));
        let found: Vec<&str> = found.collect();
        count += found.len();
        if quiet || options.has(&["c", "count"]) || found.is_empty() {
            continue;
        }
        let name = file.filter(|_| named.len() > 1 && !options.has(&["h", "no-filename"]));
        if options.has(&["l", "files-with-matches"]) {
            streams.print(format!("{}\n", file.map_or("-", String::as_str)));
            continue;
        }
        for line in found {
            let parts: Vec<&str> = if options.has(&["o", "only-matching"]) {
                expression.find_iter(line).map(|found| found.as_str()).collect()
            } else {
                vec![line]
            };
            for part in parts {
                streams.print(name.map_or(String::new(), |name| format!("{name}:")) + part + "\n");
            }
        }
    }
    if options.has(&["c", "count"]) && !quiet {
        streams.print(format!("{count}\n"));
    }
    i32::from(count == 0)
}

fn cut(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options =
        Options::read(words, &["d", "f", "c", "b", "delimiter", "fields", "characters", "output-delimiter"]);
    let Some(text) = input(shell, &options.operands, streams) else { return 1 };
    let list =
        options.value(&["f", "fields"]).or_else(|| options.value(&["c", "b", "characters"])).unwrap_or("1-");
    let ranges: Vec<(usize, usize)> = list
        .split(',')
        .map(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            (from.parse().unwrap_or(1), to.parse().unwrap_or(usize::MAX))
        })
        .collect();
    let kept = |number: usize| ranges.iter().any(|(from, to)| (*from..=*to).contains(&(number + 1)));
    let delimiter = options.value(&["d", "delimiter"]).unwrap_or("\t").to_owned();
    let by_field = options.has(&["f", "fields"]);
    streams.print(lines(&text, |line| {
        if !by_field {
            return line.chars().enumerate().filter(|(number, _)| kept(*number)).map(|(_, c)| c).collect();
        }
        if !line.contains(&delimiter) {
            return if options.has(&["s"]) { String::new() } else { line.to_owned() };
        }
        let fields =
            line.split(&delimiter).enumerate().filter(|(number, _)| kept(*number)).map(|(_, field)| field);
        fields.collect::<Vec<_>>().join(&delimiter)
    }));
    0
}

fn tr(_: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let complement = options.has(&["c", "C", "complement"]);
    let from = set(options.operands.first().map_or("", String::as_str));
    let to = set(options.operands.get(1).map_or("", String::as_str));
    let input = streams.rest();
    let mut output = String::new();
    let mut last = None;
    for c in String::from_utf8_lossy(&input).chars() {
        let at = from.iter().position(|other| *other == c);
        let hit = at.is_some() != complement;
        if hit && options.has(&["d", "delete"]) {
            continue;
        }
        let c = match (hit, to.last()) {
            (true, Some(end)) if !options.has(&["d"]) => {
                at.and_then(|at| to.get(at)).copied().unwrap_or(*end)
            }
            _ => c,
        };
        if options.has(&["s", "squeeze-repeats"]) && hit && last == Some(c) {
            continue;
        }
        last = Some(c);
        output.push(c);
    }
    streams.print(output);
    0
}

/// The characters of a set of `tr`: ranges, classes, backslash sequences.
fn set(text: &str) -> Vec<char> {
    let text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\000", "\0").replace("\\0", "\0");
    let class = |name: &str| -> Vec<char> {
        let all = (0u8..128).map(char::from);
        match name {
            "upper" => all.filter(char::is_ascii_uppercase).collect(),
            "lower" => all.filter(char::is_ascii_lowercase).collect(),
            "digit" => all.filter(char::is_ascii_digit).collect(),
            "alpha" => all.filter(char::is_ascii_alphabetic).collect(),
            "alnum" => all.filter(char::is_ascii_alphanumeric).collect(),
            "space" => vec![' ', '\t', '\n', '\u{b}', '\u{c}', '\r'],
            "blank" => vec![' ', '\t'],
            "punct" => all.filter(char::is_ascii_punctuation).collect(),
            _ => Vec::new(),
        }
    };
    let mut result = Vec::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix("[:")
            && let Some((name, tail)) = inside.split_once(":]")
        {
            result.extend(class(name));
            rest = tail;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let mut after = rest.chars();
        if let (Some('-'), Some(end)) = (after.next(), after.next()) {
            result.extend(c..=end);
            rest = after.as_str();
        } else {
            result.push(c);
        }
    }
    result
}

fn sort(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["k", "t", "o"]);
    let Some(text) = input(shell, &options.operands, streams) else { return 1 };
    let mut all: Vec<&str> = text.lines().collect();
    if options.has(&["V", "version-sort"]) {
        all.sort_by(|a, b| crate::deb::compare(a, b));
    } else if options.has(&["n", "numeric-sort", "g"]) {
        let number = |line: &str| {
            let line = line.trim_start();
            let end = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
            line[..end].parse::<i64>().unwrap_or(0)
        };
        all.sort_by_key(|line| number(line));
    } else {
        all.sort_unstable();
    }
    if options.has(&["r", "reverse"]) {
        all.reverse();
    }
    if options.has(&["u", "unique"]) {
        all.dedup();
    }
    streams.print(all.iter().map(|line| format!("{line}\n")).collect::<String>());
    0
}

fn uniq(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let Some(text) = input(shell, &options.operands, streams) else { return 1 };
    let mut runs: Vec<(usize, &str)> = Vec::new();
    for line in text.lines() {
        match runs.last_mut() {
            Some((count, last)) if *last == line => *count += 1,
            _ => runs.push((1, line)),
        }
    }
    for (count, line) in runs {
        if (options.has(&["d"]) && count < 2) || (options.has(&["u"]) && count > 1) {
            continue;
        }
        streams.print(if options.has(&["c"]) { format!("{count:7} {line}\n") } else { format!("{line}\n") });
    }
    0
}

fn wc(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let Some(text) = input(shell, &options.operands, streams) else { return 1 };
    let count = if options.has(&["c", "bytes"]) {
        text.len()
    } else if options.has(&["w", "words"]) {
        text.split_whitespace().count()
    } else {
        text.matches('\n').count()
    };
    streams.print(format!("{count}\n"));
    0
}

/// The one thing scripts ask of `awk` in many forms: fields, perhaps of lines that match. Anything else is reported.
fn awk(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["F", "v", "f"]);
    let Some((program, files)) = options.operands.split_first() else { return 2 };
    let form =
        regular(r"^\s*(?:/((?:[^/\\]|\\.)*)/)?\s*\{\s*print\s*((?:\$[0-9]+[\s,]*)*);?\s*\}\s*$", true, false);
    let Some(found) = form.as_ref().and_then(|form| form.captures(program)) else {
        shell.report(format!("awk {program}"));
        return 0;
    };
    let filter = found.get(1).and_then(|pattern| regular(pattern.as_str(), true, false));
    let wanted: Vec<usize> =
        found[2].split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    let Some(text) = input(shell, files, streams) else { return 2 };
    for line in text.lines().filter(|line| filter.as_ref().is_none_or(|filter| filter.is_match(line))) {
        let fields: Vec<&str> = match options.value(&["F"]) {
            Some(separator) => line.split(separator).collect(),
            None => line.split_whitespace().collect(),
        };
        let field = |number: &usize| match number {
            0 => line,
            number => fields.get(number - 1).copied().unwrap_or(""),
        };
        let printed: Vec<&str> =
            if wanted.is_empty() { vec![line] } else { wanted.iter().map(field).collect() };
        streams.print(printed.join(" ") + "\n");
    }
    0
}

fn tee(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &[]);
    let bytes = streams.rest();
    for file in &options.operands {
        let path = shell.path(file);
        let old = shell.machine.text(&path).filter(|_| options.has(&["a", "append"])).unwrap_or_default();
        shell.machine.write(&path, [old.as_bytes(), &bytes].concat());
    }
    streams.print(bytes);
    0
}

fn basename(_: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let options = Options::read(words, &["s"]);
    let Some(path) = options.operands.first() else { return 1 };
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or("/");
    let suffix = options.value(&["s"]).or_else(|| options.operands.get(1).map(String::as_str)).unwrap_or("");
    streams.print(format!("{}\n", name.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(name)));
    0
}

fn dirname(_: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    for path in words.iter().filter(|word| !word.starts_with('-')) {
        let parent = match path.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => "/",
            Some((parent, _)) => parent,
            None => ".",
        };
        streams.print(format!("{parent}\n"));
    }
    0
}

fn md5sum(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let hex = |bytes: &[u8]| Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let files: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    if files.is_empty() {
        streams.print(format!("{}  -\n", hex(&streams.rest())));
        return 0;
    }
    let mut status = 0;
    for file in files {
        match shell.machine.store.file(&shell.machine.root, &shell.path(file)) {
            Some(bytes) => streams.print(format!("{}  {file}\n", hex(&bytes))),
            None => status = 1,
        }
    }
    status
}

fn cmp(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let files: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let bytes = |file: &String| shell.machine.store.file(&shell.machine.root, &shell.path(file));
    match files[..] {
        [a, b] => match (bytes(a), bytes(b)) {
            (Some(a), Some(b)) => i32::from(a != b),
            _ => 2,
        },
        _ => 2,
    }
}

fn seq(_: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let numbers: BTreeMap<usize, i64> =
        words.iter().enumerate().filter_map(|(at, word)| Some((at, word.parse().ok()?))).collect();
    let (first, last) = match (numbers.get(&0), numbers.get(&1)) {
        (Some(last), None) => (1, *last),
        (Some(first), Some(last)) => (*first, *last),
        _ => return 1,
    };
    for number in (first..=last).take(100_000) {
        streams.print(format!("{number}\n"));
    }
    0
}
