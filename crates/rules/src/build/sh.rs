//! Which shell runs a step, as far as the file says it.

use casehard_dockerfile::shell;

use super::{Found, ImageName, Input, Step, insert};

/// Which shell runs a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sh {
    /// Debian's `sh`.
    Dash,
    /// Alpine's `sh`.
    Ash,
    Bash,
    Unknown,
}

/// Official images that stand on Debian or Ubuntu unless the tag says otherwise.
const ON_DEBIAN: [&str; 14] = [
    "debian",
    "ubuntu",
    "buildpack-deps",
    "python",
    "node",
    "golang",
    "rust",
    "gcc",
    "ruby",
    "php",
    "perl",
    "nginx",
    "httpd",
    "eclipse-temurin",
];

/// Words in the names of images that stand on Red Hat's packages.
const RED_HAT: [&str; 8] =
    ["oraclelinux", "centos", "fedora", "rockylinux", "almalinux", "amazonlinux", "/ubi", "photon"];

impl<'a> Input<'a> {
    /// The steps that a POSIX shell reads: on Windows nothing need say so but the escape and the base.
    pub(crate) fn shell_steps(&self) -> impl Iterator<Item = &Step<'a>> {
        let escapes = self.document.escape() == casehard_dockerfile::Escape::Backtick;
        self.steps.iter().filter(move |step| {
            let windows = ["windows", "nanoserver", "servercore"];
            let is_windows = |image: &str| windows.iter().any(|word| image.contains(word));
            !step.is_exec && !escapes && !self.image_below(step.stage).is_some_and(is_windows)
        })
    }

    /// The shell of a step, by its here-document's first line, by `SHELL`, and by what the image is made of.
    pub(crate) fn shell_of(&self, step: &Step<'_>) -> Sh {
        if step.is_exec {
            return Sh::Unknown;
        }
        let state = self.model.state(step.index);
        let named = step.interpreter.as_deref().or_else(|| state.shell.as_ref()?.first().map(String::as_str));
        match named.map(|name| name.rsplit('/').next().unwrap_or(name)) {
            Some("sh") | None => self.image_below(step.stage).map_or(Sh::Unknown, |image| {
                // The image itself, where it was given, before its name.
                self.settings.evidence.shell_of(image).map_or_else(|| Sh::of_image(image), Sh::of_program)
            }),
            Some(name) => Sh::of_program(name),
        }
    }
}

impl Sh {
    /// A shell by the name of its program.
    fn of_program(name: &str) -> Self {
        match name {
            "bash" => Self::Bash,
            "dash" => Self::Dash,
            "busybox" | "ash" => Self::Ash,
            _ => Self::Unknown,
        }
    }

    /// What `/bin/sh` is in an image, when its name says it.
    fn of_image(image: &str) -> Self {
        let name = ImageName::parse(image);
        let tag = name.tag.unwrap_or_default();
        let path = name.path.strip_prefix("library/").unwrap_or(name.path);
        let of_debian =
            ["slim", "bookworm", "bullseye", "trixie", "jammy", "noble", "focal", "debian", "ubuntu"];
        let has_part = |word: &str| tag.split('-').any(|part| part.starts_with(word));
        if name.base() == "alpine" || tag.contains("alpine") {
            Self::Ash
        } else if RED_HAT
            .iter()
            .any(|word| name.path.contains(word) || has_part(word.trim_start_matches('/')))
        {
            // Its sh is bash; `slim` means nothing else there.
            Self::Bash
        } else if of_debian.iter().any(|word| tag.contains(word))
            || (name.registry.is_none() && ON_DEBIAN.contains(&path) && is_plain(tag))
        {
            Self::Dash
        } else {
            Self::Unknown
        }
    }
}

/// Whether a tag has no word for another distribution or system.
fn is_plain(tag: &str) -> bool {
    let others = ["windows", "nanoserver", "ubi", "oracle", "perl", "otel", "centos", "fedora", "$"];
    !others.iter().any(|word| tag.contains(word))
}

/// What interprets a here-document: its first line, or the command that it is given to.
pub(super) fn interpreter(content: &str, command: Option<&str>) -> Option<String> {
    let line = content.lines().next().and_then(|line| line.strip_prefix("#!"));
    let named = line.and_then(|line| {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        if first.ends_with("/env") { words.find(|word| !word.starts_with('-')) } else { Some(first) }
    });
    named.or(command).map(str::to_owned)
}

/// What begins an expansion inside a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expanded<'a> {
    /// `$name` or `${name…}`: the name.
    Variable(&'a str),
    /// `$(…)`
    Substitution,
    /// `` `…` ``
    Backticks,
    /// What has no blanks in it: `$((…))`, `$?`, `${#name}`.
    Number,
}

/// An expansion in a word as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expansion<'a> {
    pub(crate) range: std::ops::Range<usize>,
    /// Whether it stands in double quotes.
    pub(crate) quoted: bool,
    pub(crate) what: Expanded<'a>,
}

/// The expansions of a word as it is written, outermost only.
pub(crate) fn expansions(raw: &str) -> Vec<Expansion<'_>> {
    let bytes = raw.as_bytes();
    let (mut at, mut quoted, mut found) = (0, false, Vec::new());
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let what = match byte {
            b'\\' => {
                at += 2;
                continue;
            }
            b'"' => {
                quoted = !quoted;
                at += 1;
                continue;
            }
            b'\'' if !quoted => {
                at = end_of(bytes, at + 1, b'\'');
                continue;
            }
            b'`' => {
                at = end_of(bytes, at + 1, b'`');
                Expanded::Backticks
            }
            b'$' => {
                let (what, end) = dollar(raw, at);
                at = end;
                match what {
                    Some(what) => what,
                    None => continue,
                }
            }
            _ => {
                at += 1;
                continue;
            }
        };
        found.push(Expansion { range: start..at.min(raw.len()), quoted, what });
    }
    found
}

/// Behind the byte that ends what began, escapes passed over.
fn end_of(bytes: &[u8], mut at: usize, end: u8) -> usize {
    while let Some(&byte) = bytes.get(at) {
        at += if byte == b'\\' && end != b'\'' { 2 } else { 1 };
        if byte == end {
            break;
        }
    }
    at.min(bytes.len())
}

/// What a dollar sign begins, and where that ends.
fn dollar(raw: &str, at: usize) -> (Option<Expanded<'_>>, usize) {
    let rest = &raw[at + 1..];
    let name_length =
        |text: &str| text.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count();
    match rest.as_bytes().first() {
        Some(b'(') => {
            let end = closing(raw.as_bytes(), at + 1, b'(', b')');
            let what = if rest.starts_with("((") { Expanded::Number } else { Expanded::Substitution };
            (Some(what), end)
        }
        Some(b'{') => {
            let end = closing(raw.as_bytes(), at + 1, b'{', b'}');
            let length = name_length(&rest[1..]);
            let what = if length == 0 { Expanded::Number } else { Expanded::Variable(&rest[1..=length]) };
            (Some(what), end)
        }
        Some(b'?' | b'#' | b'$' | b'!' | b'-') => (Some(Expanded::Number), at + 2),
        Some(b'@' | b'*') => (Some(Expanded::Variable(&rest[..1])), at + 2),
        Some(byte) if byte.is_ascii_digit() => (Some(Expanded::Variable(&rest[..1])), at + 2),
        _ => {
            let length = name_length(rest);
            ((length > 0).then(|| Expanded::Variable(&rest[..length])), at + 1 + length)
        }
    }
}

/// Behind the bracket that closes the one at a place; quotes and escapes are respected.
fn closing(bytes: &[u8], mut at: usize, open: u8, close: u8) -> usize {
    let mut depth = 0usize;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'\\' => 2,
            _ => 1,
        };
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                break;
            }
        } else if matches!(byte, b'\'' | b'"') {
            at = end_of(bytes, at, byte);
        }
    }
    at.min(bytes.len())
}

impl Step<'_> {
    /// The words that a shell splits after it has put in what expansions come to: arguments of commands, here neither
    /// assignments nor the inside of `[[ … ]]`.
    pub(crate) fn split_words(&self) -> impl Iterator<Item = (&shell::Command, &shell::ShellWord)> {
        let commands = self.commands.iter().filter(|command| !self.is_exec && command.program() != "[[");
        commands.flat_map(|command| {
            let declares =
                matches!(command.program(), "export" | "local" | "declare" | "readonly" | "typeset" | "eval");
            let words = command.words.iter().skip(usize::from(!command.words.is_empty()));
            words.filter(move |_| !declares).map(move |word| (command, word))
        })
    }

    /// Whether the step itself sets or reads in a variable.
    pub(crate) fn assigns(&self, name: &str) -> bool {
        let words = self.commands.iter().flat_map(|command| command.assignments.iter().chain(&command.words));
        words
            .filter_map(|word| word.raw.split('=').next())
            .any(|left| left == name || left == "eval" || left == ".")
    }

    /// Whether the shell of the step ends at the first command that fails.
    pub(crate) fn stops_on_errors(&self) -> bool {
        let stops = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
        let sets = |call: super::Call<'_>| {
            let words = call.arguments();
            call.program() == "set" && words.iter().any(|word| stops(word.text()) || word.text() == "errexit")
        };
        self.calls().any(sets)
    }

    /// Whether the step itself gives a variable only values that a shell would not split.
    pub(crate) fn sets_plainly(&self, name: &str) -> bool {
        let mut values = self
            .commands
            .iter()
            .flat_map(|command| command.assignments.iter().chain(&command.words))
            .filter_map(|word| {
                let (left, _) = word.raw.split_once('=')?;
                (left == name).then(|| {
                    word.literal.as_deref().and_then(|text| text.split_once('=')).map(|(_, value)| value)
                })
            })
            .peekable();
        values.peek().is_some() && values.all(|value| value.is_some_and(is_unsplit))
    }
}

/// Whether a shell leaves a value as it is: something, and neither blanks nor a pattern in it.
pub(crate) fn is_unsplit(value: &str) -> bool {
    !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || matches!(c, '*' | '?' | '['))
}

/// The bytes of a part of a word in the file; those of the word when it does not stand there as it is.
pub(crate) fn part(word: &shell::ShellWord, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    if word.range.len() == word.raw.len() {
        word.range.start + range.start..word.range.start + range.end
    } else {
        word.range.clone()
    }
}

/// Adds the fix that puts quotes around an expansion, where that is a part of a word: one that is all of a word may well be
/// meant as several.
pub(crate) fn quoted_in(found: Found<'_>, word: &shell::ShellWord, expansion: &Expansion<'_>) {
    if expansion.range != (0..word.raw.len()) {
        quoted(found, word, expansion);
    }
}

/// Adds the fix that puts quotes around an expansion.
pub(crate) fn quoted(found: Found<'_>, word: &shell::ShellWord, expansion: &Expansion<'_>) {
    if word.range.len() == word.raw.len() {
        let range = part(word, &expansion.range);
        found.evidence_fix("put quotes around it", vec![insert(range.start, "\""), insert(range.end, "\"")]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansions_are_found_with_their_quotes() {
        let found = |raw| {
            let list = expansions(raw);
            list.into_iter().map(|one| (raw[one.range].to_owned(), one.quoted)).collect::<Vec<_>>()
        };
        let one = |text: &str, quoted| vec![(text.to_owned(), quoted)];
        assert_eq!(found("a$b-c"), one("$b", false));
        assert_eq!(found("\"x ${b:-\"}\"} y\""), one("${b:-\"}\"}", true));
        assert_eq!(found("'$a'\\$b\"$c\""), one("$c", true));
        assert_eq!(found("$(a \")\" $(b))x"), one("$(a \")\" $(b))", false));
        assert_eq!(found("`a \\` b`"), one("`a \\` b`", false));
        assert_eq!(found("$"), []);
        let what = |raw| expansions(raw).into_iter().map(|one| one.what).collect::<Vec<_>>();
        assert_eq!(what("$((1 + 2))$?${#x}"), [Expanded::Number; 3]);
        assert_eq!(
            what("${a%.*}$1$@"),
            [Expanded::Variable("a"), Expanded::Variable("1"), Expanded::Variable("@")]
        );
    }

    #[test]
    fn hostile_words_end() {
        for text in
            ["$(".repeat(999), "${".repeat(999), "`".repeat(99), "\\".into(), "\"$".into(), "'".into()]
        {
            expansions(&text);
        }
    }

    #[test]
    fn images_say_their_shell() {
        let cases = [
            ("debian:12", Sh::Dash),
            ("python:3.12", Sh::Dash),
            ("python:3.12-alpine", Sh::Ash),
            ("corp/python:3.12", Sh::Unknown),
            ("corp/app:1-slim-bookworm", Sh::Dash),
            ("centos:7", Sh::Bash),
            ("oraclelinux:8-slim", Sh::Bash),
            ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", Sh::Dash),
            ("nvidia/cuda:12.4.1-runtime-rockylinux9", Sh::Bash),
            ("corp/app:1-ubi9", Sh::Bash),
            ("corp/app:kubic", Sh::Unknown),
        ];
        for (image, shell) in cases {
            assert_eq!(Sh::of_image(image), shell, "{image}");
        }
    }

    #[test]
    fn an_image_that_was_given_says_more_than_its_name() {
        let found = |shells: &[(&str, &'static str)], text: &str| {
            let shells = shells.iter().map(|(name, shell)| ((*name).to_owned(), *shell)).collect();
            let evidence = crate::Evidence { shells, ..crate::Evidence::default() }.into();
            let settings =
                crate::Settings { only: vec!["bash-in-sh".to_owned()], evidence, ..crate::Settings::new() };
            crate::check_dockerfile("Dockerfile", text.as_bytes(), None, &settings).findings.len()
        };
        let text = "FROM corp/base:1 AS base\nFROM base\nRUN [[ -f /a ]]\n";
        assert_eq!(found(&[], text), 0);
        assert_eq!(found(&[("corp/base:1", "dash")], text), 1);
        assert_eq!(found(&[("corp/base", "bash")], text), 0);
        // Debian with another sh than it has by default.
        let debian = "FROM debian:12\nRUN [[ -f /a ]]\n";
        assert_eq!((found(&[], debian), found(&[("debian:12", "bash")], debian)), (1, 0));
    }

    #[test]
    fn steps_of_windows_are_not_for_a_posix_shell() {
        let settings =
            crate::Settings { only: vec!["unquoted-variable".to_owned()], ..crate::Settings::new() };
        let found = |text: &str| {
            crate::check_dockerfile("Dockerfile", text.as_bytes(), None, &settings).findings.len()
        };
        assert_eq!(found("FROM corp/base\nRUN run $NAME\n"), 1);
        assert_eq!(found("# escape=`\nFROM corp/base\nRUN run $NAME\n"), 0);
        assert_eq!(found("FROM mcr.example.com/windows/servercore:ltsc2022\nRUN run $NAME\n"), 0);
        assert_eq!(found("FROM corp/base\nSHELL [\"powershell\", \"-Command\"]\nRUN run $NAME\n"), 0);
    }
}
