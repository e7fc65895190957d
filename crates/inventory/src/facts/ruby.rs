//! Ruby: `require`, `require_relative`, `load`, `autoload` (Ruby documentation, `Kernel`).

use super::source::{Scan, after_word, quoted, trimmed};

pub(super) fn scan(bytes: &[u8], found: &mut Scan) {
    for line in bytes.split(|byte| *byte == b'\n') {
        let text = line.trim_ascii();
        if text.first() == Some(&b'#') {
            continue;
        }
        if text == b"__END__" {
            break;
        }
        for (word, beside) in [(&b"require"[..], false), (b"require_relative", true), (b"load", false)] {
            for at in after_word(text, word) {
                argument(&text[at..], beside, found);
            }
        }
        // `autoload :Name, "feature"`
        for at in after_word(text, b"autoload") {
            match memchr::memchr(b',', &text[at..]) {
                Some(comma) => argument(&text[at + comma + 1..], false, found),
                None => found.is_dynamic = true,
            }
        }
    }
}

fn argument(text: &[u8], beside: bool, found: &mut Scan) {
    let text = trimmed(text);
    let text = text.strip_prefix(b"(").map_or(text, trimmed);
    match quoted(text) {
        Some(name) if name.contains("#{") => found.is_dynamic = true,
        Some(name) if beside && !name.starts_with("./") && !name.starts_with("../") => {
            found.load(format!("./{name}"));
        }
        Some(name) if !name.is_empty() => found.load(name),
        // `require name`: something that is computed.
        _ => found.is_dynamic |= text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'@'),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Language, Source};

    #[test]
    fn what_is_loaded() {
        let text = b"require 'json'\n# require 'no'\nrequire_relative \"lib/x\"\nrequire_relative '../y'\n\
            autoload :Z, 'a/z'\nrequire(\"b\") if c\n__END__\nrequire 'end'\n";
        let source = Source::read(Language::Ruby, text);
        assert_eq!(source.loads().collect::<Vec<_>>(), ["../y", "./lib/x", "a/z", "b", "json"]);
        assert!(!source.is_dynamic);
        for text in ["require \"a/#{b}\"", "require name", "autoload :X"] {
            assert!(Source::read(Language::Ruby, text.as_bytes()).is_dynamic, "{text}");
        }
    }
}
