//! Tokens to commands.

use std::ops::Range;

use super::lexer::{Token, tokens};
use crate::Mapped;

/// What joins a command to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// Nothing: it is the first.
    Start,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;`, or a line end.
    Sequence,
    /// `|`
    Pipe,
    /// `&`
    Background,
}

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellWord {
    /// As written.
    pub raw: String,
    /// What it comes to; `None` when that needs an expansion.
    pub literal: Option<String>,
    /// Whether a part of it is quoted.
    pub quoted: bool,
    /// Its bytes in the shell text.
    pub inner: Range<usize>,
    /// Its bytes in the file.
    pub range: Range<usize>,
}

impl ShellWord {
    /// What it comes to, or how it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.literal.as_deref().unwrap_or(&self.raw)
    }
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The file descriptor, when said.
    pub descriptor: Option<u32>,
    /// `>`, `>>`, `<`, `<<`, …
    pub operator: &'static str,
    /// Where to or from.
    pub target: ShellWord,
}

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// How it is joined to the one before.
    pub joint: Joint,
    /// How it is joined to the one after; `Start` when it is the last.
    pub next: Joint,
    /// `name=value` before the name.
    pub assignments: Vec<ShellWord>,
    /// The name and the arguments.
    pub words: Vec<ShellWord>,
    /// Redirections.
    pub redirects: Vec<Redirect>,
    /// Number of compound commands, groups and substitutions around it.
    pub depth: usize,
    /// Whether it stands in a command substitution.
    pub substituted: bool,
    /// Its bytes in the file.
    pub range: Range<usize>,
}

impl Command {
    /// The last component of the program's path; empty when it is not known.
    #[must_use]
    pub fn program(&self) -> &str {
        self.words
            .first()
            .and_then(|word| word.literal.as_deref())
            .map_or("", |name| name.rsplit('/').next().unwrap_or_default())
    }
    /// The words after the name.
    #[must_use]
    pub fn arguments(&self) -> &[ShellWord] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// The commands of a shell text.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The simple commands in the order in which they are written; those of a substitution follow their command.
    pub commands: Vec<Command>,
    /// The comments, by their bytes in the file.
    pub comments: Vec<Range<usize>>,
}

/// How deep substitutions are read.
const DEPTH: usize = 8;

/// Words that open a compound command, at the place of a command's name.
const OPENING: [&str; 7] = ["if", "while", "until", "{", "for", "case", "select"];
/// Words that continue one, and after which a command stands.
const MIDDLE: [&str; 6] = ["then", "elif", "else", "do", "!", "time"];
/// Words that close one.
const CLOSING: [&str; 4] = ["fi", "done", "esac", "}"];

/// Finds the commands of a shell text.
#[must_use]
pub fn parse(text: &Mapped) -> Script {
    let mut script = Script::default();
    let mut reader = Reader { text, script: &mut script, level: 0 };
    reader.read(0..text.text.len(), 0);
    script
}

struct Reader<'a> {
    text: &'a Mapped,
    script: &'a mut Script,
    level: usize,
}

/// The command that is being read.
#[derive(Default)]
struct Draft {
    assignments: Vec<ShellWord>,
    words: Vec<ShellWord>,
    redirects: Vec<Redirect>,
    nested: Vec<Range<usize>>,
    start: Option<usize>,
    end: usize,
}

/// Which part of `for` or `case` is being passed over.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Pass {
    No,
    /// The word and the list of `for`, up to `do` or a line end.
    For,
    /// The subject of `case`, up to `in`.
    Case,
    /// A pattern of `case`, up to `)`.
    Pattern,
}

impl Reader<'_> {
    fn read(&mut self, range: Range<usize>, depth: usize) {
        let mut draft = Draft::default();
        let mut joint = Joint::Start;
        let mut depth_now = depth;
        let mut pass = Pass::No;
        let mut pending: Option<(Option<u32>, &'static str, usize)> = None;
        for token in tokens(&self.text.text[range.clone()], range.start) {
            match token {
                Token::Comment { range } => self.script.comments.push(self.text.range(range)),
                Token::Redirect { range, descriptor, operator } => {
                    draft.start.get_or_insert(range.start);
                    pending = Some((descriptor, operator, range.start));
                }
                Token::Word { range, literal, nested, quoted } => {
                    let word = self.word(range.clone(), literal, quoted);
                    draft.nested.extend(nested);
                    if let Some((descriptor, operator, _)) = pending.take() {
                        draft.end = range.end;
                        draft.redirects.push(Redirect { descriptor, operator, target: word });
                        continue;
                    }
                    if pass != Pass::No {
                        pass = self.pass(pass, word.raw.as_str(), &mut draft, &mut depth_now);
                        continue;
                    }
                    if draft.words.is_empty()
                        && draft.assignments.is_empty()
                        && !quoted
                        && let Some(next) = keyword(&word.raw, &mut depth_now, depth)
                    {
                        pass = next;
                        joint = if matches!(joint, Joint::Pipe) { joint } else { Joint::Sequence };
                        continue;
                    }
                    draft.start.get_or_insert(range.start);
                    draft.end = range.end;
                    if draft.words.is_empty() && is_assignment(&word.raw) {
                        draft.assignments.push(word);
                    } else {
                        draft.words.push(word);
                    }
                }
                Token::Operator { text, .. } => {
                    pending = None;
                    if pass == Pass::Pattern {
                        if text == ")" {
                            pass = Pass::No;
                        }
                        continue;
                    }
                    if pass == Pass::For && matches!(text, ";" | "\n") {
                        pass = Pass::No;
                    }
                    if text == "(" && draft.words.len() == 1 && draft.redirects.is_empty() {
                        // `name() {`: a function.
                        draft = Draft::default();
                        continue;
                    }
                    let next = match text {
                        "&&" => Joint::And,
                        "||" => Joint::Or,
                        "|" | "|&" => Joint::Pipe,
                        "&" => Joint::Background,
                        _ => Joint::Sequence,
                    };
                    let wrote = self.finish(&mut draft, joint, next, depth_now);
                    match text {
                        "(" => depth_now += 1,
                        ")" => depth_now = depth_now.saturating_sub(1).max(depth),
                        ";;" | ";&" | ";;&" => pass = Pass::Pattern,
                        _ => {}
                    }
                    let fresh = matches!(text, "(" | ")" | "\n");
                    if wrote || !fresh {
                        joint = next;
                    }
                }
            }
        }
        self.finish(&mut draft, joint, Joint::Start, depth_now);
    }

    fn pass(&mut self, pass: Pass, word: &str, draft: &mut Draft, depth: &mut usize) -> Pass {
        // Substitutions in what is passed over are read all the same.
        for nested in std::mem::take(&mut draft.nested) {
            self.substitution(nested, *depth);
        }
        match (pass, word) {
            (Pass::For, "do") => Pass::No,
            (Pass::Case, "in") => Pass::Pattern,
            (Pass::Pattern, "esac") => {
                *depth = depth.saturating_sub(1);
                Pass::No
            }
            (pass, _) => pass,
        }
    }

    fn word(&self, range: Range<usize>, literal: Option<String>, quoted: bool) -> ShellWord {
        ShellWord {
            raw: self.text.text[range.clone()].to_owned(),
            literal,
            quoted,
            range: self.text.range(range.clone()),
            inner: range,
        }
    }

    fn finish(&mut self, draft: &mut Draft, joint: Joint, next: Joint, depth: usize) -> bool {
        let Draft { assignments, words, redirects, nested, start, end } = std::mem::take(draft);
        let Some(start) = start else {
            for nested in nested {
                self.substitution(nested, depth);
            }
            return false;
        };
        self.script.commands.push(Command {
            joint,
            next,
            assignments,
            words,
            redirects,
            depth,
            substituted: self.level > 0,
            range: self.text.range(start..end.max(start)),
        });
        for nested in nested {
            self.substitution(nested, depth);
        }
        true
    }

    fn substitution(&mut self, range: Range<usize>, depth: usize) {
        if self.level >= DEPTH {
            return;
        }
        self.level += 1;
        self.read(range, depth + 1);
        self.level -= 1;
    }
}

/// What a reserved word does; `None` when it is none.
fn keyword(word: &str, depth: &mut usize, least: usize) -> Option<Pass> {
    if OPENING.contains(&word) {
        *depth += 1;
        return Some(match word {
            "for" | "select" => Pass::For,
            "case" => Pass::Case,
            _ => Pass::No,
        });
    }
    if CLOSING.contains(&word) {
        *depth = depth.saturating_sub(1).max(least);
        return Some(Pass::No);
    }
    MIDDLE.contains(&word).then_some(Pass::No)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
            && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<String> {
        let script = parse(&Mapped::whole(text, 0));
        script
            .commands
            .iter()
            .map(|c| c.words.iter().map(ShellWord::text).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn a_substitution_without_an_end_goes_to_the_last_character() {
        assert_eq!(commands("echo $(run é"), ["echo $(run é", "run é"]);
        assert_eq!(commands("x=(é"), commands("x=(é)"));
    }

    proptest::proptest! {
        /// Whatever is opened and not closed, with characters of several bytes between.
        #[test]
        fn any_text_is_read(text in "[$(){}`'\"\\\\é <>a=|&;#\n-]{0,40}") {
            commands(&text);
        }
    }

    #[test]
    fn commands_are_found_wherever_they_stand() {
        let cases: &[(&str, &[&str])] = &[
            ("a && b || c; d | e & f", &["a", "b", "c", "d", "e", "f"]),
            ("if test -f x; then y; else z; fi", &["test -f x", "y", "z"]),
            ("for i in a b; do echo $i; done && end", &["echo $i", "end"]),
            ("case $x in a|b) one;; *) two ;; esac; three", &["one", "two", "three"]),
            ("(cd x && make) > log", &["cd x", "make", ""]),
            ("x=$(uname -m) && echo \"$(id -u)\"", &["", "uname -m", "echo \"$(id -u)\"", "id -u"]),
            ("f() { g; }; f", &["g", "f"]),
            ("A=1 cmd 'a b' \"c d\" e\\ f", &["cmd a b c d e f"]),
            ("cat <<EOF\nnot a command\nEOF\nnext", &["cat", "next"]),
            ("a # b && c\nd", &["a", "d"]),
            ("curl x 2>&1 | sh -", &["curl x", "sh -"]),
            ("echo `id`", &["echo `id`", "id"]),
            ("[ -n \"$x\" ] && { y; }", &["[ -n \"$x\" ]", "y"]),
            ("diff <(a) <(b)", &["diff <(a) <(b)", "a", "b"]),
            ("! grep x", &["grep x"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(commands(text), *expected, "{text}");
        }
    }

    #[test]
    fn joints_and_redirections_are_known() {
        let script = parse(&Mapped::whole("curl -fsSL u | tar xz >o 2>>e && b", 5));
        let joints: Vec<_> = script.commands.iter().map(|c| (c.joint, c.next)).collect();
        assert_eq!(
            joints,
            [(Joint::Start, Joint::Pipe), (Joint::Pipe, Joint::And), (Joint::And, Joint::Start)]
        );
        let tar = &script.commands[1];
        assert_eq!(
            tar.redirects.iter().map(|r| (r.operator, r.target.text())).collect::<Vec<_>>(),
            [(">", "o"), (">>", "e")]
        );
        assert_eq!(tar.words[1].range, 24..26);
    }

    #[test]
    fn hostile_text_ends() {
        for text in [
            "$(".repeat(3000),
            "`".repeat(999),
            "((((".repeat(999),
            "'\"".repeat(77),
            "case".repeat(9),
            "${".repeat(99),
        ] {
            commands(&text);
        }
    }
}
