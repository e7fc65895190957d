//! What a Dockerfile consists of.

use std::ops::Range;

use crate::Mapped;

/// A Dockerfile. Its items own every byte, in order.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// The text. Bytes that are no UTF-8 are shown as `?`, one for one, so that offsets hold.
    pub(crate) text: String,
    pub(crate) lines: Vec<usize>,
    pub(crate) items: Vec<Item>,
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) directives: Vec<Directive>,
    pub(crate) escape: Escape,
    pub(crate) problems: Vec<Problem>,
}

impl Dockerfile {
    /// The text, each byte that is no UTF-8 as `?`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
    /// Everything that is in the file, without a gap.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }
    /// The instructions in their order.
    #[must_use]
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }
    /// The parser directives in their order.
    #[must_use]
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }
    /// What continues lines and escapes characters.
    #[must_use]
    pub const fn escape(&self) -> Escape {
        self.escape
    }
    /// What BuildKit would refuse or warn of while reading lines.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
    /// Line and column (in characters) of a byte, both from 1.
    #[must_use]
    pub fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let upto = offset.min(self.text.len());
        let column = self.text.get(start..upto).map_or(0, |text| text.chars().count());
        (u32::try_from(line + 1).unwrap_or(u32::MAX), u32::try_from(column + 1).unwrap_or(u32::MAX))
    }
    /// The file printed again from its items.
    #[must_use]
    pub fn print(&self) -> String {
        self.items.iter().filter_map(|item| self.text.get(item.range.clone())).collect()
    }
}

/// What an escape character is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Escape {
    /// `\`, unless a directive says otherwise.
    #[default]
    Backslash,
    /// `` ` ``, for Windows paths.
    Backtick,
}

impl Escape {
    /// The character.
    #[must_use]
    pub const fn char(self) -> char {
        match self {
            Self::Backslash => '\\',
            Self::Backtick => '`',
        }
    }
}

/// A run of bytes and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its bytes, with the end of its last line.
    pub range: Range<usize>,
    /// What it is.
    pub kind: ItemKind,
}

/// What a run of bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A byte order mark.
    ByteOrderMark,
    /// An empty line.
    Blank,
    /// A comment line outside instructions.
    Comment,
    /// A parser directive; its index.
    Directive(usize),
    /// An instruction with its here-documents; its index.
    Instruction(usize),
}

/// `# name=value` at the top of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Its name in lower case.
    pub name: String,
    /// Its value.
    pub value: Word,
}

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// As written, quotes and escapes and all; for the words of a JSON form, the decoded string.
    pub text: String,
    /// Its bytes; for the words of a JSON form, with the quotation marks.
    pub range: Range<usize>,
}

impl Word {
    /// The text of a flag's value as BuildKit takes it: without quotation marks, escapes resolved.
    #[must_use]
    pub fn unquoted(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut quote = None;
        let mut chars = self.text.chars();
        while let Some(c) = chars.next() {
            match (c, quote) {
                ('\\', _) => out.extend(chars.next()),
                (c, Some(open)) if c == open => quote = None,
                ('"' | '\'', None) => quote = Some(c),
                (c, _) => out.push(c),
            }
        }
        out
    }
}

/// Which instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "they are the names of the instructions")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    /// Not an instruction BuildKit knows.
    Unknown,
}

/// The instructions by their names.
const KEYWORDS: [(&str, Keyword); 18] = [
    ("ADD", Keyword::Add),
    ("ARG", Keyword::Arg),
    ("CMD", Keyword::Cmd),
    ("COPY", Keyword::Copy),
    ("ENTRYPOINT", Keyword::Entrypoint),
    ("ENV", Keyword::Env),
    ("EXPOSE", Keyword::Expose),
    ("FROM", Keyword::From),
    ("HEALTHCHECK", Keyword::Healthcheck),
    ("LABEL", Keyword::Label),
    ("MAINTAINER", Keyword::Maintainer),
    ("ONBUILD", Keyword::Onbuild),
    ("RUN", Keyword::Run),
    ("SHELL", Keyword::Shell),
    ("STOPSIGNAL", Keyword::Stopsignal),
    ("USER", Keyword::User),
    ("VOLUME", Keyword::Volume),
    ("WORKDIR", Keyword::Workdir),
];

impl Keyword {
    /// The instruction of that name, in any case.
    #[must_use]
    pub fn of(name: &str) -> Self {
        KEYWORDS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or(Self::Unknown, |found| found.1)
    }
    /// Its name in capitals; `None` for an unknown one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        KEYWORDS.iter().find(|(_, keyword)| *keyword == self).map(|found| found.0)
    }
    /// Every name in capitals, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KEYWORDS.iter().map(|(name, _)| *name)
    }
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Which.
    pub keyword: Keyword,
    /// Its name as written.
    pub name: Word,
    /// Its bytes from its name to the end of its last logical line, here-documents and line end left out.
    pub range: Range<usize>,
    /// Its bytes with everything: indentation, here-documents, line end.
    pub full: Range<usize>,
    /// The comment lines directly above it, top first.
    pub comments: Vec<Range<usize>>,
    /// The comment lines inside it.
    pub inner_comments: Vec<Range<usize>>,
    /// `--name=value` before the arguments.
    pub flags: Vec<Flag>,
    /// Everything after the flags, continuations joined.
    pub body: Mapped,
    /// What the body says.
    pub arguments: Arguments,
    /// Its here-documents in the order of their contents.
    pub heredocs: Vec<Heredoc>,
}

impl Instruction {
    /// The first flag of that name.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }
    /// The words of a list or of an exec form.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        match &self.arguments {
            Arguments::Words(words) | Arguments::Command(Form::Exec(words)) => words,
            _ => &[],
        }
    }
    /// The pairs of `ENV`, `LABEL` and `ARG`.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        match &self.arguments {
            Arguments::Pairs { pairs, .. } => pairs,
            _ => &[],
        }
    }
    /// The command of `RUN`, `CMD`, `ENTRYPOINT`, `SHELL` and `HEALTHCHECK CMD`.
    #[must_use]
    pub const fn command(&self) -> Option<&Form> {
        match &self.arguments {
            Arguments::Command(form) | Arguments::Healthcheck { command: Some(form), .. } => Some(form),
            _ => None,
        }
    }
    /// The instruction itself, or the one that it postpones (`ONBUILD`).
    #[must_use]
    pub fn inner(&self) -> &Self {
        match &self.arguments {
            Arguments::Onbuild(inner) => inner.inner(),
            _ => self,
        }
    }
}

/// `--name` or `--name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Without the dashes.
    pub name: String,
    /// After the equals sign.
    pub value: Option<Word>,
    /// All of it.
    pub range: Range<usize>,
}

/// How a command is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// `["program", "argument"]`.
    Exec(Vec<Word>),
    /// Text for a shell.
    Shell(Mapped),
}

/// What the body of an instruction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arguments {
    /// Words apart by blanks, or the strings of a JSON array (`FROM`, `EXPOSE`, `COPY`, `ADD`, `VOLUME`).
    Words(Vec<Word>),
    /// One text (`USER`, `WORKDIR`, `STOPSIGNAL`, `MAINTAINER`).
    Text(Word),
    /// `name=value`, or the old `name value`.
    Pairs {
        /// The pairs.
        pairs: Vec<Pair>,
        /// Whether the old form is used.
        legacy: bool,
    },
    /// A command.
    Command(Form),
    /// `HEALTHCHECK`.
    Healthcheck {
        /// `CMD`, `NONE` or what else stands there.
        kind: Word,
        /// What follows.
        command: Option<Form>,
    },
    /// `ONBUILD`.
    Onbuild(Box<Instruction>),
    /// Nothing, or what could not be read.
    None,
}

/// `name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name as written.
    pub name: Word,
    /// The value as written; `None` for `ARG name`.
    pub value: Option<Word>,
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it.
    pub name: String,
    /// Where `<<NAME` stands.
    pub opener: Range<usize>,
    /// Whether variables in it are expanded (its name is not quoted).
    pub expand: bool,
    /// Whether leading tabs are stripped (`<<-`).
    pub chomp: bool,
    /// Its content, leading tabs stripped when asked for.
    pub content: Mapped,
    /// Its content and its last line.
    pub range: Range<usize>,
}

/// What BuildKit would refuse or warn of while reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// Where.
    pub range: Range<usize>,
}

/// What BuildKit would refuse or warn of while reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// An instruction that does not exist.
    #[error("unknown instruction {0}")]
    UnknownInstruction(String),
    /// An instruction without arguments.
    #[error("{0} has no argument")]
    NoArgument(String),
    /// `ENV` or `LABEL` that is no pair.
    #[error("{word:?} in {instruction} is not of the form name=value")]
    NotAPair {
        /// The instruction.
        instruction: String,
        /// The word.
        word: String,
    },
    /// The file ends inside a here-document.
    #[error("here-document {0} is not ended")]
    UnterminatedHeredoc(String),
    /// A JSON form with other things than strings.
    #[error("the JSON form of {0} has something other than strings")]
    JsonNotStrings(String),
    /// `SHELL` must be JSON.
    #[error("SHELL is not a JSON array of strings")]
    ShellNotJson,
    /// A directive a second time.
    #[error("directive {0} is given twice")]
    DuplicateDirective(String),
    /// `escape` with something else.
    #[error("escape directive must be \\ or `, not {0}")]
    BadEscape(String),
    /// A blank line inside an instruction.
    #[error("blank line inside an instruction")]
    BlankContinuation,
    /// An instruction before the first `FROM`.
    #[error("{0} stands before the first FROM")]
    BeforeFrom(String),
    /// No `FROM` at all.
    #[error("there is no FROM")]
    NoFrom,
    /// `ONBUILD` of an instruction that cannot be postponed.
    #[error("ONBUILD cannot postpone {0}")]
    BadOnbuild(String),
    /// A flag that the instruction does not have.
    #[error("{instruction} has no flag --{flag}")]
    UnknownFlag {
        /// The instruction.
        instruction: String,
        /// The flag, without the dashes.
        flag: String,
    },
    /// A flag whose value cannot be taken.
    #[error("--{flag} {reason}")]
    BadFlag {
        /// The flag, without the dashes.
        flag: String,
        /// Why, to be read after the flag.
        reason: &'static str,
    },
    /// `FROM` with other than one word, or three with `AS` between.
    #[error("FROM takes an image, or an image, AS and a name")]
    FromArguments,
    /// The name of a stage with characters that it cannot have.
    #[error(
        "{0:?} cannot be the name of a stage: it takes letters, digits, '-', '_' and '.', a letter first"
    )]
    BadStageName(String),
    /// `COPY` or `ADD` without a place to copy to.
    #[error("{0} has no destination")]
    NoDestination(String),
    /// A variable or label without a name.
    #[error("{0} has a pair without a name")]
    BlankName(String),
    /// `VOLUME` of nothing.
    #[error("VOLUME names an empty path")]
    EmptyVolume,
    /// `HEALTHCHECK` that is none.
    #[error("HEALTHCHECK cannot be taken: {0}")]
    BadHealthcheck(&'static str),
}
