//! What source files of Perl, Ruby and JavaScript load by name: tolerant scans that never run or fully parse them.
//! What a scan takes for a name and is none finds no file and does no harm.

use crate::Names;

use super::{javascript, perl, ruby};

/// The language of a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// Perl: names are paths below a directory of `@INC`, such as `JSON/PP.pm`.
    Perl,
    /// Ruby: names are features, such as `json/ext`; those that begin with `./` or `../` are beside the file.
    Ruby,
    /// JavaScript: names are specifiers, as Node resolves them.
    JavaScript,
}

/// What a source file loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// In which language it is written.
    pub language: Language,
    /// What it loads, in the language's own names.
    loads: Names,
    /// Names in its text that may be those of modules, which other code loads.
    mentions: Names,
    /// The module it says it is (Perl's `package`).
    pub declares: Option<Box<str>>,
    /// Whether it loads by names that are not constants.
    pub is_dynamic: bool,
}

/// No more names than this are kept of one file.
const MOST: usize = 4096;

impl Source {
    /// The language of a file by its name and by the program in its first line.
    #[must_use]
    pub(crate) fn language(name: &[u8], program: Option<&[u8]>) -> Option<Language> {
        let extension = name.iter().rposition(|byte| *byte == b'.').map(|dot| &name[dot + 1..]);
        match extension {
            Some(b"pm" | b"pl" | b"al" | b"ph") => return Some(Language::Perl),
            Some(b"rb") => return Some(Language::Ruby),
            Some(b"js" | b"mjs" | b"cjs") => return Some(Language::JavaScript),
            _ => {}
        }
        let program = program?;
        if program.starts_with(b"perl") {
            Some(Language::Perl)
        } else if program.starts_with(b"ruby") {
            Some(Language::Ruby)
        } else if matches!(program, b"node" | b"nodejs") {
            Some(Language::JavaScript)
        } else {
            None
        }
    }

    /// Scans a file.
    #[must_use]
    pub fn read(language: Language, bytes: &[u8]) -> Self {
        let mut found = Scan::default();
        match language {
            Language::Perl => perl::scan(bytes, &mut found),
            Language::Ruby => ruby::scan(bytes, &mut found),
            Language::JavaScript => javascript::scan(bytes, &mut found),
        }
        let names = |mut names: Vec<String>| -> Names {
            names.sort_unstable();
            names.dedup();
            names.truncate(MOST);
            names.into_iter().collect()
        };
        Self {
            language,
            loads: names(found.loads),
            mentions: names(found.mentions),
            declares: found.declares.map(Into::into),
            is_dynamic: found.is_dynamic,
        }
    }

    /// What it loads, sorted.
    pub fn loads(&self) -> impl Iterator<Item = &str> {
        self.loads.texts()
    }

    /// Names in its text that may be those of modules, sorted.
    pub fn mentions(&self) -> impl Iterator<Item = &str> {
        self.mentions.texts()
    }
}

/// A scan in the making.
#[derive(Default)]
pub(super) struct Scan {
    pub loads: Vec<String>,
    pub mentions: Vec<String>,
    pub declares: Option<String>,
    pub is_dynamic: bool,
}

impl Scan {
    pub fn load(&mut self, name: impl Into<String>) {
        if self.loads.len() < MOST * 4 {
            self.loads.push(name.into());
        }
    }

    pub fn mention(&mut self, name: impl Into<String>) {
        if self.mentions.len() < MOST * 4 {
            self.mentions.push(name.into());
        }
    }
}

/// A word of a program.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The places where `word` stands in `text`. For lines: preparing a search costs more than a line takes.
pub(super) fn places<'a>(text: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let first = word.first().copied().unwrap_or_default();
    memchr::memchr_iter(first, text).filter(move |at| text[*at..].starts_with(word))
}

/// The places in `text` right behind `word` where it stands as a word of its own.
pub(super) fn after_word<'a>(text: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    places(text, word).filter_map(move |at| {
        let end = at + word.len();
        let before = at.checked_sub(1).map(|before| text[before]);
        let alone = before.is_none_or(|byte| !is_word(byte) && !matches!(byte, b'$' | b'@' | b'%' | b'.'))
            && text.get(end).is_none_or(|byte| !is_word(*byte));
        alone.then_some(end)
    })
}

/// The text in quotes at the start of `text`, when it is no longer than a path and ends on the same line.
pub(super) fn quoted(text: &[u8]) -> Option<&str> {
    let (quote, rest) = text.split_first()?;
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let rest = &rest[..rest.len().min(1024)];
    let end = memchr::memchr2(*quote, b'\n', rest)?;
    (rest[end] == *quote).then(|| std::str::from_utf8(&rest[..end]).ok()).flatten()
}

/// `text` without the blanks at its start.
pub(super) fn trimmed(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(text.len());
    &text[start..]
}
