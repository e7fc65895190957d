//! JavaScript: `require`, `import`, `export … from` (Node.js documentation, *Modules*).

use super::source::{Scan, after_word, quoted, trimmed};

pub(super) fn scan(bytes: &[u8], found: &mut Scan) {
    for at in after_word(bytes, b"require") {
        let rest = trimmed(&bytes[at..]);
        let rest = rest.strip_prefix(b".resolve").unwrap_or(rest);
        if let Some(inside) = rest.strip_prefix(b"(") {
            argument(inside, found);
        }
    }
    for at in after_word(bytes, b"import") {
        let rest = trimmed(&bytes[at..]);
        match rest.strip_prefix(b"(") {
            Some(inside) => argument(inside, found),
            None => found.loads.extend(quoted(rest).map(str::to_owned)),
        }
    }
    for at in after_word(bytes, b"from") {
        if let Some(name) = quoted(trimmed(&bytes[at..])) {
            found.load(name);
        }
    }
}

/// The argument of a call: a constant, or something that is computed.
fn argument(text: &[u8], found: &mut Scan) {
    let text = text.trim_ascii_start();
    match quoted(text) {
        Some(name) if !name.contains("${") && closes(&text[name.len() + 2..]) => found.load(name),
        Some(_) => found.is_dynamic = true,
        None => found.is_dynamic |= text.first().is_some_and(|byte| *byte != b')'),
    }
}

fn closes(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b')' | b','))
}

#[cfg(test)]
mod tests {
    use crate::{Language, Source};

    #[test]
    fn what_is_loaded() {
        let text =
            b"const a = require('a'), b = require( \"./b\" );\nimport c, { d } from 'c/sub';import 'e';\n\
            export * from \"./f.js\";const g = await import('#g');require.resolve('h');x.require('no');";
        let source = Source::read(Language::JavaScript, text);
        assert_eq!(source.loads().collect::<Vec<_>>(), ["#g", "./b", "./f.js", "a", "c/sub", "e", "h"]);
        assert!(!source.is_dynamic);
        for text in ["require(name)", "require('./' + name)", "import(`./${x}.js`)"] {
            assert!(Source::read(Language::JavaScript, text.as_bytes()).is_dynamic, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(text in "(require|import|from|package|use|do|autoload|[ .,;:()$#{}\\\\'\"`\n*abA]){0,80}") {
            for language in [Language::Perl, Language::Ruby, Language::JavaScript] {
                let _ = Source::read(language, text.as_bytes());
            }
        }
    }
}
