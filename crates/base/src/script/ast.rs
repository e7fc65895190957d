//! The shape of a script.

use std::rc::Rc;

/// A word before expansion.
pub(super) type Word = Vec<Part>;

/// A piece of a word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// Text as it stands; `quoted` text is neither split nor a pattern.
    Text { text: String, quoted: bool },
    /// `$name`, `${name}`, `${name:-word}` and their like.
    Parameter { name: String, operation: Option<(String, Word)>, quoted: bool },
    /// `$(...)` or backquotes.
    Command { script: Rc<List>, quoted: bool },
    /// `$((...))`, with its parameters not yet expanded.
    Arithmetic { expression: Word },
}

/// What happens to a stream of a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Redirect {
    pub(super) descriptor: u32,
    pub(super) kind: RedirectKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum RedirectKind {
    Read(Word),
    Write(Word),
    Append(Word),
    /// A here-document, by its number in the script.
    Here(usize),
    /// `>&2`, `<&3`, `>&-`.
    Duplicate(Word),
}

/// How commands of a list hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// `;`, a line break or `&`.
    Then,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands, each with how it hangs on the one before.
pub(super) type List = Vec<(Joint, Pipeline)>;

/// Commands whose output is the next one's input.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pipeline {
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
}

/// A command with its redirections.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    pub(super) kind: CommandKind,
    pub(super) redirects: Vec<Redirect>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum CommandKind {
    Simple { assignments: Vec<(String, Word)>, words: Vec<Word> },
    Group(List),
    Subshell(List),
    If { arms: Vec<(List, List)>, otherwise: List },
    While { condition: List, body: List, until: bool },
    For { name: String, words: Option<Vec<Word>>, body: List },
    Case { subject: Word, arms: Vec<(Vec<Word>, List)> },
    Function { name: String, body: Rc<Command> },
}

/// A whole script.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Script {
    pub(super) list: List,
    /// Bodies of here-documents.
    pub(super) documents: Vec<Word>,
}
