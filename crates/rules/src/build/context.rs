//! What is known of the folder that is sent to the builder.

use casehard_dockerfile::{Dockerfile, IgnoreFile, Keyword, Model, Value};

use crate::SecretLine;

/// What is known of the folder that is sent to the builder.
#[derive(Debug, Clone, Default)]
pub struct BuildContext {
    /// Its `.dockerignore` (or the Dockerfile's own), when there is one.
    pub ignore: Option<IgnoreFile>,
    /// The paths of its files, relative with `/`, sorted; not more than the caller wants to list.
    pub files: Vec<String>,
    /// Whether `files` are all.
    pub complete: bool,
    /// What looks like a secret in files that are sent, as far as somebody looked.
    pub secrets: Vec<ContextSecret>,
    /// The programs among the files that are sent, as far as somebody looked.
    pub programs: Vec<ContextProgram>,
}

/// A program in the context that is loaded by another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContextProgram {
    /// The file, relative with `/`.
    pub file: String,
    /// What loads it, such as `/lib64/ld-linux-x86-64.so.2`.
    pub interpreter: String,
    /// The libraries that it needs.
    pub needed: Vec<String>,
}

impl ContextProgram {
    /// The program in the bytes of a file; `None` when it is none, or runs by itself.
    #[must_use]
    pub fn read(file: &str, bytes: &[u8]) -> Option<Self> {
        let elf = casehard_inventory::elf::Elf::linkage(bytes)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let interpreter = elf.interpreter.as_deref().filter(|_| elf.is_program()).map(text)?;
        let needed = elf.needed.iter().map(text).collect();
        Some(Self { file: file.to_owned(), interpreter, needed })
    }
}

/// Something in a file of the context that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContextSecret {
    /// The file, relative with `/`.
    pub file: String,
    /// What, and where.
    pub secret: SecretLine,
}

impl BuildContext {
    /// The files that are really sent.
    pub fn sent(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().map(String::as_str);
        files.filter(|file| !self.ignore.as_ref().is_some_and(|ignore| ignore.ignores(file)))
    }
}

/// Which files a source of `COPY` takes: all, or those that a pattern or a folder covers.
#[derive(Debug, Clone)]
pub struct CopySource {
    /// `None` for everything.
    pattern: Option<IgnoreFile>,
    /// The source itself, to which exclusions are relative.
    folder: String,
    excluded: IgnoreFile,
}

impl CopySource {
    /// From a source as it is written, and the values of `--exclude`; `None` when it is no path of the context.
    pub(crate) fn new(path: &str, excluded: &[String]) -> Option<Self> {
        if super::is_address(path) {
            return None;
        }
        let path = path.trim_start_matches('/').trim_start_matches("./").trim_end_matches('/');
        let everything = matches!(path, "" | "." | "*");
        // What begins like a comment or an exception means itself here.
        let literal = path.trim_start_matches(['#', '!']);
        Some(Self {
            pattern: (!everything).then(|| IgnoreFile::parse(literal)),
            folder: format!("{path}/"),
            excluded: IgnoreFile::parse(&excluded.join("\n")),
        })
    }

    /// Whether it takes a file of the context.
    #[must_use]
    pub fn takes(&self, file: &str) -> bool {
        let inside = file.strip_prefix(&self.folder).unwrap_or(file);
        self.pattern.as_ref().is_none_or(|pattern| pattern.ignores(file)) && !self.excluded.ignores(inside)
    }
}

/// What the `COPY` and `ADD` instructions of a Dockerfile take from the context.
#[must_use]
pub fn copy_sources(bytes: &[u8]) -> Vec<CopySource> {
    let document = Dockerfile::parse(bytes);
    let model = Model::of(&document);
    let mut found = Vec::new();
    for (index, instruction) in document.instructions().iter().enumerate() {
        if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) || instruction.flag("from").is_some()
        {
            continue;
        }
        let Some((_, sources)) = instruction.words().split_last() else { continue };
        let excluded = excluded(instruction);
        for word in sources {
            if let Value::Known(path) = model.value_at(word, index) {
                found.extend(CopySource::new(&path, &excluded));
            }
        }
    }
    found
}

/// The patterns of `--exclude`.
pub(crate) fn excluded(instruction: &casehard_dockerfile::Instruction) -> Vec<String> {
    let flags = instruction.flags.iter().filter(|flag| flag.name == "exclude");
    flags.filter_map(|flag| flag.value.as_ref().map(|word| word.text.clone())).collect()
}
