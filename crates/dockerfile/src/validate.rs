//! What BuildKit refuses although it can be read (BuildKit `instructions/parse.go` and `instructions/bflag.go`).

use std::ops::Range;

use crate::{Arguments, Flag, Form, Instruction, Keyword, Mount, Problem, ProblemKind, Word, heredoc};

/// What the value of a flag is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing, or `true` or `false`.
    Boolean,
    /// One text.
    Text,
    /// A text, as often as it is given.
    Texts,
}

/// The flags of an instruction.
const fn flags(keyword: Keyword) -> &'static [(&'static str, Takes)] {
    use Takes::{Boolean, Text, Texts};
    match keyword {
        Keyword::Add => &[
            ("chown", Text),
            ("chmod", Text),
            ("link", Boolean),
            ("keep-git-dir", Boolean),
            ("checksum", Text),
            ("unpack", Boolean),
            ("exclude", Texts),
        ],
        Keyword::Copy => &[
            ("chown", Text),
            ("from", Text),
            ("chmod", Text),
            ("link", Boolean),
            ("exclude", Texts),
            ("parents", Boolean),
        ],
        Keyword::From => &[("platform", Text)],
        Keyword::Run => &[("mount", Texts), ("network", Text), ("security", Text), ("device", Texts)],
        Keyword::Healthcheck => &[
            ("interval", Text),
            ("timeout", Text),
            ("start-period", Text),
            ("start-interval", Text),
            ("retries", Text),
        ],
        _ => &[],
    }
}

/// Adds what BuildKit would refuse in an instruction that was read.
pub(crate) fn instruction(instruction: &Instruction, problems: &mut Vec<Problem>) {
    let name = || instruction.name.text.to_ascii_uppercase();
    let mut add = |range: Range<usize>, kind: ProblemKind| problems.push(Problem { kind, range });
    match instruction.keyword {
        // BuildKit never looks at the flags of these.
        Keyword::Unknown | Keyword::Arg | Keyword::Stopsignal => {}
        Keyword::Healthcheck if is_none(instruction) => {}
        keyword => {
            for (range, kind) in broken_flags(keyword, &name(), &instruction.flags) {
                add(range, kind);
            }
        }
    }
    match (instruction.keyword, &instruction.arguments) {
        (Keyword::From, Arguments::Words(words)) => {
            if let Some((range, kind)) = from(words) {
                add(range, kind);
            }
        }
        (Keyword::Add | Keyword::Copy, Arguments::Words(words)) => match words.as_slice() {
            [only] => add(only.range.clone(), ProblemKind::NoDestination(name())),
            [.., last] if heredoc::opener(&last.text).is_some() => {
                add(last.range.clone(), ProblemKind::NoDestination(name()));
            }
            _ => {}
        },
        (Keyword::Env | Keyword::Label | Keyword::Arg, Arguments::Pairs { pairs, .. }) => {
            for pair in pairs.iter().filter(|pair| pair.name.text.is_empty()) {
                add(pair.name.range.clone(), ProblemKind::BlankName(name()));
            }
        }
        (Keyword::Volume, Arguments::Words(words)) => {
            for word in words.iter().filter(|word| word.text.trim().is_empty()) {
                add(word.range.clone(), ProblemKind::EmptyVolume);
            }
        }
        (Keyword::Shell, Arguments::Command(Form::Exec(words))) if words.is_empty() => {
            add(instruction.range.clone(), ProblemKind::NoArgument(name()));
        }
        (Keyword::Healthcheck, Arguments::Healthcheck { kind, command }) => {
            if let Some(kind) = healthcheck(instruction, kind, command.as_ref()) {
                add(instruction.range.clone(), kind);
            }
        }
        (Keyword::Run, _) => {
            for flag in &instruction.flags {
                if let Some(kind) = run_flag(flag) {
                    add(flag.range.clone(), kind);
                }
            }
        }
        _ => {}
    }
}

fn is_none(instruction: &Instruction) -> bool {
    matches!(&instruction.arguments, Arguments::Healthcheck { kind, .. } if kind.text.eq_ignore_ascii_case("NONE"))
}

fn broken_flags(keyword: Keyword, instruction: &str, given: &[Flag]) -> Vec<(Range<usize>, ProblemKind)> {
    let known = flags(keyword);
    let mut found = Vec::new();
    for (at, flag) in given.iter().enumerate() {
        let Some((name, takes)) = known.iter().find(|(name, _)| *name == flag.name) else {
            let (instruction, flag_name) = (instruction.to_owned(), flag.name.clone());
            found.push((flag.range.clone(), ProblemKind::UnknownFlag { instruction, flag: flag_name }));
            continue;
        };
        let repeated = *takes != Takes::Texts && given[..at].iter().any(|other| other.name == flag.name);
        let text = flag.value.as_ref().map(Word::unquoted);
        let reason = match (takes, text.as_deref()) {
            _ if repeated => "is given twice",
            (Takes::Text | Takes::Texts, None) | (Takes::Boolean, Some("")) => "has no value",
            (Takes::Boolean, Some(text)) if !["true", "false"].contains(&&*text.to_ascii_lowercase()) => {
                "is neither true nor false"
            }
            _ => continue,
        };
        found.push((flag.range.clone(), ProblemKind::BadFlag { flag: (*name).to_owned(), reason }));
    }
    found
}

fn from(words: &[Word]) -> Option<(Range<usize>, ProblemKind)> {
    match words {
        [_, keyword, name] if keyword.text.eq_ignore_ascii_case("AS") => {
            let plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
            let lower = name.text.to_lowercase();
            let valid = lower.starts_with(|c: char| c.is_ascii_lowercase()) && lower.chars().all(plain);
            (!valid).then(|| (name.range.clone(), ProblemKind::BadStageName(name.text.clone())))
        }
        [_] => None,
        [first, .., last] => Some((first.range.start..last.range.end, ProblemKind::FromArguments)),
        [] => None,
    }
}

fn healthcheck(instruction: &Instruction, kind: &Word, command: Option<&Form>) -> Option<ProblemKind> {
    if is_none(instruction) {
        let alone = instruction.body.text.trim().len() == kind.text.len();
        return (!alone).then_some(ProblemKind::BadHealthcheck("NONE takes no arguments"));
    }
    match command {
        None => return Some(ProblemKind::BadHealthcheck("neither CMD nor NONE follows")),
        Some(Form::Shell(text)) if text.text.is_empty() => {
            return Some(ProblemKind::BadHealthcheck("no command follows CMD"));
        }
        Some(Form::Exec(words)) if words.is_empty() => {
            return Some(ProblemKind::BadHealthcheck("no command follows CMD"));
        }
        Some(_) => {}
    }
    for flag in &instruction.flags {
        let Some(value) = flag.value.as_ref().map(Word::unquoted).filter(|value| !value.is_empty()) else {
            continue;
        };
        if flag.name == "retries" {
            if value.parse::<i32>().map_or(true, |retries| retries < 0) {
                return Some(ProblemKind::BadHealthcheck("the number of retries is none"));
            }
        } else if !is_duration(&value) {
            return Some(ProblemKind::BadHealthcheck("a duration is none, such as 30s or 1m30s"));
        }
    }
    None
}

/// Whether a text is a duration as Go reads it, and zero or at least a millisecond.
fn is_duration(text: &str) -> bool {
    if text == "0" {
        return true;
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let Ok(number) = rest[..digits].parse::<f64>() else { return false };
        rest = &rest[digits..];
        let units = [
            ("ns", 1.0),
            ("us", 1e3),
            ("µs", 1e3),
            ("μs", 1e3),
            ("ms", 1e6),
            ("s", 1e9),
            ("m", 6e10),
            ("h", 3.6e12),
        ];
        let Some((unit, scale)) = units.iter().find(|(unit, _)| rest.starts_with(unit)) else { return false };
        nanoseconds += number * scale;
        rest = &rest[unit.len()..];
    }
    !text.is_empty() && (nanoseconds == 0.0 || nanoseconds >= 1e6)
}

/// What is wrong with the value of a flag of `RUN`; values with variables are known only to the build.
fn run_flag(flag: &Flag) -> Option<ProblemKind> {
    let value = flag.value.as_ref().map(Word::unquoted)?;
    let bad = |reason| Some(ProblemKind::BadFlag { flag: flag.name.clone(), reason });
    match flag.name.as_str() {
        "network" if !["default", "none", "host"].contains(&&*value) => bad("is not default, none or host"),
        "security" if !["insecure", "sandbox"].contains(&&*value) => bad("is not insecure or sandbox"),
        "mount" => {
            let from = Mount::of(flag)?.from?;
            let variable = from.text.find('$').is_some_and(|at| at + 1 < from.text.len());
            if variable { bad("takes no variable in from; name a stage instead") } else { None }
        }
        _ => None,
    }
}
