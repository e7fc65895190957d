//! Texts of unknown origin, made safe for where they are shown.

use std::borrow::Cow;

use casehard_oci::escape;

/// Safe on a terminal. Unlike [`escape`] it leaves `\` alone, so that a text which was escaped before stays as it is.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let safe = |part: &str| matches!(escape(part.as_bytes()), Cow::Borrowed(_));
    if text.split('\\').all(safe) {
        return Cow::Borrowed(text);
    }
    let parts: Vec<Cow<'_, str>> = text.split('\\').map(|part| escape(part.as_bytes())).collect();
    Cow::Owned(parts.join("\\"))
}

/// At most `limit` characters, the cut marked.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(limit.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", &text[..end]))
        }
    }
}

/// JSON with what a terminal would obey as `\uXXXX`; such characters stand only in strings there.
pub(crate) fn json_text(json: &str) -> Cow<'_, str> {
    let obeyed = |c: char| {
        c != '\n' && c != '\\' && matches!(escape(c.encode_utf8(&mut [0; 4]).as_bytes()), Cow::Owned(_))
    };
    if json.is_ascii() && !json.contains('\u{7f}') || !json.chars().any(obeyed) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if obeyed(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Text for Markdown: nothing in it formats, links, mentions, or ends a table's cell.
pub(crate) fn markdown(text: &str) -> String {
    let plain = plain(text);
    let mut escaped = String::with_capacity(plain.len() + 8);
    let mut characters = plain.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A code host turns `@name` and `#12` into mentions, which notify people.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            // The beginning of an address, which becomes a link by itself.
            ':' if characters.peek() == Some(&'/') => escaped.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Inline code for Markdown, in a table or not.
pub(crate) fn code(text: &str) -> String {
    let plain = plain(text);
    if plain.is_empty() {
        return String::new();
    }
    // A backtick or a bar cannot stand in code within a table, whatever is put before it.
    if plain.contains(['`', '|', '\\']) || plain.starts_with(' ') || plain.ends_with(' ') {
        return format!("<code>{}</code>", markdown(&plain));
    }
    format!("`{plain}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_twice_is_escaping_once() {
        for text in ["plain", "a\u{1b}[2Jb", "c:\\x", "bidi \u{202e}", "new\nline\\x0a"] {
            let once = plain(text).into_owned();
            assert_eq!(plain(&once), once);
            assert!(!once.chars().any(char::is_control), "{once}");
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "a": "\u{7f}\u{202e}x\u{e0041}", "b": "ä\\" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = json_text(&text);
        assert!(safe.contains("\\u202e") && !safe.contains('\u{202e}') && safe.contains('ä'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn markdown_takes_no_orders() {
        assert_eq!(markdown("<b>|@all #1 `x`\n"), "&lt;b&gt;\\|&#64;all &#35;1 \\`x\\`\\\\x0a");
        assert_eq!(code("a|b"), "<code>a\\|b</code>");
        assert_eq!(code("config.User"), "`config.User`");
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }
}
