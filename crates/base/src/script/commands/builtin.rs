//! Commands of the shell itself.

use super::{Known, executable, find, plain, system, test::test};
use crate::script::shell::{Shell, Streams};

pub(super) const COMMANDS: &[Known] = &[
    plain(":", |_, _, _| 0),
    plain("true", |_, _, _| 0),
    plain("false", |_, _, _| 1),
    plain("trap", |_, _, _| 0),
    plain("wait", |_, _, _| 0),
    plain("sync", |_, _, _| 0),
    plain("sleep", |_, _, _| 0),
    plain("hash", |_, _, _| 0),
    plain("alias", |_, _, _| 0),
    plain("getopts", |_, _, _| 1),
    plain("ulimit", |_, _, _| 0),
    plain("test", |shell, words, _| i32::from(!test(shell, words))),
    plain("[", bracket),
    plain("[[", bracket),
    plain("echo", echo),
    plain("printf", printf),
    plain("read", read),
    plain("set", set),
    plain("shift", shift),
    plain("export", export),
    plain("readonly", export),
    plain("local", export),
    plain("declare", export),
    plain("typeset", export),
    plain("unset", unset),
    plain("umask", umask),
    plain("cd", cd),
    plain("pwd", pwd),
    plain("command", lookup),
    plain("which", lookup),
    plain("type", lookup),
    plain("expr", expr),
    plain("let", |shell, words, _| {
        i32::from(words.iter().map(|word| shell.arithmetic(word)).next_back() == Some(0))
    }),
    plain("uname", uname),
    plain("id", super::account::id),
    plain("mktemp", super::file::mktemp),
    plain("tempfile", super::file::mktemp),
    plain("xargs", xargs),
    plain("date", |_, _, _| 0),
    plain("hostname", |_, _, _| 0),
    plain("nproc", |_, _, streams| {
        streams.print("1\n");
        0
    }),
];

fn bracket(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    match words.split_last() {
        Some((last, words)) if last == "]" || last == "]]" => i32::from(!test(shell, words)),
        _ => 2,
    }
}

fn echo(_: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let (newline, words) = match words.split_first() {
        Some((first, rest)) if first == "-n" => (false, rest),
        Some((first, rest)) if first == "-e" => (true, rest),
        _ => (true, words),
    };
    streams.print(escapes(&words.join(" ")));
    if newline {
        streams.print("\n");
    }
    0
}

/// Backslash sequences as `echo` of a POSIX shell and `printf` read them.
fn escapes(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            result.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('\\') => result.push('\\'),
            Some('0') => result.push('\0'),
            Some(c) => result.extend(['\\', c]),
            None => result.push('\\'),
        }
    }
    result
}

fn printf(_: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let words = words.strip_prefix(&["--".to_owned()]).unwrap_or(words);
    let Some((format, arguments)) = words.split_first() else { return 2 };
    let mut arguments = arguments.iter();
    // The format is used again as long as arguments are left.
    for _ in 0..10_000 {
        let left = arguments.len();
        let mut rest = format.as_str();
        while let Some(at) = rest.find('%') {
            streams.print(escapes(&rest[..at]));
            rest = &rest[at + 1..];
            let end = rest.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(rest.len());
            let conversion = rest[end..].chars().next();
            let width: usize =
                rest[..end].trim_start_matches(['-', '0', '+', ' ']).parse().unwrap_or(0).min(4096);
            let (left_adjusted, zeros) = (rest.starts_with('-'), rest.starts_with('0'));
            rest = rest.get(end + 1..).unwrap_or("");
            if conversion == Some('%') {
                streams.print("%");
                continue;
            }
            let argument = arguments.next().map_or("", String::as_str);
            let text = match conversion {
                Some('b') => escapes(argument),
                Some('d' | 'i' | 'u') => argument.parse::<i64>().unwrap_or(0).to_string(),
                Some('o') => format!("{:o}", argument.parse::<i64>().unwrap_or(0)),
                Some('x') => format!("{:x}", argument.parse::<i64>().unwrap_or(0)),
                _ => argument.to_owned(),
            };
            streams.print(if left_adjusted {
                format!("{text:<width$}")
            } else if zeros {
                format!("{text:0>width$}")
            } else {
                format!("{text:>width$}")
            });
        }
        streams.print(escapes(rest));
        if arguments.len() == 0 || arguments.len() == left {
            break;
        }
    }
    0
}

fn read(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let Some((line, ended)) = streams.line() else {
        for name in names {
            shell.variables.insert(name.clone(), String::new());
        }
        return 1;
    };
    let separators = shell.parameter("IFS").unwrap_or_else(|| " \t\n".to_owned());
    let blank = |c: char| separators.contains(c) && c.is_whitespace();
    let mut rest = line.trim_matches(blank);
    for (number, name) in names.iter().enumerate() {
        let end = rest.find(|c| separators.contains(c)).filter(|_| number + 1 < names.len());
        let (value, tail) = match end {
            Some(end) => (&rest[..end], rest[end + 1..].trim_start_matches(blank)),
            None => (rest, ""),
        };
        shell.variables.insert((*name).clone(), value.to_owned());
        rest = tail;
    }
    i32::from(!ended)
}

fn set(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    // Options change how a shell fails, and nothing fails here.
    if let Some(start) = words.iter().position(|word| word == "--") {
        shell.positional = words[start + 1..].to_vec();
    } else if words.first().is_some_and(|word| !word.starts_with(['-', '+'])) {
        shell.positional = words.to_vec();
    }
    0
}

fn shift(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let count = words.first().and_then(|word| word.parse().ok()).unwrap_or(1);
    if count > shell.positional.len() {
        return 1;
    }
    shell.positional.drain(..count);
    0
}

fn export(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        match word.split_once('=') {
            Some((name, value)) => shell.variables.insert(name.to_owned(), value.to_owned()),
            None => None,
        };
    }
    0
}

fn unset(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    for word in words {
        if words.first().is_some_and(|first| first == "-f") {
            shell.functions.remove(word);
        } else {
            shell.variables.remove(word);
        }
    }
    0
}

fn umask(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    match words.first().map(|word| u32::from_str_radix(word, 8)) {
        Some(Ok(mask)) => shell.umask = mask & 0o777,
        Some(Err(_)) => return 1,
        None => streams.print(format!("{:04o}\n", shell.umask)),
    }
    0
}

fn cd(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let target = words.iter().find(|word| !word.starts_with('-')).map_or("/root", String::as_str);
    let path = shell.path(target);
    match shell.machine.root.resolve(&path, true).filter(|path| shell.machine.root.is_directory(path)) {
        Some(path) => {
            shell.directory = path;
            0
        }
        None => 1,
    }
}

fn pwd(shell: &mut Shell<'_, '_>, _: &[String], streams: &Streams) -> i32 {
    streams.print(shell.directory.to_utf8().unwrap_or_default());
    streams.print("\n");
    0
}

/// `command -v`, `which` and `type`: what can be called, be it of the set or of the root.
fn lookup(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let mut status = 0;
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        if let Some(path) = executable(shell, word) {
            streams.print(path.to_utf8().unwrap_or_default());
            streams.print("\n");
        } else if shell.functions.contains_key(word)
            || (find(word).is_some() && !system::needs_its_program(word))
        {
            streams.print(format!("{word}\n"));
        } else {
            status = 1;
        }
    }
    status
}

fn expr(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        [text, ":", pattern] | ["match", text, pattern] => {
            let pattern = crate::script::pattern::regular(&format!("^{pattern}"), false, false);
            match pattern.and_then(|pattern| pattern.captures(text)) {
                Some(found) if found.len() > 1 => {
                    found.get(1).map_or(String::new(), |found| found.as_str().to_owned())
                }
                Some(found) => found[0].chars().count().to_string(),
                None => "0".to_owned(),
            }
        }
        [left, operator @ ("=" | "!="), right] => i32::from((left == right) == (operator == "=")).to_string(),
        _ => shell.arithmetic(&words.join(" ")).to_string(),
    };
    let is_null = result.is_empty() || result == "0";
    streams.print(format!("{result}\n"));
    i32::from(is_null)
}

fn uname(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let machine = match shell.machine.architecture {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    };
    // No kernel is known: an image runs on many.
    streams.print(match words.first().map(String::as_str) {
        Some("-m") => format!("{machine}\n"),
        Some("-r" | "-v") => "6.1.0\n".to_owned(),
        _ => "Linux\n".to_owned(),
    });
    0
}

fn xargs(shell: &mut Shell<'_, '_>, words: &[String], streams: &Streams) -> i32 {
    let words: Vec<String> = words.iter().skip_while(|word| word.starts_with('-')).cloned().collect();
    let input = streams.rest();
    let text = String::from_utf8_lossy(&input);
    let more: Vec<String> = text.split(|c: char| c.is_whitespace() || c == '\0').map(str::to_owned).collect();
    let more: Vec<String> = more.into_iter().filter(|word| !word.is_empty()).collect();
    if more.is_empty() {
        return 0;
    }
    let words: Vec<String> = if words.is_empty() { vec!["echo".to_owned()] } else { words };
    shell.call(&[words, more].concat(), streams);
    shell.status
}
