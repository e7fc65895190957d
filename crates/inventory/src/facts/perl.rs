//! Perl: `use`, `require`, `do` (perlfunc), base classes, and module names in strings, which code loads at run time.

use super::source::{Scan, after_word, is_word, quoted, trimmed};

pub(super) fn scan(bytes: &[u8], found: &mut Scan) {
    let mut in_documentation = false;
    for line in bytes.split(|byte| *byte == b'\n') {
        if line.first() == Some(&b'=') && line.get(1).is_some_and(u8::is_ascii_alphabetic) {
            in_documentation = !line.starts_with(b"=cut");
            continue;
        }
        let text = line.trim_ascii();
        if in_documentation || text.first() == Some(&b'#') {
            continue;
        }
        if matches!(text, b"__END__" | b"__DATA__") {
            break;
        }
        statement(text, found);
    }
}

fn statement(text: &[u8], found: &mut Scan) {
    if found.declares.is_none()
        && let Some(at) = after_word(text, b"package").next()
    {
        found.declares = module(trimmed(&text[at..])).map(str::to_owned);
    }
    for at in after_word(text, b"use") {
        let rest = trimmed(&text[at..]);
        let Some(name) = module(rest) else { continue };
        found.load(path(name));
        // `use parent qw(A B)`, `use autouse 'C' => …`: modules that these load.
        if matches!(name, "parent" | "base" | "autouse" | "superclass" | "if" | "aliased") {
            words(&rest[name.len()..], found);
        }
    }
    for keyword in [&b"require"[..], b"do"] {
        for at in after_word(text, keyword) {
            let rest = trimmed(&text[at..]);
            let rest = rest.strip_prefix(b"(").map_or(rest, trimmed);
            match (module(rest), quoted(rest)) {
                (_, Some(name)) if !name.contains('$') => found.load(name),
                (Some(name), _) if keyword == b"require" => found.load(path(name)),
                _ => {
                    found.is_dynamic |= keyword == b"require"
                        && rest.first().is_some_and(|byte| matches!(byte, b'$' | b'"' | b'\''));
                }
            }
        }
    }
    strings(text, found);
}

/// Names of modules between quotes.
fn strings(text: &[u8], found: &mut Scan) {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'"', b'\'', rest) {
        rest = &rest[at..];
        match quoted(rest) {
            Some(name) => {
                if name.contains("::") && module(name.as_bytes()) == Some(name) {
                    found.mention(path(name));
                }
                // `eval "require $class"`
                found.is_dynamic |= name.starts_with("require $") || name.starts_with("use $");
                rest = &rest[name.len() + 2..];
            }
            None => rest = &rest[1..],
        }
    }
}

/// The words of a list that may be modules.
fn words(text: &[u8], found: &mut Scan) {
    let parts = text.split(|byte| !is_word(*byte) && *byte != b':');
    for part in parts.filter(|part| part.first().is_some_and(u8::is_ascii_uppercase)) {
        if let Some(name) = module(part) {
            found.load(path(name));
        }
    }
}

/// The module name at the start of `text`: `A::B`.
fn module(text: &[u8]) -> Option<&str> {
    let end = text.iter().position(|byte| !is_word(*byte) && *byte != b':').unwrap_or(text.len());
    let name = std::str::from_utf8(&text[..end]).ok()?.trim_end_matches(':');
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    (starts && name.len() <= 256 && name.split("::").all(|part| !part.is_empty() && !part.contains(':')))
        .then_some(name)
}

fn path(module: &str) -> String {
    module.replace("::", "/") + ".pm"
}

#[cfg(test)]
mod tests {
    use crate::{Language, Source};

    #[test]
    fn what_is_loaded() {
        let text = b"package A::B;\nuse strict; use JSON::PP qw(x);\nuse parent -norequire, 'Base::One', qw(Two);\n\
            sub f { require File::Temp; require \"x/y.pl\"; do 'unicore/Name.pl'; require $class; }\n# use No;\n\
            =pod\n\nuse No::Pod;\n\n=cut\nmy $x = 'Encode::JP';\nprint \"use_ok\"; $use = 1;\n__END__\nuse No::End;\n";
        let source = Source::read(Language::Perl, text);
        let loads: Vec<_> = source.loads().collect();
        assert_eq!(
            loads,
            [
                "Base/One.pm",
                "File/Temp.pm",
                "JSON/PP.pm",
                "Two.pm",
                "parent.pm",
                "strict.pm",
                "unicore/Name.pl",
                "x/y.pl"
            ]
        );
        assert!(source.mentions().any(|name| name == "Encode/JP.pm"));
        assert_eq!(source.declares.as_deref(), Some("A::B"));
        assert!(source.is_dynamic);
        assert!(!Source::read(Language::Perl, b"require A::B;").is_dynamic);
    }
}
