//! Which modules Python source imports: a tolerant scan for import statements (Python reference, *Lexical analysis*
//! and *The import statement*), without running or fully parsing it.

use crate::Names;

/// What a Python source file imports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PythonSource {
    /// Each import as the letter of its [`When`], LEVEL dots, module, `:` and names separated by `,`.
    imports: Names,
    /// Whether it imports modules whose names are not constants.
    pub is_dynamic: bool,
    /// Whether it does something of its own when it is run as a program (`if __name__ == "__main__":`).
    pub is_program: bool,
}

/// When an import statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// With the module, if its conditions hold.
    Start,
    /// With a function of the module, or when the module is the program.
    Call,
    /// Never: only type checkers read it.
    Never,
}

/// One import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import<'a> {
    /// The number of leading dots: 0 is absolute, 1 the own package, 2 the package above.
    pub level: usize,
    /// The module as written after the dots; empty in `from . import x`.
    pub module: &'a str,
    /// When it happens.
    pub when: When,
    names: &'a str,
}

impl<'a> Import<'a> {
    /// What `from … import` names: attributes or submodules; `*` for all. Empty for a plain `import`.
    pub fn names(self) -> impl Iterator<Item = &'a str> {
        self.names.split(',').filter(|name| !name.is_empty())
    }
}

/// No more imports than this are kept of one file.
const MOST: usize = 4096;

impl PythonSource {
    /// Scans a source file; what is no Python is passed over.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mut scan = Scan {
            bytes,
            at: 0,
            imports: Vec::new(),
            is_dynamic: false,
            is_program: false,
            depth: 0,
            blocks: Vec::new(),
        };
        scan.file();
        scan.imports.sort_unstable();
        scan.imports.dedup();
        scan.imports.truncate(MOST);
        Self {
            imports: scan.imports.into_iter().collect(),
            is_dynamic: scan.is_dynamic,
            is_program: scan.is_program,
        }
    }

    /// What unpickling imports: the module of each class that the pickle names.
    pub(super) fn of_globals(globals: Vec<(&str, &str)>) -> Self {
        let mut imports: Vec<String> = globals
            .into_iter()
            .filter(|(module, _)| !module.starts_with('.') && !module.contains([':', '\0']))
            .map(|(module, _)| format!("s{module}:"))
            .collect();
        imports.sort_unstable();
        imports.dedup();
        Self { imports: imports.into_iter().collect(), ..Self::default() }
    }

    /// What it imports, sorted; conditional imports and those inside functions are among them.
    pub fn imports(&self) -> impl Iterator<Item = Import<'_>> {
        self.imports.texts().map(|text| {
            let when = match text.as_bytes().first() {
                Some(b's') => When::Start,
                Some(b'n') => When::Never,
                _ => When::Call,
            };
            let text = text.get(1..).unwrap_or_default();
            let level = text.bytes().take_while(|byte| *byte == b'.').count();
            let (module, names) = text[level..].split_once(':').unwrap_or((&text[level..], ""));
            Import { level, module, when, names }
        })
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    imports: Vec<String>,
    is_dynamic: bool,
    is_program: bool,
    /// Open brackets.
    depth: usize,
    /// The blocks that the statement stands in which decide when it runs, with their indentations.
    blocks: Vec<(usize, When)>,
}

impl<'a> Scan<'a> {
    /// Walks the file token by token; statements begin at line starts, after `;` and after `:`.
    fn file(&mut self) {
        let mut statement = true;
        // The indentation of a line, until its first statement has begun.
        let mut fresh = Some(0);
        let mut indentation = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => self.skip_line(),
                b'(' | b'[' | b'{' => {
                    self.at += 1;
                    self.depth += 1;
                    statement = false;
                }
                b')' | b']' | b'}' => {
                    self.at += 1;
                    self.depth = self.depth.saturating_sub(1);
                    statement = false;
                }
                b'\n' if self.depth == 0 => {
                    self.at += 1;
                    statement = true;
                    indentation = self.indentation();
                    fresh = Some(indentation);
                }
                b'"' | b'\'' => {
                    self.string();
                    statement = false;
                }
                b'\\' => self.at += 2,
                b'\n' | b';' | b':' => {
                    self.at += 1;
                    statement = true;
                }
                b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
                _ if is_word(byte) => {
                    let word = self.word();
                    if let Some(indentation) = fresh.take().filter(|_| statement) {
                        self.leave(indentation);
                    }
                    match word {
                        b"def" if statement => self.enter(indentation, When::Call),
                        b"async" if statement => continue,
                        b"if" if statement => self.condition(indentation),
                        b"import" if statement => self.import(),
                        b"from" if statement => self.from(),
                        b"import_module" | b"__import__" => self.call(),
                        _ => {}
                    }
                    // A prefix of a string, as in rb"…", belongs to it.
                    statement = false;
                }
                _ => {
                    self.at += 1;
                    statement = false;
                }
            }
        }
    }

    /// The indentation of the line that begins here; tabs count as one.
    fn indentation(&self) -> usize {
        self.bytes[self.at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// A statement with this indentation ends the blocks that are indented as far or farther.
    fn leave(&mut self, indentation: usize) {
        while self.blocks.last().is_some_and(|(block, _)| *block >= indentation) {
            self.blocks.pop();
        }
    }

    fn enter(&mut self, indentation: usize, when: When) {
        if self.blocks.len() < 256 {
            self.blocks.push((indentation, when));
        }
    }

    /// `if TYPE_CHECKING:` and `if __name__ == "__main__":` (the test may be longer than that).
    fn condition(&mut self, indentation: usize) {
        let rest = &self.bytes[self.at..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let has = |text: &[u8]| super::source::places(line, text).next().is_some();
        if has(b"TYPE_CHECKING") && !has(b"not ") {
            self.enter(indentation, When::Never);
        } else if has(b"__name__") {
            self.is_program |= indentation == 0 && has(b"__main__");
            self.enter(indentation, When::Call);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// White space within a line, and line ends that a backslash takes away; inside parentheses, all white space
    /// and comments.
    fn blanks(&mut self, parentheses: bool) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\x0c' | b'\r' => self.at += 1,
                b'\n' if parentheses => self.at += 1,
                b'#' if parentheses => self.skip_line(),
                b'\\' => {
                    self.at += 1;
                    while matches!(self.peek(), Some(b'\r' | b'\n')) {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(is_word) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    /// A string literal; its content when it is short and without escapes.
    fn string(&mut self) -> Option<&'a [u8]> {
        let quote = self.peek()?;
        let triple = self.bytes[self.at..].starts_with(&[quote; 3]);
        self.at += if triple { 3 } else { 1 };
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(stop) = memchr::memchr3(quote, b'\\', if triple { quote } else { b'\n' }, rest) else {
                self.at = self.bytes.len();
                return None;
            };
            self.at += stop;
            match self.bytes[self.at] {
                b'\\' => self.at += 2,
                b'\n' => return None,
                _ if triple && !self.bytes[self.at..].starts_with(&[quote; 3]) => self.at += 1,
                _ => {
                    let content = &self.bytes[start..self.at];
                    self.at += if triple { 3 } else { 1 };
                    return Some(content);
                }
            }
        }
    }

    /// A dotted name, blanks around the dots allowed.
    fn dotted(&mut self) -> String {
        let mut name = String::new();
        loop {
            self.blanks(false);
            name.push_str(&String::from_utf8_lossy(self.word()));
            let before = self.at;
            self.blanks(false);
            if self.peek() != Some(b'.') || name.is_empty() || name.len() > 1024 {
                self.at = before;
                return name;
            }
            self.at += 1;
            name.push('.');
        }
    }

    /// After `import`: `a.b as c, d`.
    fn import(&mut self) {
        loop {
            let name = self.dotted();
            self.add(name);
            self.alias();
            self.blanks(false);
            if self.peek() != Some(b',') {
                return;
            }
            self.at += 1;
        }
    }

    /// `as NAME`, when it stands there.
    fn alias(&mut self) {
        let before = self.at;
        self.blanks(true);
        if self.word() == b"as" {
            self.blanks(true);
            self.word();
        } else {
            self.at = before;
        }
    }

    /// After `from`: `..a.b import c as d, e` or `import (…)` or `import *`.
    fn from(&mut self) {
        let mut text = String::new();
        loop {
            self.blanks(false);
            if self.peek() != Some(b'.') || text.len() > 64 {
                break;
            }
            self.at += 1;
            text.push('.');
        }
        let level = text.len();
        // `from .import x` is allowed: what follows the dots may already be the keyword.
        let before = self.at;
        let name = self.dotted();
        if name == "import" {
            self.at = before;
        } else {
            text.push_str(&name);
        }
        self.blanks(false);
        if self.word() != b"import" || (text.len() == level && level == 0) {
            return;
        }
        text.push(':');
        self.blanks(false);
        let parentheses = self.peek() == Some(b'(');
        self.at += usize::from(parentheses);
        loop {
            self.blanks(parentheses);
            if self.peek() == Some(b'*') {
                text.push('*');
                self.at += 1;
            }
            text.push_str(&String::from_utf8_lossy(self.word()));
            self.alias();
            self.blanks(parentheses);
            if self.peek() != Some(b',') || text.len() > 1 << 14 {
                break;
            }
            self.at += 1;
            text.push(',');
        }
        self.add(text);
    }

    /// After `import_module` or `__import__`: `("a.b"` and perhaps more arguments.
    fn call(&mut self) {
        self.blanks(false);
        if self.peek() != Some(b'(') {
            return;
        }
        self.at += 1;
        self.depth += 1;
        self.blanks(true);
        match self.peek() {
            Some(b'"' | b'\'') => {
                let name = self.string().unwrap_or_default();
                self.blanks(true);
                // A literal that is only a part of an expression is no module's name.
                if matches!(self.peek(), Some(b')' | b','))
                    && name.iter().all(|byte| is_word(*byte) || *byte == b'.')
                {
                    self.add(String::from_utf8_lossy(name).into_owned());
                } else {
                    self.is_dynamic = true;
                }
            }
            _ => self.is_dynamic = true,
        }
    }

    fn add(&mut self, import: String) {
        if !import.trim_matches('.').is_empty() && !import.contains('\0') && self.imports.len() < MOST * 4 {
            let when = self.blocks.iter().map(|(_, when)| *when).max().unwrap_or(When::Start);
            let letter = match when {
                When::Start => 's',
                When::Call => 'c',
                When::Never => 'n',
            };
            self.imports.push(format!("{letter}{import}"));
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(text: &str) -> Vec<String> {
        let source = PythonSource::read(text.as_bytes());
        source
            .imports()
            .map(|import| {
                let names: Vec<_> = import.names().collect();
                format!("{}{}:{}", ".".repeat(import.level), import.module, names.join(","))
            })
            .collect()
    }

    #[test]
    fn statements_are_found_where_they_can_stand() {
        for (text, expected) in [
            ("import os", &["os:"][..]),
            ("import os.path as p, sys # x\n", &["os.path:", "sys:"]),
            ("from a.b import c as d, e\n", &["a.b:c,e"]),
            ("from . import x\nfrom .. import (y,\n # note\n  z as w,\n)\n", &["..:y,z", ".:x"]),
            ("from .m import *", &[".m:*"]),
            ("from .import x", &[".:x"]),
            ("if x: import a; import b\n", &["a:", "b:"]),
            ("try:\n    import a\nexcept ImportError: pass", &["a:"]),
            ("from a \\\n  import b", &["a:b"]),
            ("'''\nimport no\n'''\n\"\"\"a\\\"\"\"\"\nimport yes", &["yes:"]),
            ("x = 'import a'\ny = \"from b import c\"\n# import d\n", &[]),
            ("yield from a\nraise X from e\n", &[]),
            ("from __future__ import annotations", &["__future__:annotations"]),
            ("importlib.import_module('a.b')\n__import__(\"c\", x)\n", &["a.b:", "c:"]),
            ("import_module('.x', __name__)", &[".x:"]),
        ] {
            assert_eq!(imports(text), expected, "{text}");
        }
    }

    #[test]
    fn when_an_import_happens() {
        let text = "import a\ntry:\n    import b\nexcept ImportError:\n    import c\nif TYPE_CHECKING:\n    import d\n\
            else:\n    import e\nclass X:\n    import f\n    async def g(self, x=(\n0)):\n        import h\n    import i\n\
            def j(): import k\nimport l\nif __name__ == '__main__':\n    import m\n";
        let source = PythonSource::read(text.as_bytes());
        let of = |wanted: When| {
            source
                .imports()
                .filter(|import| import.when == wanted)
                .map(|import| import.module)
                .collect::<String>()
        };
        assert_eq!([of(When::Start), of(When::Call), of(When::Never)], ["abcefil", "hkm", "d"]);
    }

    #[test]
    fn programs_are_known_by_their_guard() {
        assert!(PythonSource::read(b"def main(): pass\nif __name__ == '__main__':\n    main()\n").is_program);
        assert!(PythonSource::read(b"if \"__main__\" == __name__: main()\n").is_program);
        assert!(
            !PythonSource::read(b"# if __name__ == '__main__':\nif __name__.startswith('a'): pass\n")
                .is_program
        );
    }

    #[test]
    fn computed_names_are_said() {
        assert!(PythonSource::read(b"import_module(name)").is_dynamic);
        assert!(PythonSource::read(b"__import__('a.' + x)").is_dynamic);
        assert!(!PythonSource::read(b"import_module('a')").is_dynamic);
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(text in "(import|from|[ .,;:()\\\\'\"#\n*ab]|as|import_module){0,60}") {
            let _ = PythonSource::read(text.as_bytes());
        }
    }
}
